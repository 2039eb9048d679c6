"""A folder of recordings as a library: what each holds, kept in an index so that only new files are read again.

The index lies in the folder as .foley-library.json, or in foley's cache where the folder can't be written. A file whose
size or time of change differs from its entry is read again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from foleycli.atomic import atomic_file
from foleycli.errors import InputError, OutputError
from foleycli.library.analysis import Content, Hit, analyse
from foleycli.library.naming import sounds_of
from foleycli.types import Progress

NAME, FORMAT = ".foley-library.json", 1
SUFFIXES = frozenset((
    ".wav", ".wave", ".bwf", ".rf64", ".w64", ".aif", ".aiff", ".aifc", ".flac", ".caf", ".au", ".ogg", ".oga", ".opus",
    ".mp3", ".m4a", ".aac", ".ac3", ".wma", ".wv", ".ape", ".mka",
))  # fmt: skip
LASTING_SECONDS = 1.2  # the least of a recording that a span is made of
MOST_NAMED = 3  # files in a warning; what is left is counted

Kind = Literal["hit", "span"]


@dataclass(frozen=True, eq=False)
class Recording:
    """A file of a library, by its path in the folder, its sound class, and what it holds."""

    file: str
    sound: str
    sha256: str
    stamp: int  # time of change in ns
    content: Content

    @property
    def lasts(self) -> bool:
        """Whether a span can be made of it."""
        first, last = self.content.body
        return last - first >= LASTING_SECONDS * self.content.rate


@dataclass(frozen=True, eq=False)
class Library:
    """The recordings of a folder that can be played, in the order of their paths."""

    folder: Path
    recordings: tuple[Recording, ...]
    warnings: tuple[str, ...] = ()
    pools: Mapping[tuple[str, str], frozenset[str]] | None = None  # the only files for each; None: all

    def of(self, sound: str, kind: Kind) -> tuple[Recording, ...]:
        """The recordings that hold hits, or a lasting sound, of a class."""
        return self._by_sound.get((sound, kind), ())

    @cached_property
    def _by_sound(self) -> dict[tuple[str, Kind], tuple[Recording, ...]]:
        found: dict[tuple[str, Kind], list[Recording]] = {}
        for one in self.recordings:
            kinds: tuple[tuple[Kind, bool], ...] = (("hit", bool(one.content.hits)), ("span", one.lasts))
            for kind, usable in kinds:
                if usable and (self.pools is None or one.file in self.pools.get((one.sound, kind), ())):
                    found.setdefault((one.sound, kind), []).append(one)
        return {key: tuple(row) for key, row in found.items()}

    @cached_property
    def sha256(self) -> str:
        """Of the names, sounds and contents of all recordings: what a dub made from them depends on."""
        rows = [f"{one.file}\0{one.sound}\0{one.sha256}" for one in self.recordings]
        return hashlib.sha256("\n".join(rows).encode(errors="surrogateescape")).hexdigest()


def open_library(folder: Path, progress: Progress | None = None) -> Library:
    """The library of a folder, its index brought up to date; `progress` counts files of the stage "index".

    Raises InputError for a folder that is not there or has no recording that can be played.
    """
    files = find_files(folder)
    sounds = sounds_of(folder, files)
    named = [file for file in files if sounds[file]]
    entries = _entries(folder, named, progress)
    good = {file: entry for file, entry in entries.items() if "error" not in entry}
    recordings = tuple(_recording(file, sounds[file], entry) for file, entry in good.items())
    warnings = (
        *_warning("without the name of a sound", [file for file in files if not sounds[file]]),
        *_warning("can't be read", [f"{file}: {entries[file]['error']}" for file in entries if file not in good]),
    )
    if not recordings:
        why = "; ".join(warnings)
        raise InputError(f"{folder}: nothing in it can be played ({why}); name folders as 'foley sounds' names sounds")
    return Library(folder, recordings, tuple(f"{folder}: {warning}; left out" for warning in warnings))


def read_recording(folder: Path, file: str, sound: str) -> Recording:
    """One file of a library, read anew if it changed since it was indexed; raises InputError."""
    path = folder / file
    try:
        stamp = _stamp(os.stat(path))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; put the recording back") from error
    known = _index(_places(folder)).get(file, {})
    entry = known if known.get("stamp") == stamp else {"stamp": stamp, **_entry(path)}
    if "error" in entry:
        raise InputError(f"{path}: {entry['error']}; put the recording back")
    return _recording(file, sound, entry)


def _warning(what: str, files: list[str]) -> Iterator[str]:
    if files:
        more = f" and {len(files) - MOST_NAMED} more" if len(files) > MOST_NAMED else ""
        count = f"{len(files)} recording{'' if len(files) == 1 else 's'}"
        yield f"{count} {what} ({', '.join(files[:MOST_NAMED])}{more})"


def find_files(folder: Path) -> list[str]:
    """The recordings of a folder and those below it, by their paths in it; raises InputError if there are none."""
    if not folder.is_dir():
        raise InputError(f"{folder}: {'not a folder' if folder.exists() else 'no such folder'}; name one of recordings")
    found = []
    for where, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(where).relative_to(folder)
        found += [
            (below / name).as_posix()
            for name in names
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES
        ]
    if not found:
        raise InputError(f"{folder}: no recordings in it (.wav, .flac, .mp3, ...); name another folder")
    return sorted(found)


def _entries(folder: Path, files: Sequence[str], progress: Progress | None) -> dict[str, dict[str, Any]]:
    """The entry of each file: from the index where the file is as it was, else made now; the index is written anew."""
    places = _places(folder)
    old = _index(places)
    stats, lost = dict[str, os.stat_result](), dict[str, dict[str, Any]]()
    for file in files:
        try:
            stats[file] = os.stat(folder / file)
        except OSError as error:  # a link to nothing, or a file that was removed since the folder was listed
            lost[file] = {"error": error.strerror or str(error)}
    kept = {file: old[file] for file, stat in stats.items() if _stamp(stat) == old.get(file, {}).get("stamp")}
    new = [file for file in stats if file not in kept]
    for number, file in enumerate(new):
        if progress is not None:
            progress("index", number, len(new))
        kept[file] = {"stamp": _stamp(stats[file]), **_entry(folder / file)}
    if new or kept.keys() != old.keys():
        if progress is not None:
            progress("index", len(new), len(new))
        _write(places, {file: kept[file] for file in stats})
    return {file: lost[file] if file in lost else kept[file] for file in files}


def _stamp(stat: os.stat_result) -> list[int]:
    return [stat.st_size, stat.st_mtime_ns]


def _entry(path: Path) -> dict[str, Any]:
    try:
        return {"sha256": file_sha256(path), **asdict(analyse(path))}
    except InputError as error:
        return {"error": str(error).removeprefix(f"{path}: ").split(";")[0]}
    except OSError as error:
        return {"error": error.strerror or str(error)}


def file_sha256(path: Path) -> str:
    """Of the bytes of a file; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _recording(file: str, sound: str, entry: Mapping[str, Any]) -> Recording:
    content = Content(
        entry["rate"],
        entry["samples"],
        entry["channel"],
        hits=tuple(Hit(**hit) for hit in entry["hits"]),
        body=tuple(entry["body"]),
    )
    return Recording(file, sound, entry["sha256"], stamp=entry["stamp"][1], content=content)


def _index(places: Sequence[Path]) -> dict[str, dict[str, Any]]:
    return next((known for place in places if (known := _read(place))), {})


def _places(folder: Path) -> tuple[Path, Path]:
    """Where the index may lie: in the folder, or in foley's cache."""
    import platformdirs

    named = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return folder / NAME, platformdirs.user_cache_path("foley") / "libraries" / f"{named}.json"


def _read(place: Path) -> dict[str, dict[str, Any]]:
    """The entries of an index; none if it is missing, damaged, or of another format."""
    try:
        plain = json.loads(place.read_text(encoding="utf-8"))
        files: dict[str, dict[str, Any]] = plain["files"] if plain["format"] == FORMAT else {}
        for entry in files.values():
            if "error" not in entry:
                _recording("", "", entry)
        return files
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _write(places: tuple[Path, Path], files: Mapping[str, Mapping[str, Any]]) -> None:
    """Into the first place that can be written; into none is no fault, as the index only saves time."""
    text = json.dumps({"format": FORMAT, "files": files}, separators=(",", ":"))
    for place in places:
        with suppress(OSError, OutputError):
            if place != places[0]:
                place.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(place, overwrite=True) as draft:
                draft.write_text(text, encoding="utf-8")
            return
