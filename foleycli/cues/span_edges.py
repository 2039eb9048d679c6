"""Where a span begins and ends in the sound: performed a little longer than it is, then cut to the cue.

The performer swells or drops out in the last and first tenths of a second of a span. So a span is performed half a
second longer at each edge where nothing else sounds, and the part that is too long is cut off by a short fade.

    performed   ~~========================~~
    kept          /======================\\        fades inside the span
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from foleycli.cues.sheet import Cue

ROLL_SECONDS = 0.5  # how much longer a span is performed at a free edge
CLEAR_SECONDS = 1.0  # beyond a free edge no other cue begins or sounds; what is performed there is cut off
RING_SECONDS = 1.6  # after a hit: its decay is not cut


def free_edges(span: Cue, cues: Sequence[Cue]) -> tuple[bool, bool]:
    """Whether `span` may be performed longer at its start and at its stop: whether no other cue sounds there."""
    assert span.stop is not None
    start = stop = True
    for cue in cues:
        if cue.mute or cue == span:
            continue
        first, last = cue.time, cue.time + RING_SECONDS if cue.stop is None else cue.stop
        start = start and not (first < span.time + CLEAR_SECONDS / 2 and last > span.time - CLEAR_SECONDS)
        stop = stop and not (first < span.stop + CLEAR_SECONDS and last > span.stop)
    return start, stop


def lengthened(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    """The cues as they are performed: each span longer by `ROLL_SECONDS` at its free edges."""
    return tuple(_lengthened(cue, cues) for cue in cues)


def _lengthened(cue: Cue, cues: Sequence[Cue]) -> Cue:
    if cue.stop is None:
        return cue
    before, after = (ROLL_SECONDS * free for free in free_edges(cue, cues))
    return replace(cue, time=cue.time - before, stop=cue.stop + after)
