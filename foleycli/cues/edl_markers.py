"""Cue sheets as an EDL of markers, as DaVinci Resolve writes and reads it: an event of one frame for each marker.

    001  001      V     C        01:00:00:12 01:00:00:13 01:00:00:12 01:00:00:13
    NOTE |C:ResolveColorRed |M:NAME |D:FRAMES

The name is a label as in audacity.py, the note as in marker_notes.py. The timeline starts at 01:00:00:00, as Resolve's
do, and no frames are dropped. Locators of Avid and Premiere (`* LOC: 01:00:00:12 RED NAME`) are read too. An EDL does
not say its frame rate: it is that of the video.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from foleycli.cues.audacity import label_of
from foleycli.cues.marker_notes import marked_frames, note_of, noted_cue
from foleycli.cues.reel import Reel
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError
from foleycli.text import one_line, utf8
from foleycli.timeline import edit_rate, timecode_of, timecode_seconds

START_SECONDS = 3600  # what the label of a timeline's first frame says: 01:00:00:00
MOST_DIGITS = 12  # of a number of frames
ANY_RATE = Fraction(60)  # to check a sheet before its video is known
_TC = r"(\d{1,2}:\d\d:\d\d[:;.]\d\d)"
_EVENT = re.compile(rf"\d+\s+\S+\s+\S+\s+\S+(?:\s+\d+)?\s+{_TC}\s+{_TC}\s+{_TC}\s+{_TC}\s*$")
_RESOLVE = re.compile(r"^(.*?)\|C:(\w*)\s*\|M:(.*?)\s*\|D:(\d+)\s*$")
_LOCATOR = re.compile(rf"^\*\s*LOC:\s*{_TC}\s*(\w*)\s*(.*)$")


def write_edl_markers(cues: Iterable[Cue], reel: Reel) -> str:
    """The sheet as text; hits are red, lasting sounds green."""
    rate = edit_rate(reel.frame_rate)
    lines = [f"TITLE: {one_line(utf8(reel.name))}", "FCM: NON-DROP FRAME", ""]
    for number, cue in enumerate(cues, start=1):
        first, frames = marked_frames(cue, rate)
        first += START_SECONDS * round(rate)
        shown = f"{timecode_of(first, rate)} {timecode_of(first + 1, rate)}"
        colour = "Red" if cue.stop is None else "Green"
        lines += [
            f"{number:03d}  001      V     C        {shown} {shown}",
            f"{note_of(cue)} |C:ResolveColor{colour} |M:{label_of(cue)} |D:{frames}",
            "",
        ]
    return "\n".join(lines)


def read_edl_markers(text: str, name: str, frame_rate: Fraction | None) -> tuple[Cue, ...]:
    """Reads the markers at the rate of the video, sorted by time; raises UsageError naming the line at fault.

    Times count from 01:00:00:00 if none lies before it, else from 00:00:00:00.
    """
    rate = edit_rate(frame_rate or ANY_RATE)
    marks = list(_marks(text.lstrip("\ufeff"), name, rate))
    if not marks and "TITLE:" not in text and not any(_EVENT.match(line) for line in text.splitlines()):
        raise UsageError(f"{name}: not an EDL; 'foley spot -o cues.edl' writes one, and so does DaVinci Resolve")
    hour = START_SECONDS * round(rate) / rate
    zero = hour if marks and min(start for *_, start, _ in marks) >= hour else Fraction(0)
    cues = [
        noted_cue(label, note, f"{name}, {where}", start=start - zero, length=frames / rate, rate=rate)
        for where, label, note, start, frames in marks
    ]
    return tuple(sorted(cues, key=lambda cue: cue.time))


def _marks(text: str, name: str, rate: Fraction) -> Iterator[tuple[str, str, str, Fraction, int]]:
    """(line, name, note, seconds, frames) of each marker."""
    recorded, note = "", ""
    drops = False
    for number, raw in enumerate(text.splitlines(), start=1):
        line, where = raw.strip(), f"line {number}"
        if line.startswith("FCM:"):
            drops = "NON" not in line and "DROP" in line
        elif event := _EVENT.match(line):
            recorded, note = event[3], ""
        elif marker := _RESOLVE.match(line):
            if not recorded:
                raise UsageError(f"{name}, {where}: a marker without an event before it")
            start = _seconds(recorded, rate, f"{name}, {where}", drops=drops)
            if len(marker[4]) > MOST_DIGITS:
                raise UsageError(f"{name}, {where}: |D: has {len(marker[4])} digits; it is a number of frames")
            yield where, marker[3], f"{note} {marker[1]}".strip(), start, max(1, int(marker[4]))
        elif locator := _LOCATOR.match(line):
            yield where, locator[3], "", _seconds(locator[1], rate, f"{name}, {where}", drops=drops), 1
        elif line and not line.startswith("*"):
            note = f"{note} {line}"  # a note of several lines stands before its marker


def _seconds(timecode: str, rate: Fraction, where: str, *, drops: bool) -> Fraction:
    try:
        return timecode_seconds(timecode[:-3] + ";" + timecode[-2:] if drops else timecode, rate)
    except ValueError as error:
        raise UsageError(f"{where}: {error}, which the video has; export the EDL at that rate") from None
