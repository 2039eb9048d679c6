"""Finds the videos of a batch: files, folders with their subfolders, patterns, lists. Outputs of foley are left out."""

from __future__ import annotations

import codecs
import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from foleycli.errors import UsageError
from foleycli.text import decoded, is_utf16
from foleycli.video.ffmpeg import refuse_url

VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in (
        "mp4", "m4v", "mov", "qt", "mkv", "webm", "avi", "flv", "ts", "mts", "m2ts", "mpg", "mpeg", "m2v", "vob",
        "3gp", "3g2", "wmv", "asf", "ogv", "mxf", "dv", "y4m", "mjpeg", "h264", "h265", "hevc", "ivf", "nut",
    )
)  # fmt: skip


NOWHERE = Path(os.devnull)  # for results that lie beside their videos: no folder is left out of the search


@dataclass(frozen=True)
class Found:
    """A video, and its folder relative to the folder that was searched ('.' for a video named by itself)."""

    path: Path
    below: Path = Path(".")


def split_list(text: bytes, *, nul: bool) -> list[str]:
    """The file names in a list: one per line, or with `nul` each ended by a NUL byte, which allows any name.

    Lines may be UTF-16, as PowerShell writes them, and may begin with a byte order mark.
    """
    if not nul:
        if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or is_utf16(text):
            text = os.fsencode(decoded(text))
        text = text.removeprefix(codecs.BOM_UTF8)
        if b"\0" in text:
            raise UsageError("the names on stdin are separated by NUL bytes; use -0")
    names = text.split(b"\0") if nul else [line.rstrip(b"\r") for line in text.split(b"\n")]
    return [os.fsdecode(name) for name in names if name]


def find(paths: Iterable[str], out_dir: Path) -> tuple[Found, ...]:
    """The videos at `paths`, each once: in the given order, those in a folder sorted by name.

    A file that is named itself is taken with any suffix, and even if it is missing (its job then fails). Outputs of
    foley are left out.
    """
    seen: dict[str, Found] = {}
    for name in paths:
        if not name:
            raise UsageError("an empty name among the videos; leave it out, or say . for this folder")
        for found in _at(name, out_dir.resolve()):
            if not own_output(found.path):
                seen.setdefault(os.path.realpath(found.path), found)
    return tuple(seen.values())


def beside_videos(videos: Sequence[Found]) -> tuple[Path, tuple[Found, ...]]:
    """The folder that holds all videos, and each with its own folder below that, where its results are to lie.

    Raises UsageError where no folder holds all, as on two drives of Windows.
    """
    try:
        top = os.path.commonpath([os.path.abspath(one.path.parent) for one in videos] or [os.getcwd()])
    except ValueError:
        raise UsageError("the videos lie on several drives; name a folder for the results with --out-dir") from None
    below = os.path.relpath(top)
    folder = Path(top if below.startswith(os.pardir) else below)
    return folder, tuple(replace(one, below=Path(os.path.relpath(one.path.parent, top))) for one in videos)


def own_output(path: Path) -> bool:
    """Whether the name is that of an output of foley, as clip.foley.mp4."""
    return ".foley" in path.suffixes[:-1]


def _at(name: str, out_dir: Path) -> Iterator[Found]:
    refuse_url(name)
    path = Path(name)
    if path.is_dir():
        yield from _in_folder(path, out_dir)
    elif path.exists() or not glob.has_magic(name):
        yield Found(path)
    else:
        matches = sorted(glob.glob(name, recursive=True))
        if not matches:
            raise UsageError(f"nothing is called {name!r}; check the pattern, and the folder you are in")
        results = out_dir != _searched(name)  # unless they lie beside their videos
        for match in map(Path, matches):
            if results and out_dir in match.resolve().parents:
                continue
            if match.is_file() and match.suffix.lower() in VIDEO_SUFFIXES:
                yield Found(match)
            elif match.is_dir():
                yield from _in_folder(match, out_dir)


def _searched(pattern: str) -> Path:
    """The folder that a pattern starts from."""
    path = Path(pattern)
    while glob.has_magic(str(path)):
        path = path.parent
    return path.resolve()


def _in_folder(top: Path, out_dir: Path) -> Iterator[Found]:
    for folder, inner, files in os.walk(top):
        inside = Path(folder).resolve() != out_dir or out_dir == top.resolve()
        # Hidden: '._clip.mp4' is what macOS leaves beside a clip, '.foley-batch' is ours.
        inner[:] = sorted(one for one in inner if not one.startswith(".")) if inside else []
        for file in sorted(files) if inside else ():
            path = Path(folder) / file
            if not file.startswith(".") and path.suffix.lower() in VIDEO_SUFFIXES:
                yield Found(path, path.parent.relative_to(top))
