"""Videos of one's own to learn from: a folder, or a CSV file that lists them."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from foleycli.errors import InputError

VIDEO_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v")
Split = Literal["train", "test"]
HELD_OUT = 10  # one of so many videos is not trained on


@dataclass(frozen=True)
class TrainingVideo:
    """A video, and whether it is held out from training."""

    path: Path
    key: str  # of its name within the source: the same wherever the source lies
    held_out: bool

    @property
    def shard(self) -> str:
        """The name of the file that holds what was made of it."""
        return f"{'test' if self.held_out else 'train'}_{self.key}.npz"


def videos_of(source: Path) -> list[TrainingVideo]:
    """The videos of a folder with its subfolders, or those in the column `file` of a CSV, relative to where it lies.

    Hidden files and outputs of foley (clip.foley.mp4) in a folder are left out. A CSV's column `split` (train or test)
    says which are held out; without it about one in ten is, by its name, but never all. Raises InputError where there
    is none.
    """
    if source.is_dir():
        paths = sorted(path for path in source.rglob("*") if _is_film(path))
        found = [_video(path, path.relative_to(source).as_posix()) for path in paths]
    else:
        rows = [row for row in _rows(source) if row["file"]]
        if any(row.get("split") for row in rows):
            return [_video(source.parent / row["file"], row["file"], row.get("split") or "") for row in rows]
        found = [_video(source.parent / row["file"], row["file"]) for row in rows]
    if not found:
        raise InputError(f"{source}: no video in it ({', '.join(VIDEO_SUFFIXES)}); name a folder or a CSV of videos")
    if all(one.held_out for one in found):
        return [replace(one, held_out=False) for one in found]
    return found


def _is_film(path: Path) -> bool:
    ours = path.name.startswith(".") or ".foley" in path.suffixes[:-1]
    return path.suffix.lower() in VIDEO_SUFFIXES and not ours


def _video(path: Path, name: str, split: str = "") -> TrainingVideo:
    key = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    by_name = int(key, 16) % HELD_OUT == 0
    return TrainingVideo(path, key, held_out=split == "test" if split else by_name)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: no folder of videos, nor a CSV that can be read ({error})") from error
    if rows and "file" not in rows[0]:
        raise InputError(f"{path}: no column called 'file'; name the videos in it, relative to the CSV's folder")
    if wrong := sorted({row.get("split") or "" for row in rows} - {"", "train", "test"}):
        raise InputError(f"{path}: split {wrong[0]!r} is neither train nor test")
    return rows
