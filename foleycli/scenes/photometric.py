"""What light, lens, sensor and codec do to the picture after it is drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from foleycli.scenes.physics import smooth_noise
from foleycli.scenes.scene import Array

NOISE_LENGTH = 1 << 21


@lru_cache(maxsize=1)
def _noise() -> Array:
    """Unit Gaussian noise, float32 (NOISE_LENGTH,), drawn once: sensors start reading it at random places."""
    return np.random.default_rng(7).standard_normal(NOISE_LENGTH, dtype=np.float32)


@dataclass(frozen=True)
class Film:
    """How one clip's light becomes pixels; all chances are taken once, so that chunks of frames may be developed apart.

    `gain` (3,) and `lamp` (of times) multiply, `lift` adds, `saturation` and `bend` (contrast) reshape; `grain` is the
    sensor noise, read from the shared tape at `tape` (3,); `blur` and `blocks` are amounts.
    """

    gain: Array
    lamp: Callable[[Array], Array]
    lift: float
    saturation: float
    bend: float
    blur: float
    grain: float
    tape: Array
    blocks: float

    def develop(self, frames: Array, t: Array, first: int) -> Array:
        """Light `frames` float32 (C,n,H,W), numbers `first`.. taken at `t` (n,), as uint8; changes them."""
        if self.saturation != 1 and len(frames) > 1:
            grey = frames.mean(0) * np.float32(1 - self.saturation)
            frames *= np.float32(self.saturation)
            frames += grey
        gain = self.gain[:, None] if len(frames) > 1 else self.gain.mean(keepdims=True)[:, None]
        level = 255 * gain * self.lamp(t)
        frames *= level.astype(np.float32)[:, :, None, None]
        if self.lift:
            frames += np.float32(255 * self.lift)
        if abs(self.bend) > 0.1:
            np.clip(frames, 0, 255, out=frames)
            frames *= np.float32(1 + self.bend) - np.float32(self.bend / 255) * frames
        if self.blur > 0:
            _soften(frames, self.blur)
        self._add_grain(frames, first)
        if self.blocks > 0 and frames.shape[2] % 8 == 0 and frames.shape[3] % 8 == 0:
            _blocks(frames, self.blocks)
        np.clip(frames, 0, 255, out=frames)
        return frames.astype(np.uint8)

    def _add_grain(self, frames: Array, first: int) -> None:
        noise = _noise()
        _, count, height, width = frames.shape
        need = count * height * width
        shown: Array = np.zeros(0)
        for channel in range(len(frames)):
            if channel == 0 or self.tape[channel] != self.tape[channel - 1]:
                start = (int(self.tape[channel]) + first * height * width) % NOISE_LENGTH
                piece = noise[start : start + need]
                if len(piece) < need:
                    piece = np.take(noise, np.arange(start, start + need), mode="wrap")
                shown = (piece * np.float32(255 * self.grain)).reshape(count, height, width)
            frames[channel] += shown


def clean_film() -> Film:
    """A good camera in good light."""
    return Film(np.ones(3), _steady, 0.0, 1.0, 0.0, 0.0, 0.005, np.zeros(3, np.int64), 0.0)


def random_film(rng: np.random.Generator) -> Film:
    """Any camera, light, lens and codec: dull or vivid, dark or burnt out, humming lamps, noise, blocks."""
    hum = rng.uniform(0.01, 0.08) * (rng.random() < 0.1), rng.uniform(0.5, 12), rng.random()
    wander = rng.uniform(0.02, 0.15) * (rng.random() < 0.12), rng.uniform(0.2, 1.5), int(rng.integers(2**31))
    step = rng.uniform(-0.15, 0.15) * (rng.random() < 0.12), rng.uniform(0.0, 4.0), rng.choice([0.001, 0.1, 0.3])

    def lamp(t: Array) -> Array:
        light = 1 + hum[0] * np.sin(2 * np.pi * (hum[1] * t + hum[2]))
        if wander[0]:
            light = light + wander[0] * smooth_noise(np.random.default_rng(wander[2]), t, wander[1])
        if step[0]:  # the camera corrects its exposure
            light = light + step[0] * np.clip((t - step[1]) / step[2], 0, 1)
        return np.asarray(light)

    tape = rng.integers(NOISE_LENGTH, size=3)
    return Film(
        gain=rng.uniform(0.6, 1.4) * (1 + rng.uniform(-0.12, 0.12, 3)),
        lamp=lamp,
        lift=rng.uniform(-0.08, 0.12),
        saturation=float(rng.choice([0.0, 0.4, 1.0, 1.5], p=[0.12, 0.2, 0.56, 0.12])),
        bend=rng.uniform(-0.35, 0.35),
        blur=rng.uniform(0.3, 1.0) * (rng.random() < 0.3),
        grain=float(rng.choice([0.0007, 0.002, 0.006, 0.015], p=[0.5, 0.28, 0.16, 0.06])),
        tape=tape if rng.random() < 0.5 else tape[:1].repeat(3),
        blocks=rng.uniform(0.15, 0.6) * (rng.random() < 0.1),
    )


def _steady(t: Array) -> Array:
    return np.ones_like(t)


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


def _blocks(frames: Array, amount: float) -> None:
    """Codec-like blocks: each 8 x 8 pulled towards its own mean, coarsely rounded."""
    channels, count, height, width = frames.shape
    tiled = frames.reshape(channels, count, height // 8, 8, width // 8, 8)
    mean = tiled.mean((3, 5), keepdims=True)
    tiled += np.float32(amount) * (np.round(mean / 6) * 6 - tiled)
