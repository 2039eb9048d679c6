"""Which sound each recording of a folder is: by a manifest, its folders' names, or its own name.

manifest.csv   columns `file` and `sound` (or `sound_class`, `class`); it goes before names
metal/07.wav   the nearest folder whose name is a sound, as people say it ('foley sounds' lists them)
door slam.wav  else the file's own name, then that of the whole folder
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path, PurePosixPath

from foleycli.cues.plain_words import sound_of
from foleycli.errors import InputError, UsageError

MANIFEST = "manifest.csv"
COLUMNS = ("sound", "sound_class", "class")


def sounds_of(folder: Path, files: Iterable[str]) -> dict[str, str]:
    """The sound class of each file, named by its path in the folder with slashes; "" where nothing names one.

    Raises InputError for a manifest that can't be used.
    """
    listed = _manifest(folder / MANIFEST)
    return {file: listed.get(file) or _by_names(folder, PurePosixPath(file)) for file in files}


def _by_names(folder: Path, file: PurePosixPath) -> str:
    names = [*reversed(file.parent.parts), file.stem, folder.resolve().name]
    return next((sound for name in names if (sound := _known(_words(name)))), "")


def _words(name: str) -> str:
    return re.sub(r"[\d_\W]+", " ", name).strip()


@cache
def _known(words: str) -> str:
    try:
        return sound_of(words)
    except UsageError:
        return ""


def _manifest(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            named = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
            column = next((named[name] for name in COLUMNS if name in named), None)
            if "file" not in named or column is None:
                raise InputError(f"{path}: its first line needs the columns file and sound; write them, or remove it")
            return dict(_row(row, named["file"], column, where=f"{path} line {rows.line_num}") for row in rows)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: can't be read ({error}); write it as CSV in UTF-8") from error


def _row(row: dict[str, str | None], file: str, column: str, where: str) -> tuple[str, str]:
    try:
        name = (row[file] or "").strip().replace("\\", "/")
        return str(PurePosixPath(name)), sound_of(row[column] or "", where)
    except UsageError as error:
        raise InputError(str(error)) from error


def group_of(file: str) -> str:
    """What takes of one thing have in common: the path without suffix, and without numbers at the end of the name.

    step_wood_01.wav and step_wood_02.wav are of one group: one pair of shoes.
    """
    path = PurePosixPath(file)
    parts = re.split(r"[\s_.\-]+", path.stem)
    while len(parts) > 1 and re.search(r"\d", parts[-1]) and len(parts[-1]) <= 4:
        parts.pop()
    return str(path.with_name(re.sub(r"\d+$", "", " ".join(parts)) or path.stem))
