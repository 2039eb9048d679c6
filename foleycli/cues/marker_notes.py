"""The note of a marker in a video editor: what of a cue neither its name nor its frame can say.

    foley: at 1.234 s, lasts 2.75 s, confidence 0.62

Editors keep markers on frames. A marker that still stands on the frame of its note has the note's exact time; one that
was moved has the time where it stands now.
"""

from __future__ import annotations

import re
from fractions import Fraction

from foleycli.cues.audacity import MOST_SECONDS, cue_of
from foleycli.cues.reel import MICROSECOND, exact
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError

_NUMBER = r"(\d{1,10}(?:\.\d{1,20})?)"  # a person may write on behind the last one
_NOTE = re.compile(rf"foley: at {_NUMBER} s(?:, lasts {_NUMBER} s)?, confidence {_NUMBER}")
DECIMALS = 6  # of a second


def note_of(cue: Cue) -> str:
    """The note of a cue, one line."""
    lasts = "" if cue.stop is None else f", lasts {_plain(cue.stop - cue.time)} s"
    return f"foley: at {_plain(cue.time)} s{lasts}, confidence {_plain(cue.confidence)}"


def marked_frames(cue: Cue, rate: Fraction) -> tuple[int, int]:
    """The frame nearest to a cue, and how many it lasts; 1 for a hit."""
    first = round(exact(cue.time) * rate)
    return first, 1 if cue.stop is None else max(1, round(exact(cue.stop) * rate) - first)


def noted_cue(name: str, note: str, where: str, *, start: Fraction, length: Fraction, rate: Fraction) -> Cue:
    """The cue of a marker that starts at `start` and lasts `length` seconds in a timeline of `rate` frames a second.

    Raises UsageError for a time before the start, a length that is none, and a sound that foley does not know.
    """
    if not 0 <= start <= MOST_SECONDS:
        raise UsageError(f"{where}: at {float(start):g} s; a marker lies at or after the start of the timeline")
    if not 0 <= length <= MOST_SECONDS:
        raise UsageError(f"{where}: lasts {float(length):g} s; a marker lasts from 0 to {MOST_SECONDS:g} s")
    found = _NOTE.search(note)
    time, lasts, confidence = start, length if length * rate > 1 + MICROSECOND else None, 1.0
    if found is not None:
        near = (Fraction(1, 2) / rate) + 2 * MICROSECOND
        time = Fraction(found[1]) if abs(Fraction(found[1]) - start) <= near else start
        noted = None if found[2] is None else Fraction(found[2])
        # Editors that know no length of a marker give it one frame.
        if noted is not None and noted <= MOST_SECONDS and (lasts is None or abs(noted - lasts) <= 2 * near):
            lasts = noted
        confidence = min(1.0, float(found[3]))
    stop = None if lasts is None else round(float(time + lasts), DECIMALS)
    return cue_of(name, where, round(float(time), DECIMALS), stop=stop, confidence=confidence)


def _plain(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")
