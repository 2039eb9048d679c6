"""Small recordings made for tests: taps at known times, hums and noises that last."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

from foleycli.types import Wave


def taps(times: Sequence[float], seconds: float, rate: int = 48_000, *, seed: int = 0, level: float = 0.3) -> Wave:
    """Bursts of noise (S,) that decay over 60 ms, the first sample of each at its time; -80 dB of hiss under them."""
    rng = np.random.default_rng(seed)
    wave = rng.normal(0, 1e-4, round(seconds * rate))
    for number, time in enumerate(times):
        first = round(time * rate)
        burst = rng.normal(0, 1, len(wave) - first) * np.exp(-np.arange(len(wave) - first) / (0.06 * rate))
        wave[first:] += level * (0.5 + 0.5 * (number % 3)) * burst
    return np.clip(wave, -1, 1).astype(np.float32)


def noise(seconds: float, rate: int = 48_000, *, seed: int = 0, level: float = 0.1) -> Wave:
    """Noise (S,) that lasts."""
    return np.random.default_rng(seed).normal(0, level, round(seconds * rate)).astype(np.float32)


def write(path: Path, wave: Wave, rate: int = 48_000) -> Path:
    """Writes (S,) or (C, S) as the suffix says; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, wave.T, rate)
    return path


def small_library(folder: Path) -> Path:
    """Two groups of knocks on wood, and rain."""
    write(folder / "wood" / "table_1.wav", taps([0.5, 1.2, 2.0], 3.0, seed=1))
    write(folder / "wood" / "table_2.wav", taps([0.25, 0.9, 1.5], 2.5, 44_100, seed=2), 44_100)
    write(folder / "rain" / "roof.flac", np.stack([noise(3.0, seed=3), noise(3.0, seed=4)]))
    return folder
