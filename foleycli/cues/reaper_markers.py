"""Cue sheets as Reaper has them: markers (hits) and regions (lasting sounds) of a project, or of a CSV table.

The names are labels as in audacity.py. The table is that of the Region/Marker Manager: `#,Name,Start,End,Length`, rows
M1, M2, ... and R1, R2, ..., times as h:mm:ss.mmm.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from fractions import Fraction

from foleycli.cues.audacity import MOST_SECONDS, cue_of, label_of
from foleycli.cues.reaper_project import VIDEO, item, marker, project, track
from foleycli.cues.reel import Reel, exact
from foleycli.cues.sheet import Cue, read_table
from foleycli.errors import UsageError
from foleycli.text import clock
from foleycli.timeline import seconds_of

COLUMNS = ("#", "Name", "Start", "End", "Length")
DECIMALS = 6  # of a second
_MARKER = re.compile(r"MARKER (\d+) (-?[\d.]+) (\"[^\"]*\"|'[^']*'|`[^`]*`|\S+)(?: (\d+))?")


def write_reaper_markers(cues: Iterable[Cue], reel: Reel) -> str:
    """The sheet as a project, with the video on a track where its place is known."""
    parts = [
        marker(number, label_of(cue), exact(cue.time), stop=None if cue.stop is None else exact(cue.stop))
        for number, cue in enumerate(cues, start=1)
    ]
    if reel.url and reel.seconds is not None:
        shown = item(reel.name, reel.path, VIDEO, at=Fraction(0), length=reel.seconds, source=Fraction(0))
        parts.append(track("video", [shown]))
    return project(parts)


def read_reaper_markers(text: str, name: str) -> tuple[Cue, ...]:
    """Reads the markers and regions of a project, sorted by time; raises UsageError naming the line at fault."""
    if not text.lstrip("\ufeff \r\n").startswith("<REAPER_PROJECT"):
        raise UsageError(f"{name}: not a project of Reaper; 'foley spot -o cues.rpp' writes one")
    return tuple(sorted(_projected(text, name), key=lambda cue: cue.time))


def _projected(text: str, name: str) -> Iterator[Cue]:
    begun: dict[str, tuple[str, float, str]] = {}  # regions without their second line
    for number, line in enumerate(text.splitlines(), start=1):
        found = _MARKER.match(line.strip())
        if found is None:
            continue
        where, at = f"{name}, line {number}", _time(found[2], f"{name}, line {number}")
        label = found[3][1:-1] if found[3][0] in "\"'`" else found[3]
        if int((found[4] or "0")[-1]) % 2 == 0:
            yield cue_of(label, where, at)
        elif found[1] in begun:
            label, start, where = begun.pop(found[1])
            yield cue_of(label, where, start, stop=max(start, at))
        else:
            begun[found[1]] = label, at, where
    for label, _, where in begun.values():
        raise UsageError(f"{where}: region {label!r} has no second line, which is its end; save the project again")


def write_reaper_table(cues: Iterable[Cue]) -> str:
    """The sheet as CSV for Reaper's Region/Marker Manager."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    numbers = {"M": 0, "R": 0}
    for cue in cues:
        kind = "M" if cue.stop is None else "R"
        numbers[kind] += 1
        times = ("", "") if cue.stop is None else (_shown(cue.stop), _shown(cue.stop - cue.time))
        rows.writerow((f"{kind}{numbers[kind]}", label_of(cue), _shown(cue.time), *times))
    return out.getvalue()


def is_reaper_table(text: str) -> bool:
    """Whether the first line is that of such a table."""
    first = text.lstrip("\ufeff \r\n").splitlines()[:1]
    return [cell.strip().strip('"') for line in first for cell in line.split(",")][:4] == list(COLUMNS[:4])


def read_reaper_table(text: str, name: str) -> tuple[Cue, ...]:
    """Reads such a table, sorted by time; raises UsageError naming the row at fault."""
    cues = []
    for number, row in enumerate(read_table(text, name), start=1):
        if not any(row.values()):
            continue
        where, end = f"{name}, row {number}", row.get("end", "")
        region = row.get("#", "").upper().startswith("R") and end
        start = _time(row.get("start", ""), where)
        stop = max(start, _time(end, where)) if region else None
        cues.append(cue_of(row.get("name", ""), where, start, stop=stop))
    return tuple(sorted(cues, key=lambda cue: cue.time))


def _time(text: str, where: str) -> float:
    try:
        if text.count(".") > 1:
            raise ValueError
        seconds = round(float(seconds_of(text)), DECIMALS)
        if not 0 <= seconds <= MOST_SECONDS:
            raise ValueError
    except ValueError:
        raise UsageError(
            f"{where}: {text.strip()!r} is not a time in minutes and seconds; set the ruler to them and export again"
        ) from None
    return seconds


def _shown(seconds: float) -> str:
    text = clock(exact(seconds))
    return f"0:{text.zfill(9)}" if text.count(":") == 1 else text
