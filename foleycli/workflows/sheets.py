"""Cue sheets as files: checked before the work, read and written by suffix."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.cues.formats import REAPER_TABLE, SUFFIXES, check_library, read_sheet
from foleycli.cues.reel import Reel
from foleycli.cues.sheet import Cue
from foleycli.errors import InputError
from foleycli.text import decoded, one_line
from foleycli.workflows.outputs import check_place

if TYPE_CHECKING:
    from foleycli.video.probe import VideoInfo


def check_sheet_file(target: Path, overwrite: bool) -> None:
    """Raises if no cue sheet can be written to `target`."""
    check_place(target, SUFFIXES, overwrite, shown=(*SUFFIXES, REAPER_TABLE))
    check_library(target.suffix, one_line(str(target)))


def read_sheet_file(path: Path, frame_rate: Fraction | None = None) -> tuple[Cue, ...]:
    """The cue sheet at `path`; raises InputError if it can't be read, UsageError if it makes no sense.

    `frame_rate` is that of its video: the times of an EDL are right only with it.
    """
    try:
        text = decoded(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text in UTF-8 or UTF-16; save it as UTF-8"
        raise InputError(f"{path}: can't be read ({reason}); 'foley spot' writes a cue sheet") from error
    return read_sheet(text, path.suffix, one_line(str(path)), frame_rate=frame_rate)


def reel_of(info: VideoInfo, video: str) -> Reel:
    """The video as a timeline knows it; one from stdin has no place on disk."""
    from foleycli.video.timecode import source_start

    turned = info.rotation in (90, 270)
    path = Path("stdin" if video == "-" else video)
    return Reel(
        path.stem,
        "" if video == "-" else path.absolute().as_uri(),
        seconds=info.duration,
        frame_rate=info.frame_rate,
        origin=source_start(info)[0],
        width=info.height if turned else info.width,
        height=info.width if turned else info.height,
        channels=info.main_audio.channels if info.audio else 0,
    )
