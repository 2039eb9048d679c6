"""What light, lens, sensor and codec do to the picture after it is drawn."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from foleycli.scenes.physics import smooth_noise
from foleycli.scenes.scene import Array

NOISE_LENGTH = 1 << 21


@lru_cache(maxsize=1)
def _noise() -> Array:
    """Unit Gaussian noise, float32 (NOISE_LENGTH,), drawn once: sensors start reading it at random places."""
    return np.random.default_rng(7).standard_normal(NOISE_LENGTH, dtype=np.float32)


def develop(rng: np.random.Generator, frames: Array, t: Array, clean: bool) -> Array:
    """Light frames float32 (3,U,H,W) as a camera and a codec would store them: uint8 (3,U,H,W); changes `frames`."""
    if not clean:
        _expose(rng, frames, t)
        if rng.random() < 0.3:
            _soften(frames, rng.uniform(0.3, 1.0))
        _grain(rng, frames, rng.choice([0.002, 0.008, 0.02, 0.045], p=[0.3, 0.35, 0.25, 0.1]))
        if rng.random() < 0.25 and frames.shape[2] % 8 == 0 and frames.shape[3] % 8 == 0:
            _blocks(frames, rng.uniform(0.15, 0.6))
    else:
        _grain(rng, frames, 0.006)
    frames *= 255
    np.clip(frames, 0, 255, out=frames)
    return frames.astype(np.uint8)


def _expose(rng: np.random.Generator, frames: Array, t: Array) -> None:
    """Brightness, contrast, cast, gamma-like curve, saturation; light that hums or wanders."""
    gain = rng.uniform(0.6, 1.4) * (1 + rng.uniform(-0.12, 0.12, 3))
    lift = rng.uniform(-0.08, 0.12)
    lamp = np.ones(len(t))
    if rng.random() < 0.2:
        lamp += rng.uniform(0.01, 0.08) * np.sin(2 * np.pi * (rng.uniform(0.5, 12) * t + rng.random()))
    if rng.random() < 0.2:
        lamp += rng.uniform(0.02, 0.15) * smooth_noise(rng, t, rng.uniform(0.2, 1.5))
    if rng.random() < 0.4:
        grey = frames.mean(0)
        colourfulness = np.float32(rng.choice([0.0, 0.4, 1.5], p=[0.3, 0.4, 0.3]))
        frames -= grey
        frames *= colourfulness
        frames += grey
    for channel in range(3):
        frames[channel] *= (gain[channel] * lamp).astype(np.float32)[:, None, None]
    frames += np.float32(lift)
    bend = np.float32(rng.uniform(-0.35, 0.35))
    if abs(bend) > 0.1:
        np.clip(frames, 0, 1, out=frames)
        frames += bend * frames * (1 - frames)


def _soften(frames: Array, amount: float) -> None:
    """A small lens blur: neighbours mixed in, first along rows and then along columns."""
    share = np.float32(amount / 3)
    for axis in (2, 3):
        middle = [slice(None)] * 4
        before, after = middle.copy(), middle.copy()
        middle[axis], before[axis], after[axis] = slice(1, -1), slice(None, -2), slice(2, None)
        mean = frames[tuple(before)] + frames[tuple(after)]
        inner = frames[tuple(middle)]
        mean -= 2 * inner
        mean *= share
        inner += mean


def _grain(rng: np.random.Generator, frames: Array, level: float) -> None:
    """Sensor noise, different in each picture; the same for the three colours half of the time."""
    noise = _noise()
    _, count, height, width = frames.shape
    need = count * height * width
    single = rng.random() < 0.5
    for channel in range(3):
        if channel == 0 or not single:
            start = int(rng.integers(NOISE_LENGTH))
            shown = np.take(noise, np.arange(start, start + need), mode="wrap") * np.float32(level)
        frames[channel] += shown.reshape(count, height, width)


def _blocks(frames: Array, amount: float) -> None:
    """Codec-like blocks: each 8 x 8 pulled towards its own mean, coarsely rounded."""
    channels, count, height, width = frames.shape
    tiled = frames.reshape(channels, count, height // 8, 8, width // 8, 8)
    mean = tiled.mean((3, 5), keepdims=True)
    tiled += np.float32(amount) * (np.round(mean * 40) / 40 - tiled)
