"""The file formats of a timeline with clips, chosen by the suffix."""

from __future__ import annotations

from foleycli.cues.timelines.clips import Edit
from foleycli.cues.timelines.edl import write_edl
from foleycli.cues.timelines.fcpxml import write_fcpxml
from foleycli.cues.timelines.otio import write_otio
from foleycli.cues.timelines.reaper import write_reaper

WRITERS = {".fcpxml": write_fcpxml, ".otio": write_otio, ".edl": write_edl, ".rpp": write_reaper}
SUFFIXES = tuple(WRITERS)


def write_timeline(edit: Edit, suffix: str) -> str:
    """The text of a timeline of this kind."""
    return WRITERS[suffix.lower()](edit)
