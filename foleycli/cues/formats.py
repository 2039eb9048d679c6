"""The file formats of a cue sheet, chosen by the suffix. With another suffix CSV and JSON are read."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from foleycli.cues.audacity import read_labels, write_labels
from foleycli.cues.edl_markers import read_edl_markers, write_edl_markers
from foleycli.cues.fcpxml_markers import read_fcpxml_markers, write_fcpxml_markers
from foleycli.cues.reaper_markers import (
    is_reaper_table,
    read_reaper_markers,
    read_reaper_table,
    write_reaper_markers,
    write_reaper_table,
)
from foleycli.cues.reel import Reel
from foleycli.cues.sheet import Cue, read_cues, write_csv, write_json
from foleycli.cues.timeline_markers import library, read_markers, write_markers

CSV, JSON, LABELS, MARKERS, FCPXML, EDL, REAPER = ".csv", ".json", ".txt", ".otio", ".fcpxml", ".edl", ".rpp"
REAPER_TABLE = ".reaper.csv"
SUFFIXES = (CSV, JSON, LABELS, MARKERS, FCPXML, EDL, REAPER)


def kind_of(path: Path) -> str:
    """The kind of a sheet by its name: its suffix, or `.reaper.csv`."""
    return REAPER_TABLE if path.name.lower().endswith(REAPER_TABLE) else path.suffix.lower()


def check_library(suffix: str, name: str) -> None:
    """Raises UsageError if this kind needs a package that is not here."""
    if suffix.lower() == MARKERS:
        library(name)


def write_sheet(cues: Sequence[Cue], kind: str, reel: Reel, name: str = "cue sheet") -> str:
    """The text of a sheet of this kind; those of video editors and Reaper say which video they belong to."""
    match kind.lower():
        case ".json":
            return write_json(cues)
        case ".txt":
            return write_labels(cues)
        case ".otio":
            return write_markers(cues, reel, name)
        case ".fcpxml":
            return write_fcpxml_markers(cues, reel)
        case ".edl":
            return write_edl_markers(cues, reel)
        case ".rpp":
            return write_reaper_markers(cues, reel)
        case ".reaper.csv":
            return write_reaper_table(cues)
    return write_csv(cues)


def read_sheet(text: str, suffix: str, name: str = "cue sheet", frame_rate: Fraction | None = None) -> tuple[Cue, ...]:
    """The cues of a sheet, sorted by time; raises UsageError naming what is at fault and where.

    An EDL needs the picture rate of its video; without it its times can be checked, but are wrong.
    """
    match suffix.lower():
        case ".txt":
            return read_labels(text, name)
        case ".otio":
            return read_markers(text, name)
        case ".fcpxml":
            return read_fcpxml_markers(text, name)
        case ".edl":
            return read_edl_markers(text, name, frame_rate)
        case ".rpp":
            return read_reaper_markers(text, name)
    return read_reaper_table(text, name) if is_reaper_table(text) else read_cues(text, name)
