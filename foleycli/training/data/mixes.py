"""Random sound windows for the codec: hits laid after silence, textures with moving level, raw crops, silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foleycli.cues.classes import SPAN_CLASSES
from foleycli.training.data.sounds import SAMPLE_RATE, Sound, SoundCache, Split
from foleycli.types import Wave

ONSET_HOP_SAMPLES = 64  # 2 ms
LEAD_SAMPLES = 32  # kept in front of an onset, so that the cut itself makes no click
FADE_SAMPLES = 320


def decibels(level_db: float) -> float:
    """A level in dB as a factor of amplitude."""
    return float(10.0 ** (level_db / 20.0))


def onset_samples(wave: Wave) -> npt.NDArray[np.int64]:
    """Starts of sharp rises (2 ms envelope up 12 dB on the 20 ms before, within 20 dB of the peak), in samples."""
    blocks = len(wave) // ONSET_HOP_SAMPLES
    if blocks < 2:
        return np.zeros(1, np.int64)
    envelope = np.abs(wave[: blocks * ONSET_HOP_SAMPLES]).reshape(blocks, -1).max(axis=1)
    padded = np.concatenate([np.zeros(10, np.float32), envelope])
    before = np.lib.stride_tricks.sliding_window_view(padded, 10)[:blocks].max(axis=1)
    rises = np.flatnonzero((envelope > 4.0 * before) & (envelope > 0.1 * envelope.max()))
    if len(rises) == 0:
        return np.array([int(envelope.argmax()) * ONSET_HOP_SAMPLES])
    fresh = np.concatenate([[True], np.diff(rises) > 10])
    return np.asarray(rises[fresh] * ONSET_HOP_SAMPLES, np.int64)


class Mixer(Protocol):
    """Where the codec's recipes take their windows from."""

    def batch(self, seed: int, step: int, size: int, samples: int) -> Tensor:
        """Windows (B, S) of this step, on the device of the training."""
        ...


@dataclass
class WindowMixer:
    """Draws windows (S,) of one split; everything random comes from the generator passed in."""

    cache: SoundCache
    split: Split
    hits: Sequence[Sound] = field(init=False)
    spans: Sequence[Sound] = field(init=False)

    def __post_init__(self) -> None:
        loud = [sound for sound in self.cache.of(self.split) if sound.peak > 1e-3 and sound.length > 640]
        self.hits = [sound for sound in loud if sound.sound_class not in SPAN_CLASSES]
        self.spans = [sound for sound in loud if sound.sound_class in SPAN_CLASSES]

    def batch(self, seed: int, step: int, size: int, samples: int) -> Tensor:
        """Windows (B, S): a function of (seed, step), so a resumed run draws what an unbroken one does."""
        rng = np.random.default_rng([seed, step])
        return torch.from_numpy(np.stack([self.window(rng, samples) for _ in range(size)]))

    def window(self, rng: np.random.Generator, samples: int) -> Wave:
        """One window at a random level of -36..0 dB below full scale (a few are plain silence)."""
        kind = rng.choice(4, p=(0.25, 0.48, 0.23, 0.04))
        wave = (self._crop, self._struck, self._texture, self._silence)[kind](rng, samples)
        peak = float(np.abs(wave).max(initial=0.0))
        if peak < 1e-4:
            return wave
        level_db = -36.0 * rng.random() ** 1.5  # loud ones more often
        return (wave * (decibels(level_db) / peak)).astype(np.float32)

    def _pick(self, rng: np.random.Generator, sounds: Sequence[Sound]) -> Wave:
        sound = sounds[int(rng.integers(len(sounds)))]
        most = 8 * SAMPLE_RATE
        start = int(rng.integers(max(1, sound.length - most)))
        return self.cache.waveform(sound, start, most)

    def _crop(self, rng: np.random.Generator, samples: int) -> Wave:
        wave = self._pick(rng, self.hits if rng.random() < 0.6 else self.spans)
        start = int(rng.integers(-samples // 2, max(1, len(wave) - samples // 2)))
        window = np.zeros(samples, np.float32)
        piece = wave[max(0, start) : max(0, start + samples)]
        at = max(0, -start)
        window[at : at + len(piece)] = piece[: samples - at]
        return window

    def _struck(self, rng: np.random.Generator, samples: int) -> Wave:
        window = np.zeros(samples, np.float32)
        if rng.random() < 0.35:
            bed = self._texture(rng, samples)
            window += bed * (decibels(-rng.uniform(12, 45)) / max(1e-4, float(np.abs(bed).max())))
        source = self._pick(rng, self.hits)
        onsets = onset_samples(source)
        for _ in range(1 + int(rng.poisson(1.6 * samples / SAMPLE_RATE))):
            if rng.random() < 0.2:
                source = self._pick(rng, self.hits)
                onsets = onset_samples(source)
            self._lay(rng, window, source, int(rng.choice(onsets)))
        return window

    def _lay(self, rng: np.random.Generator, window: Wave, source: Wave, onset: int) -> None:
        """Adds one hit of `source`, faded out, at a random time of the window."""
        begin = max(0, onset - LEAD_SAMPLES)
        length = int(SAMPLE_RATE * np.exp(rng.uniform(np.log(0.04), np.log(2.0))))
        hit = source[begin : begin + length].copy()
        if len(hit) < 2:
            return
        fade = min(len(hit), max(FADE_SAMPLES, length // 4))
        hit[len(hit) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32) ** 2
        at = int(rng.integers(-len(hit) // 4, len(window)))
        hit *= decibels(-20.0 * rng.random() ** 2) / max(1e-4, float(np.abs(hit).max()))
        first = max(0, -at)
        stop = min(len(hit), len(window) - at)
        if stop > first:
            window[at + first : at + stop] += hit[first:stop]

    def _texture(self, rng: np.random.Generator, samples: int) -> Wave:
        wave = self._pick(rng, self.spans)
        repeats = -(-samples // len(wave)) + 1
        wave = np.tile(wave, repeats)
        start = int(rng.integers(len(wave) - samples + 1))
        points = 2 + int(rng.integers(5))
        levels_db = np.interp(np.arange(samples), np.linspace(0, samples, points), rng.uniform(-30, 0, points))
        window = wave[start : start + samples] * (10.0 ** (levels_db / 20.0)).astype(np.float32)
        if rng.random() < 0.3:  # begins or ends at once
            edge = int(rng.integers(samples))
            window[:edge] *= rng.random() < 0.5
        return np.asarray(window, np.float32)

    def _silence(self, rng: np.random.Generator, samples: int) -> Wave:
        noise = rng.standard_normal(samples) * decibels(-rng.uniform(60, 130)) * (rng.random() < 0.5)
        return noise.astype(np.float32)
