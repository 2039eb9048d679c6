"""The recordings of a dub: opened before the film is watched, and checked when the dub is made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foleycli.errors import InputError

if TYPE_CHECKING:
    from foleycli.library.index import Kind, Library
    from foleycli.library.player import Used
    from foleycli.specs.settings import Generation
    from foleycli.types import Progress


@dataclass(frozen=True)
class Stored:
    """A recording that a dub was made from or chosen among, by its path in the library, as a sidecar keeps it."""

    file: str
    sound: str
    kind: Kind
    sha256: str


def check_library(generation: Generation) -> None:
    """Raises InputError if the settings name a library that has no files; opens none of them."""
    if generation.library is not None:
        from foleycli.library.index import find_files

        find_files(Path(generation.library))


def library_of(generation: Generation, progress: Progress | None = None) -> Library | None:
    """The library that the settings name; raises InputError for one that can't be used."""
    if generation.library is None:
        return None
    from foleycli.library.index import open_library

    return open_library(Path(generation.library), progress)


def stored(recordings: Sequence[Used]) -> tuple[Stored, ...]:
    """What a sidecar keeps of the recordings of a dub."""
    return tuple(
        Stored(one.recording.file, one.recording.sound, one.kind, sha256=one.recording.sha256) for one in recordings
    )


def stored_library(generation: Generation, recordings: Sequence[Stored]) -> Library | None:
    """The library of a dub as it was then: only those recordings, each for the sound and kind it was used for.

    Recordings that came later are left out. Raises InputError for one that is gone or not the same.
    """
    if generation.library is None:
        return None
    from foleycli.library.index import Library, read_recording

    folder = Path(generation.library)
    found = {}
    for one in recordings:
        if (one.file, one.sound) not in found:
            recording = read_recording(folder, one.file, one.sound)
            if recording.sha256 != one.sha256:
                raise InputError(f"{folder / one.file}: another recording than was dubbed with; dub the video again")
            found[one.file, one.sound] = recording
    pools: dict[tuple[str, Kind], frozenset[str]] = {}
    for one in recordings:
        pools[one.sound, one.kind] = pools.get((one.sound, one.kind), frozenset()) | {one.file}
    return Library(folder, tuple(found.values()), pools=pools)


def recording_facts(recordings: Sequence[Used]) -> list[dict[str, Any]]:
    """The recordings that were played, as plain data for JSON."""
    return [
        {"file": one.recording.file, "sound": one.recording.sound, "kind": one.kind, "cues": one.cues}
        for one in recordings
        if one.cues
    ]
