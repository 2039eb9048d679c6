"""Real sounds for training: decoded once to 32 kHz into one memory-mapped array, split by source recording."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from foleycli.specs import MelSpec

SAMPLE_RATE = MelSpec.FULL_BAND.sample_rate
TEST_SHARE = 0.08
ARRAY_NAME, INDEX_NAME = "sounds_32k.npy", "index.json"
_FREESOUND = re.compile(r"/(?:sounds|s)/(\d+)")  # two files cut from one upload must share a split
_TAKE = re.compile(r"(_[0-9a-f]{4})?$")

Split = Literal["train", "test"]


@dataclass(frozen=True)
class Sound:
    """Where one file lies in the array, in samples at 32 kHz."""

    file: str
    sound_class: str
    source_id: str
    split: Split
    offset: int
    length: int
    peak: float


def source_of(file: str, attribution: str) -> str:
    """The recording a file was cut from: its Freesound number, else its name without take number and hash."""
    if found := _FREESOUND.search(attribution):
        return f"freesound_{found.group(1)}"
    stem = _TAKE.sub("", Path(file).stem)
    return re.sub(r"[\d_]*[a-d]?$", "", stem) or stem


def split_of(source_id: str) -> Split:
    """Train or test by a stable hash of the source recording."""
    share = int.from_bytes(hashlib.sha256(source_id.encode()).digest()[:4], "big") / 2**32
    return "test" if share < TEST_SHARE else "train"


@dataclass(frozen=True)
class SoundCache:
    """All sounds as one int16 array (S,) at 32 kHz and the list of what lies where."""

    samples: npt.NDArray[np.int16]
    sounds: tuple[Sound, ...]

    @staticmethod
    def open(cache_dir: Path) -> SoundCache:
        """The cache that `build_sound_cache` wrote; its array stays on disk."""
        rows = json.loads((cache_dir / INDEX_NAME).read_text())
        return SoundCache(np.load(cache_dir / ARRAY_NAME, mmap_mode="r"), tuple(Sound(**row) for row in rows))

    def of(self, split: Split) -> Iterator[Sound]:
        """The sounds of one split."""
        return (sound for sound in self.sounds if sound.split == split)

    def waveform(self, sound: Sound, start: int = 0, length: int | None = None) -> npt.NDArray[np.float32]:
        """Samples [start, start + length) of one sound as float32 (S,) in -1..1, cut at its end."""
        stop = sound.length if length is None else min(sound.length, start + length)
        return self.samples[sound.offset + start : sound.offset + stop].astype(np.float32) / 32768.0


def build_sound_cache(
    manifest_dir: Path, cache_dir: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> SoundCache:
    """Decode every file of manifest_dir/manifest.csv to 32 kHz int16 under cache_dir; an existing cache is opened."""
    if (cache_dir / INDEX_NAME).exists():
        return SoundCache.open(cache_dir)
    cache_dir.mkdir(parents=True, exist_ok=True)
    with (manifest_dir / "manifest.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    lengths = [_samples_at_32k(manifest_dir / row["file"]) for row in rows]
    array = np.lib.format.open_memmap(cache_dir / ARRAY_NAME, mode="w+", dtype=np.int16, shape=(sum(lengths),))
    sounds, offset = [], 0
    for done, (row, length) in enumerate(zip(rows, lengths, strict=True), start=1):
        samples = _decode(manifest_dir / row["file"], length)
        array[offset : offset + length] = samples
        source = source_of(row["file"], row["attribution"])
        peak = float(np.abs(samples.astype(np.float32)).max(initial=0)) / 32768.0
        sounds.append(
            Sound(
                row["file"], row["sound_class"], source, split=split_of(source), offset=offset, length=length, peak=peak
            )
        )
        offset += length
        progress(done, len(rows))
    array.flush()
    partial = cache_dir / f"{INDEX_NAME}.partial"
    partial.write_text(json.dumps([asdict(sound) for sound in sounds], indent=0))
    os.replace(partial, cache_dir / INDEX_NAME)  # the index comes last: a broken build is not taken for a cache
    return SoundCache.open(cache_dir)


def _samples_at_32k(path: Path) -> int:
    import soundfile

    info = soundfile.info(path)
    return int(info.frames * SAMPLE_RATE // info.samplerate)


def _decode(path: Path, length: int) -> npt.NDArray[np.int16]:
    import soundfile
    import soxr

    wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    wave = soxr.resample(wave.mean(axis=1), rate, SAMPLE_RATE)[:length]
    wave = np.pad(wave, (0, length - len(wave)))  # the resampler may come out one sample short
    return np.asarray((np.clip(wave, -1.0, 32767 / 32768) * 32768.0).round(), np.int16)
