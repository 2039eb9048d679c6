"""Where a result goes: names derived, and everything that would stop the writing noticed before the work starts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from foleycli.atomic import atomic_file, check_target
from foleycli.errors import InputError, OutputError, UsageError
from foleycli.video.containers import BY_SUFFIX

SOUND_SUFFIXES = (".wav", ".flac")
STDOUT = "-"


def dub_targets(video: str, output: str | None, count: int, overwrite: bool) -> tuple[Path | None, ...]:
    """As many targets: the name given or one derived from VIDEO, numbered if several; None is stdout."""
    if output == STDOUT:
        if count > 1:
            raise UsageError(f"{count} takes don't fit on stdout; name a file with -o, or take --keep best")
        return (None,)
    if output is None and video == "-":
        raise UsageError("a video from stdin has no name to derive the output from; name it with -o")
    if not Path(video).name:
        raise InputError(f"{video!r} is not a file; name a video")
    first = _beside(Path(video)) if output is None else Path(output)
    targets = [first] if count == 1 else [numbered(first, take, count) for take in range(1, count + 1)]
    for target in targets:
        if os.path.exists(target) and os.path.exists(video) and target.samefile(video):
            raise UsageError(f"{target} is the video itself, which foley never changes; name another output with -o")
        check_place(target, (*BY_SUFFIX, *SOUND_SUFFIXES), overwrite)
    return tuple(targets)


def check_place(target: Path, suffixes: Iterable[str], overwrite: bool) -> None:
    """Raises if `target` has none of the suffixes, is in the way, or can't be written."""
    if target.suffix.lower() not in suffixes:
        kind = target.suffix or "a file without a suffix"
        raise UsageError(f"{target}: foley can't write {kind}; use {', '.join(suffixes)}")
    check_target(target, overwrite)
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target.parent} can't be written to; name another output with -o")


def write_text(target: Path, text: str, overwrite: bool) -> None:
    """Writes a small file whole or not at all."""
    with atomic_file(target, overwrite=overwrite) as draft:
        draft.write_text(text, encoding="utf-8")


def _beside(video: Path) -> Path:
    # Matroska takes nearly any stream: the copy of a file that foley can't write lands in it.
    suffix = video.suffix if video.suffix.lower() in BY_SUFFIX else ".mkv"
    return video.with_name(f"{video.stem}.foley{suffix}")


def numbered(target: Path, take: int, takes: int) -> Path:
    """The name of one of several takes."""
    return target.with_name(f"{target.stem}.take{take:0{len(str(takes))}d}{target.suffix}")
