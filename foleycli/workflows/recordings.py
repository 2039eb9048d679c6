"""The recordings of a dub: opened before the film is watched, and checked when the dub is made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foleycli.errors import InputError

if TYPE_CHECKING:
    from foleycli.library.index import Library, Recording
    from foleycli.library.own import Own
    from foleycli.library.player import Used, UsedKind
    from foleycli.specs.settings import Generation
    from foleycli.types import Progress


@dataclass(frozen=True)
class Stored:
    """A recording that a dub was made from or chosen among, as a sidecar keeps it.

    `file` is its path in the library, or for one that is imitated (`kind` like) its absolute path.
    """

    file: str
    sound: str
    kind: UsedKind
    sha256: str


@dataclass(frozen=True)
class Heard:
    """A recording that was played or imitated, by its path as in Stored, and at how many cues."""

    file: str
    sound: str
    kind: UsedKind
    cues: int


def check_own(generation: Generation) -> None:
    """Raises InputError if the settings name a library that has no files, UsageError for no name; opens no file."""
    if generation.library is not None or generation.likes:
        from foleycli.library.own import check_named

        check_named(generation)
    if generation.library is not None:
        from foleycli.library.index import find_files

        find_files(Path(generation.library))


def own_of(generation: Generation, progress: Progress | None = None) -> Own | None:
    """The recordings that the settings name; raises InputError for those that can't be used."""
    if generation.library is None and not generation.likes:
        return None
    from foleycli.library.own import open_own

    return open_own(generation, progress)


def stored(recordings: Sequence[Used]) -> tuple[Stored, ...]:
    """What a sidecar keeps of the recordings of a dub."""
    return tuple(
        Stored(one.recording.file, one.recording.sound, one.kind, sha256=one.recording.sha256)
        for one in dict.fromkeys(recordings)
    )


def stored_own(generation: Generation, recordings: Sequence[Stored]) -> Own | None:
    """The recordings of a dub as they were then, each for the sound and kind it was used for.

    Recordings that came later are left out. Raises InputError for one that is gone or not the same.
    """
    if generation.library is None and not generation.likes:
        return None
    from foleycli.library.likes import Likes, read_like
    from foleycli.library.own import Own

    imitated = dict.fromkeys(one for one in recordings if one.kind == "like")
    likes = tuple(_same(one, read_like(Path(one.file), one.sound)) for one in imitated)
    played = [one for one in recordings if one.kind != "like"]
    return Own(_library(Path(generation.library or ""), played), Likes(likes))


def _library(folder: Path, recordings: Sequence[Stored]) -> Library:
    from foleycli.library.index import Library, read_recording

    found = {
        (one.file, one.sound): _same(one, read_recording(folder, one.file, one.sound), folder) for one in recordings
    }
    pools: dict[tuple[str, str], frozenset[str]] = {}
    for one in recordings:
        pools[one.sound, one.kind] = pools.get((one.sound, one.kind), frozenset()) | {one.file}
    return Library(folder, tuple(found.values()), pools=pools)


def _same(one: Stored, found: Recording, folder: Path = Path()) -> Recording:
    if found.sha256 != one.sha256:
        raise InputError(f"{folder / one.file}: another recording than was dubbed with; dub the video again")
    return found


def unused_likes(recordings: Sequence[Used]) -> tuple[str, ...]:
    """A warning for each recording of `--like` that no cue imitates; of a dub in stems a recording stands twice."""
    counts: dict[str, int] = {}
    for one in recordings:
        if one.kind == "like":
            counts[one.recording.file] = counts.get(one.recording.file, 0) + one.cues
    return tuple(f"--like {file}: nothing here is played like it" for file, cues in counts.items() if not cues)


def heard_of(recordings: Sequence[Used]) -> tuple[Heard, ...]:
    """The recordings that were played or imitated."""
    return tuple(
        Heard(one.recording.file, one.recording.sound, one.kind, cues=one.cues) for one in recordings if one.cues
    )


def recording_facts(recordings: Sequence[Heard]) -> list[dict[str, Any]]:
    """The same as plain data for JSON."""
    return [asdict(one) for one in recordings]
