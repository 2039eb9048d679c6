"""What is done to a recording before it is laid down: its ground, its brightness."""

from __future__ import annotations

import numpy as np

from foleycli.types import Wave

GROUND_DB, GROUND_FADE_DB = 30.0, 12.0  # under a hit's peak: where its recording's hiss begins, and over what it goes
SHELF_HZ = 2500.0


def faded_into_silence(wave: Wave, sample_rate: int) -> Wave:
    """A hit (S,) without the hiss that its recording goes on with: from 30 to 42 dB under its peak it fades away."""
    hop = sample_rate // 100
    frames = -(-len(wave) // hop)
    level = 10 * np.log10((np.pad(wave, (0, frames * hop - len(wave))).reshape(frames, hop) ** 2).mean(1) + 1e-10)
    ahead = np.lib.stride_tricks.sliding_window_view(np.pad(level, (0, 4), constant_values=-100), 5).max(1)
    gain = np.clip((ahead - level.max() + GROUND_DB + GROUND_FADE_DB) / GROUND_FADE_DB, 0, 1)
    gain[: level.argmax() + 1] = 1.0
    places = np.arange(len(wave)) / hop - 0.5
    return np.asarray(wave * np.interp(places, np.arange(frames), gain), np.float32)


def tilted(wave: Wave, sample_rate: int, shelf_db: float) -> Wave:
    """A wave (S,) with its treble, above about 2.5 kHz, changed by `shelf_db`; nothing sounds before its time.

    The filter is of first order and of minimum phase: (1 + g jf/f0) / (1 + jf/f0).
    """
    size = 1 << (len(wave) + sample_rate // 100).bit_length()  # room for its response, which is gone after 1 ms
    relative = np.fft.rfftfreq(size, 1 / sample_rate) * 1j / SHELF_HZ
    gain = 10 ** (shelf_db / 20)
    spectrum = np.fft.rfft(wave, size) * (1 + gain * relative) / (1 + relative)
    changed: Wave = np.fft.irfft(spectrum, size)[: len(wave)].astype(np.float32)
    return changed
