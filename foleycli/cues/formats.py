"""The file formats of a cue sheet, chosen by the suffix. With another suffix CSV and JSON are read."""

from __future__ import annotations

from collections.abc import Sequence

from foleycli.cues.audacity import read_labels, write_labels
from foleycli.cues.sheet import Cue, read_cues, write_csv, write_json
from foleycli.cues.timeline_markers import Reel, library, read_markers, write_markers

CSV, JSON, LABELS, MARKERS = ".csv", ".json", ".txt", ".otio"
SUFFIXES = (CSV, JSON, LABELS, MARKERS)


def check_library(suffix: str, name: str) -> None:
    """Raises UsageError if this kind needs a package that is not here."""
    if suffix.lower() == MARKERS:
        library(name)


def write_sheet(cues: Sequence[Cue], suffix: str, reel: Reel, name: str = "cue sheet") -> str:
    """The text of a sheet of this kind; only .otio says which video it belongs to."""
    match suffix.lower():
        case ".json":
            return write_json(cues)
        case ".txt":
            return write_labels(cues)
        case ".otio":
            return write_markers(cues, reel, name)
    return write_csv(cues)


def read_sheet(text: str, suffix: str, name: str = "cue sheet") -> tuple[Cue, ...]:
    """The cues of a sheet, sorted by time; raises UsageError naming what is at fault and where."""
    match suffix.lower():
        case ".txt":
            return read_labels(text, name)
        case ".otio":
            return read_markers(text, name)
    return read_cues(text, name)
