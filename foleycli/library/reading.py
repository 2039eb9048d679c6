"""Recordings of any kind read as blocks or as a stretch: by libsndfile where it can, else by ffmpeg.

A stretch has the samples that the blocks had there, so that an attack found in the one is in its place in the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from foleycli.audio.decoding import SoundReader, find_sound
from foleycli.errors import InputError
from foleycli.types import Wave

FFMPEG_RATE = 48_000  # at which ffmpeg's formats are read
SEEKABLE = frozenset(("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC"))  # to the sample
SHORT_SECONDS = 60  # a compressed file this short is decoded from its start; a longer one is sought in


@contextmanager
def opened(path: Path) -> Iterator[tuple[int, Iterator[Wave]]]:
    """The sample rate of a recording and its blocks (C, S) of one second; raises InputError for a bad one."""
    try:
        file = soundfile.SoundFile(str(path))
    except (soundfile.LibsndfileError, OSError):
        file = None
    if file is None:
        with SoundReader(path, find_sound(path), FFMPEG_RATE, start=Fraction(0)) as reader:
            yield FFMPEG_RATE, _from_ffmpeg(reader)
        return
    with file:
        yield file.samplerate, _from_libsndfile(file, path)


def stretch(path: Path, first: int, count: int, *, stamp: int = 0) -> Wave:
    """Samples [first, first + count) of a recording at its own rate, (C, count); silence outside it.

    `stamp` tells versions of a file apart. Raises InputError.
    """
    begin = max(0, first)
    wanted = max(0, first + count - begin)
    found = _stretch(path, begin, wanted, stamp=stamp)
    return np.pad(found, ((0, 0), (begin - first, wanted - found.shape[1])))[:, :count]


def mono(path: Path, first: int, count: int, *, channel: int | None, stamp: int = 0) -> Wave:
    """The same stretch (count,) of one channel; None: of the mean of all."""
    found = stretch(path, first, count, stamp=stamp)
    return np.ascontiguousarray(found.mean(0) if channel is None else found[channel])


def _stretch(path: Path, first: int, count: int, stamp: int) -> Wave:
    try:
        with soundfile.SoundFile(str(path)) as file:
            if file.format not in SEEKABLE and file.frames <= SHORT_SECONDS * file.samplerate:
                return _decoded(path, stamp)[:, first : first + count]
            file.seek(min(first, file.frames))
            return _checked(file.read(count, dtype="float32", always_2d=True).T, path)
    except soundfile.LibsndfileError:
        start = Fraction(first, FFMPEG_RATE)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; put the recording back") from error
    with SoundReader(path, find_sound(path), FFMPEG_RATE, start=start) as reader:
        return _checked(reader.read(count), path)


@lru_cache(maxsize=4)
def _decoded(path: Path, stamp: int) -> Wave:
    with soundfile.SoundFile(str(path)) as file:
        return _checked(file.read(dtype="float32", always_2d=True).T, path)


def _from_libsndfile(file: soundfile.SoundFile, path: Path) -> Iterator[Wave]:
    try:
        for block in file.blocks(file.samplerate, dtype="float32", always_2d=True):
            yield _checked(block.T, path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"{path}: {str(error).rstrip('.')}; replace the recording") from error


def _from_ffmpeg(reader: SoundReader) -> Iterator[Wave]:
    while not reader.ended:
        yield _checked(reader.read(FFMPEG_RATE), reader.path)


def _checked(block: Wave, path: Path) -> Wave:
    if not np.isfinite(block).all():
        raise InputError(f"{path}: samples that are not numbers; replace the recording")
    return block
