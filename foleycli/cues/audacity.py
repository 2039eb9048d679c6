"""Cue sheets as Audacity label files: a cue is a line `start<TAB>end<TAB>label`, a hit a point, a span a region.

label   [SOUND] [STRENGTH] [mute] [lock]      impact_wood 0.80 lock      in any order, each may be left out
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from foleycli.cues.plain_words import sound_of
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError

SHORTEST_SPAN_SECONDS = 0.05  # in seconds; a shorter region is meant as a point: a hit
MOST_SECONDS = 1e9
_NUMBER = re.compile(r"[-+]?\d*\.?\d+")
_UNNAMED = re.compile(r"marker ?\d*", re.IGNORECASE)  # names that editors give to a marker by default
_FLAGS = {"mute": "mute", "muted": "mute", "lock": "lock", "locked": "lock"}


def write_labels(cues: Iterable[Cue]) -> str:
    """The sheet as a label file, which has no place for the confidence."""
    lines = (f"{cue.time:.6f}\t{cue.time if cue.stop is None else cue.stop:.6f}\t{label_of(cue)}\n" for cue in cues)
    return "".join(lines)


def read_labels(text: str, name: str) -> tuple[Cue, ...]:
    """Reads a label file, sorted by time; raises UsageError naming the line at fault."""
    cues = []
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        if line.strip() and not line.startswith("\\"):  # "\": the frequencies of the label above
            cues.append(_cue(line, f"{name}, line {number}"))
    return tuple(sorted(cues, key=lambda cue: cue.time))


def label_of(cue: Cue) -> str:
    """The text of a label, or the name of a marker: all of a cue except its times and confidence."""
    strength = f"{cue.strength:.3f}"
    words = (cue.sound, strength.removesuffix("0"), "mute" if cue.mute else "", "lock" if cue.lock else "")
    return " ".join(word for word in words if word)


def cue_of(label: str, where: str, time: float, stop: float | None = None, confidence: float = 1.0) -> Cue:
    """The cue of a label; raises UsageError with the nearest names for an unknown word."""
    if stop is not None and round(stop - time, 6) < SHORTEST_SPAN_SECONDS:
        stop = None
    flags, numbers, names = set(), [], []
    for word in () if _UNNAMED.fullmatch(label.strip()) else label.split():
        plain = word.strip(",;").lower()
        if plain in _FLAGS:
            flags.add(_FLAGS[plain])
        elif _NUMBER.fullmatch(plain):
            numbers.append(float(plain))
        else:
            names.append(plain)
    if len(numbers) > 1 or not all(0 <= number <= 1 for number in numbers):
        raise UsageError(f"{where}: label {label!r}; one number from 0 to 1 is the strength, as in 'glass 0.8 lock'")
    sound = sound_of(" ".join(names), where)
    strength = round(numbers[0], 3) if numbers else 0.7
    return Cue(time, strength, sound, stop=stop, confidence=confidence, mute="mute" in flags, lock="lock" in flags)


def _cue(line: str, where: str) -> Cue:
    # Audacity separates by tabs; blanks are read too.
    start, end, label = (*line.strip().split("\t" if "\t" in line.strip() else None, maxsplit=2), "", "")[:3]
    time, stop = (_seconds(text, f"{where}: {which}") for text, which in ((start, "start"), (end, "end")))
    if stop < time:
        raise UsageError(f"{where}: end {stop:g} lies before start {time:g}; a hit has the same time twice")
    return cue_of(label, where, time, stop=stop)


def _seconds(text: str, where: str) -> float:
    try:
        seconds = round(float(text.replace(",", ".")), 6)  # some languages of Audacity write a comma
    except ValueError:
        raise UsageError(f"{where} is {text!r}, not seconds; a line is start, end and label, with tabs") from None
    if not 0 <= seconds <= MOST_SECONDS:
        raise UsageError(f"{where} is {seconds:g}, outside 0 to {MOST_SECONDS:g}")
    return seconds
