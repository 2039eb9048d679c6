"""What is done to a recording before it is laid down: level, pitch, brightness, room."""

from __future__ import annotations

import numpy as np

from foleycli.audio.level_rider import STRENGTH_RANGE_DB
from foleycli.specs import MelSpec
from foleycli.types import Wave

RATE = MelSpec.FULL_BAND.sample_rate


def levelled(wave: Wave, level_db: float) -> Wave:
    """The wave with its loudest 50 ms at `level_db` below full scale."""
    block = RATE // 20
    head = wave[: 8 * block]
    padded = np.pad(head, (0, -len(head) % block))
    loudest = np.sqrt((padded.reshape(-1, block) ** 2).mean(1).max())
    scaled: Wave = wave * np.float32(10 ** (level_db / 20) / (loudest + 1e-4))
    return scaled


def gain_of(strength: float) -> np.float32:
    """The factor of amplitude of a cue's strength 0..1: 1 at strength 1."""
    return np.float32(10 ** (STRENGTH_RANGE_DB * (strength - 1) / 20))


def repitched(wave: Wave, ratio: float) -> Wave:
    """The wave (S,) played `ratio` times as fast, so (S / ratio,) and higher; between samples linearly."""
    places = np.arange(0, len(wave) - 1, ratio)
    moved: Wave = np.interp(places, np.arange(len(wave)), wave).astype(np.float32)
    return moved


def darkened(wave: Wave, strength: float) -> Wave:
    """Weak hits are duller: a gentle low-pass whose corner falls from 16 to 2.5 kHz with the strength."""
    corner = 2500 * (16000 / 2500) ** strength
    size = _fft_size(len(wave))
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    spectrum = np.fft.rfft(wave, size) / np.sqrt(1 + (frequencies / corner) ** 2)
    duller: Wave = np.fft.irfft(spectrum, size)[: len(wave)].astype(np.float32)
    return duller


def box_smooth(curve: Wave, width: int) -> Wave:
    """The mean of `width` samples around each of the curve (S,), zeros beyond its ends."""
    total = np.cumsum(np.pad(curve, (width // 2 + 1, width - width // 2 - 1)), dtype=np.float64)
    smooth: Wave = ((total[width - 1 :] - total[: 1 - width])[: len(curve)] / width).astype(np.float32)
    return smooth


def in_a_room(mix: Wave, rng: np.random.Generator) -> Wave:
    """A small room: exponentially decaying noise, 4 to 15 % wet."""
    length = round(RATE * rng.uniform(0.1, 0.4))
    decay = np.exp(-np.linspace(0, 6.9, length)) * rng.standard_normal(length)
    size = _fft_size(len(mix) + length)
    wet = np.fft.irfft(np.fft.rfft(mix, size) * np.fft.rfft(decay, size), size)[: len(mix)]
    loudness = np.sqrt((mix**2).mean() / ((wet**2).mean() + 1e-12))
    roomy: Wave = (mix + rng.uniform(0.04, 0.15) * loudness * wet).astype(np.float32)
    return roomy


def _fft_size(samples: int) -> int:
    """The next power of two: a length with large prime factors takes ten times as long."""
    return 1 << (samples - 1).bit_length()
