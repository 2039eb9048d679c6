"""Recordings that the model imitates: which of them for which sound, as hits or as a lasting sound.

FILE          for every cue: hits if it has attacks, else spans
metal=FILE    for the cues of one sound, in words of 'foley sounds'
FOLDER        all of its files: for the sound that names say (`naming`), or for every cue
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import soxr

from foleycli.cues.plain_words import sound_of
from foleycli.cues.sheet import Cue
from foleycli.errors import InputError
from foleycli.library.analysis import analyse
from foleycli.library.index import Kind, Recording, file_sha256, find_files
from foleycli.library.naming import sounds_of
from foleycli.library.reading import mono
from foleycli.library.shaping import faded_into_silence
from foleycli.types import Wave

OPTION = "--like"
EVERY = ""  # the sound of a recording that is imitated by all cues
MOST_HITS, TEXTURE_SECONDS = 8, 8  # of a recording


@dataclass(frozen=True, eq=False)
class Likes:
    """Recordings to imitate, by their absolute paths."""

    recordings: tuple[Recording, ...]

    @cached_property
    def rows(self) -> Mapping[tuple[Kind, str], tuple[Recording, ...]]:
        """By kind and sound."""
        found: dict[tuple[Kind, str], list[Recording]] = {}
        for one in self.recordings:
            struck = bool(one.content.hits)
            lasts = one.lasts and (one.sound != EVERY or not struck)
            kinds: tuple[tuple[Kind, bool], ...] = (("hit", struck), ("span", lasts))
            for kind, usable in kinds:
                if usable:
                    found.setdefault((kind, one.sound), []).append(one)
        return {key: tuple(row) for key, row in found.items()}

    def of(self, cue: Cue) -> tuple[Recording, ...]:
        """The recordings that a cue imitates."""
        kind: Kind = "hit" if cue.stop is None else "span"
        return self.rows.get((kind, cue.sound)) or self.rows.get((kind, EVERY), ())


NO_LIKES = Likes(())


def open_likes(texts: Sequence[str]) -> Likes:
    """The recordings that `--like` names; raises InputError for one that can't be used, UsageError for its sound."""
    found = tuple(read_like(path, sound) for text in texts for path, sound in _named(text))
    for one in found:
        if not one.content.hits and not one.lasts:
            raise InputError(f"{one.file}: no attack and too short to last; take a longer recording")
    return Likes(found)


def _named(text: str) -> Iterator[tuple[Path, str]]:
    name, equals, rest = text.partition("=")
    path, sound = Path(text), EVERY
    if equals and not path.exists():
        path, sound = Path(rest), sound_of(name, OPTION)
    if not path.is_dir():
        yield path, sound
        return
    files = find_files(path)
    sounds = dict.fromkeys(files, sound) if sound else sounds_of(path, files)
    yield from ((path / file, sounds[file]) for file in files)


def read_like(path: Path, sound: str) -> Recording:
    """A recording to imitate, for a sound or for every one; raises InputError for one that can't be read."""
    path = Path(os.path.abspath(path))
    try:
        stamp, sha256 = os.stat(path).st_mtime_ns, file_sha256(path)
    except OSError as error:
        raise InputError(f"{OPTION} {path}: {error.strerror}; name a recording") from error
    return Recording(str(path), sound, sha256, stamp=stamp, content=analyse(path))


def hits_of(recording: Recording, sample_rate: int) -> Iterator[Wave]:
    """Some hits of a recording (S,), spread over its levels, from the attack on, without hiss."""
    hits = sorted(recording.content.hits, key=lambda hit: hit.level_db)
    for number in np.unique(np.linspace(0, len(hits) - 1, min(MOST_HITS, len(hits))).round().astype(int)):
        hit = hits[number]
        wave = _at(recording, hit.start, hit.stop - hit.start, sample_rate=sample_rate)
        yield faded_into_silence(wave, sample_rate)


def texture_of(recording: Recording, sample_rate: int) -> Wave:
    """The middle eight seconds, at most, of what lasts in a recording, (S,)."""
    first, last = recording.content.body
    length = min(last - first, TEXTURE_SECONDS * recording.content.rate)
    return _at(recording, first + (last - first - length) // 2, length, sample_rate=sample_rate)


def _at(recording: Recording, first: int, count: int, sample_rate: int) -> Wave:
    wave = mono(Path(recording.file), first, count, channel=recording.content.channel, stamp=recording.stamp)
    return np.asarray(soxr.resample(wave, recording.content.rate, sample_rate, quality="HQ"), np.float32)
