"""The paths of outputs, checked before the work starts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from foleycli.atomic import atomic_file, check_target
from foleycli.audio.encoded import check_sound_file
from foleycli.cues.formats import check_library
from foleycli.cues.timelines.formats import SUFFIXES as TIMELINES
from foleycli.errors import InputError, OutputError, UsageError
from foleycli.pipeline.track import STEMS
from foleycli.video.containers import BY_SUFFIX, LOSSLESS_SOUNDS, SOUND_BY_SUFFIX
from foleycli.video.ffmpeg import find_ffmpeg, refuse_url

SOUND_SUFFIXES = tuple(SOUND_BY_SUFFIX)
STDOUT = "-"


def dub_targets(video: str, output: str | None, count: int, overwrite: bool) -> tuple[Path | None, ...]:
    """The target of each take: the given name, or one made from VIDEO's; numbered if several. None is stdout."""
    refuse_url(video)
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
        refuse_itself(target, video)
        check_place(target, (*BY_SUFFIX, *SOUND_SUFFIXES), overwrite)
    return tuple(targets)


def refuse_itself(target: Path, video: str | Path) -> None:
    """Raises UsageError if the target is the video that is dubbed."""
    if os.path.exists(target) and os.path.exists(video) and target.samefile(video):
        raise UsageError(f"{target} is the video itself, which foley never changes; name another output with -o")


def check_place(target: Path, suffixes: Iterable[str], overwrite: bool, shown: Iterable[str] = ()) -> None:
    """Raises if `target` has none of the suffixes, exists already, or can't be written; `shown` are those to name."""
    if target.suffix.lower() not in suffixes:
        kind = target.suffix or "a file without a suffix"
        raise UsageError(f"{target}: foley can't write {kind}; use {', '.join(shown or suffixes)}")
    check_target(target, overwrite)
    if not os.access(target.parent, os.W_OK):
        raise OutputError(f"{target.parent} can't be written to; name another output with -o")


def write_text(target: Path, text: str, overwrite: bool) -> None:
    """Writes a small file completely or not at all."""
    with atomic_file(target, overwrite=overwrite) as draft:
        draft.write_text(text, encoding="utf-8")


def _beside(video: Path) -> Path:
    # Matroska takes nearly any stream: the copy of a file that foley can't write lands in it.
    suffix = video.suffix if video.suffix.lower() in BY_SUFFIX else ".mkv"
    return video.with_name(f"{video.stem}.foley{suffix}")


def numbered(target: Path, take: int, takes: int) -> Path:
    """The name of one of several takes."""
    return target.with_name(f"{target.stem}.take{take:0{len(str(takes))}d}{target.suffix}")


def in_video(target: Path | None) -> TypeGuard[Path]:
    """Whether the target is a video rather than the sound alone."""
    return target is not None and target.suffix.lower() not in SOUND_SUFFIXES


def lossless(target: Path | None) -> bool:
    """Whether the target holds the samples of the track itself; stdout does."""
    return target is None or target.suffix.lower() in LOSSLESS_SOUNDS


def check_kind(target: Path | None) -> None:
    """Raises OutputError, before any work, if no ffmpeg is there that can write this kind of file."""
    if in_video(target):
        find_ffmpeg()
    elif target is not None:
        check_sound_file(target)


@dataclass(frozen=True)
class Beside:
    """The other files of one output: its stems by name, its plot, and its timeline."""

    stems: Mapping[str, Path] = field(default_factory=dict)
    plot: Path | None = None
    timeline: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Their paths."""
        return (*self.stems.values(), *(path for path in (self.plot, self.timeline) if path is not None))


NOTHING = Beside()


def beside_targets(
    video: str,
    targets: Sequence[Path | None],
    stems: Path | None,
    plot: Path | None,
    overwrite: bool,
    timeline: Path | None = None,
) -> tuple[Beside, ...]:
    """For each target its stems in the folder `stems`, its plot and timeline; raises for what could not be written."""
    check_folder("--stems", stems)
    if timeline is not None and video == "-":
        raise UsageError("--timeline names the video by its place on disk; give a file in place of '-'")
    found: list[Beside] = []
    for take, target in enumerate(targets, start=1):
        paths = _stem_files(_stem(video, target), stems)
        picture, edit = (
            path if path is None or len(targets) == 1 else numbered(path, take, len(targets))
            for path in (plot, timeline)
        )
        for path in paths.values() if stems is not None and stems.is_dir() else ():
            check_place(path, (".wav",), overwrite)
        if picture is not None:
            check_place(picture, (".png",), overwrite)
        if edit is not None:
            check_place(edit, TIMELINES, overwrite)
            check_library(edit.suffix, str(edit))
        found.append(Beside(paths, picture, edit))
    return tuple(found)


def named_beside(target: Path, stems: Path | None, plots: Path | None) -> Beside:
    """The stems and the plot of a target of a batch, named after it, in the folders `stems` and `plots`."""
    stem = _stem("", target)
    return Beside(_stem_files(stem, stems), None if plots is None else plots / f"{stem}.png")


def check_folder(option: str, folder: Path | None) -> None:
    """Raises UsageError if what should be a folder is a file."""
    if folder is not None and folder.exists() and not folder.is_dir():
        raise UsageError(f"{option} {folder}: a file; name a folder")


def make_folder(option: str, folder: Path | None) -> None:
    """Makes the folder that an option names, if it names one; raises OutputError."""
    try:
        if folder is not None:
            os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}; choose another {option}") from error


@contextmanager
def made_folder(option: str, folder: Path | None) -> Iterator[None]:
    """Makes the folder that an option names; if the block fails, what was made and is still empty is removed."""
    made = [] if folder is None else [one for one in (folder, *folder.parents) if not one.exists()]
    make_folder(option, folder)
    try:
        yield
    except BaseException:
        with suppress(OSError):  # not empty
            for one in made:
                one.rmdir()
        raise


def _stem_files(stem: str, folder: Path | None) -> dict[str, Path]:
    return {} if folder is None else {name: folder / f"{stem}.{name}.wav" for name in STEMS}


def _stem(video: str, target: Path | None) -> str:
    source = Path("stdin" if video == "-" else video) if target is None else target
    return source.stem.removesuffix(".foley")
