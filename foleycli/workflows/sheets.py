"""Cue sheets as files: checked before the work, read and written by suffix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.cues.formats import SUFFIXES, check_library, read_sheet
from foleycli.cues.sheet import Cue
from foleycli.cues.timeline_markers import Reel
from foleycli.errors import InputError
from foleycli.text import decoded, one_line
from foleycli.workflows.outputs import check_place

if TYPE_CHECKING:
    from foleycli.video.probe import VideoInfo


def check_sheet_file(target: Path, overwrite: bool) -> None:
    """Raises if no cue sheet can be written to `target`."""
    check_place(target, SUFFIXES, overwrite)
    check_library(target.suffix, one_line(str(target)))


def read_sheet_file(path: Path) -> tuple[Cue, ...]:
    """The cue sheet at `path`; raises InputError if it can't be read, UsageError if it makes no sense."""
    try:
        text = decoded(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise InputError(f"{path}: can't be read ({reason}); 'foley spot' writes a cue sheet") from error
    return read_sheet(text, path.suffix, one_line(str(path)))


def reel_of(info: VideoInfo, video: str) -> Reel:
    """The video as a timeline knows it; one from stdin has no place on disk."""
    if video == "-":
        return Reel("stdin", "", seconds=info.duration, frame_rate=info.frame_rate)
    path = Path(video)
    return Reel(path.stem, path.absolute().as_uri(), seconds=info.duration, frame_rate=info.frame_rate)
