"""Merges a sheet that was spotted again with the locked cues of the old one, which win.

locked   |      [~~~~~~]            a hit too near to a locked hit is left out;
spotted  |¦  ¦ [~~~~~~~~~~~~]       a span is cut where a locked one lies
kept     |   ¦  [~~~~~~][~~~]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from foleycli.cues.sheet import Cue


def keep_locked(
    old: Sequence[Cue], spotted: Iterable[Cue], *, apart_seconds: float, shortest_seconds: float
) -> tuple[Cue, ...]:
    """The locked cues of `old`, muted ones too, and those of `spotted` that don't collide with them, sorted by time.

    Hits collide with hits nearer than `apart_seconds`, spans with spans; what is left of a span is kept from
    `shortest_seconds` on. A hit in a locked span stays: rain does not hide a step.
    """
    locked = [cue for cue in old if cue.lock]
    hits = [cue for cue in locked if cue.stop is None]
    spans = sorted((cue for cue in locked if cue.stop is not None), key=lambda cue: cue.time)
    kept: list[Cue] = []
    for cue in spotted:
        if cue.stop is None:
            kept += [cue] if all(abs(cue.time - hit.time) >= apart_seconds for hit in hits) else []
        else:
            kept += around(cue, spans, shortest_seconds)
    return tuple(sorted(locked + kept, key=lambda cue: cue.time))


def around(cue: Cue, locked: Sequence[Cue], shortest_seconds: float) -> Iterator[Cue]:
    """The pieces of a span that lie outside the locked ones, which are sorted by time; untouched, the span itself."""
    start, end = cue.time, cue.stop or 0.0
    pieces: list[tuple[float, float]] = []
    for span in locked:
        stop = span.stop or 0.0
        if span.time < end and stop > start:
            pieces.append((start, span.time))
            start = stop
    if not pieces:
        yield cue
        return
    for first, last in (*pieces, (start, end)):
        if last - first >= shortest_seconds:
            yield replace(cue, time=first, stop=last)
