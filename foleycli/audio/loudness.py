"""Integrated loudness (EBU R128, ITU-R BS.1770-4), true peaks, and the gain of a true-peak limiter."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from foleycli.audio.moving import moving_mean, moving_minimum
from foleycli.video.layouts import channel_names, default_layout

Samples = NDArray[np.float32]
Floats = NDArray[np.float64]

HOP_SECONDS = 0.1  # blocks of 400 ms start every 100 ms
HOPS_PER_BLOCK = 4
RESPONSE_SECONDS = 0.1
ABSOLUTE_GATE_LUFS = -70.0
RELATIVE_GATE_LU = -10.0
OFFSET_LU = -0.691  # makes a full-scale 997 Hz sine on one channel -3.01 LUFS
# By channel: none of the LFE, 1.5 dB more of those beside and behind (BS.1770-4, table 3).
WEIGHTS = {"LFE": 0.0, "LFE2": 0.0, **dict.fromkeys(("SL", "SR", "BL", "BR", "BC"), 1.41)}

OVERSAMPLING = 4
_TAPS = np.arange(-48, 49)
_SINC = np.pad((np.sinc(_TAPS / OVERSAMPLING) * np.kaiser(len(_TAPS), 5)).astype(np.float32), (0, OVERSAMPLING - 1))
# Filters for a quarter, a half and three quarters of the way to the next sample. Twice as long as the standard's: with
# its 12 taps, white noise limited to -1.1 dBTP peaks at -0.4 by ffmpeg's meter.
PHASES = tuple(_SINC[phase::OVERSAMPLING] for phase in range(1, OVERSAMPLING))

MOST_RISE = 1.001 * max(float(np.abs(phase).sum()) for phase in PHASES)  # of a level between samples over all near it
CHUNK = 256  # samples; longer than a filter

LIMITER_SECONDS = 0.005
SETTLE_SAMPLES = 4096  # context on both sides of a block: longer than the resampler's and the limiter's reach


def decibels(gain: float) -> float:
    return 20 * float(np.log10(max(gain, 1e-10)))


def from_decibels(level_db: float) -> float:
    return float(10 ** (level_db / 20))


def k_weighting(sample_rate: int) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """(numerator, denominator) of the high shelf and of the high pass of BS.1770, for any rate."""
    k, q = np.tan(np.pi * 1681.974450955533 / sample_rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    shelf = np.array([high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k])
    poles = np.array([1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k])
    k, q = np.tan(np.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    low = np.array([1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k])
    return (shelf / poles[0], poles / poles[0]), (np.array([1.0, -2.0, 1.0]), low / low[0])


@lru_cache(maxsize=4)
def impulse_response(sample_rate: int) -> Floats:
    """K-weighting as an FIR filter (N,): SciPy's filters would take longer to import than a dub to measure.

    Its slowest pole falls by 100 dB in 50 ms, so 0.1 s hold all of it.
    """
    signal = np.zeros(round(RESPONSE_SECONDS * sample_rate))
    signal[0] = 1.0
    for numerator, denominator in k_weighting(sample_rate):
        (b0, b1, b2), (_, a1, a2) = numerator.tolist(), denominator.tolist()
        first = second = 0.0
        for at, value in enumerate(signal.tolist()):
            signal[at] = b0 * value + first
            first = b1 * value - a1 * signal[at] + second
            second = b2 * value - a2 * signal[at]
    return signal


class LoudnessMeter:
    """Integrated loudness of sound that comes in blocks; keeps one number per 100 ms."""

    def __init__(self, sample_rate: int, channels: int, layout: str = "") -> None:
        """`layout` names the channels; empty: the usual one for so many."""
        self._response = impulse_response(sample_rate)
        self._fft_samples = 1 << (2 * len(self._response)).bit_length()
        self._spectrum = np.fft.rfft(self._response, self._fft_samples)
        self._tail: Floats = np.zeros((channels, len(self._response) - 1))
        names = channel_names(layout or default_layout(channels))
        self._weights = np.array([WEIGHTS.get(name, 1.0) for name in names])
        self._hop_samples = round(HOP_SECONDS * sample_rate)
        self._rest: Floats = np.zeros(0)
        self._hops: list[Floats] = []

    def add(self, samples: Samples) -> None:
        """Takes the next (C, S)."""
        length, taps = samples.shape[1], len(self._response)
        size = self._fft_samples - taps + 1  # of a piece: many small transforms are three times as fast as one
        pieces = np.zeros((len(samples), -(-length // size), size))
        pieces.reshape(len(samples), -1)[:, :length] = samples
        parts: Floats = np.fft.irfft(np.fft.rfft(pieces, self._fft_samples) * self._spectrum, self._fft_samples)
        filtered: Floats = np.zeros((len(samples), pieces.shape[1] * size + taps - 1))
        for number in range(pieces.shape[1]):
            filtered[:, number * size : number * size + self._fft_samples] += parts[:, number]
        filtered = filtered[:, : length + taps - 1]
        filtered[:, : self._tail.shape[1]] += self._tail
        heard, self._tail = filtered[:, :length], filtered[:, length:]
        power = np.concatenate([self._rest, self._weights @ heard**2])
        whole = len(power) // self._hop_samples * self._hop_samples
        self._hops.append(power[:whole].reshape(-1, self._hop_samples).mean(1))
        self._rest = power[whole:]

    def integrated(self) -> float | None:
        """LUFS so far; None if there is not one block above the absolute gate."""
        hops = np.concatenate([np.zeros(0), *self._hops])
        if len(hops) < HOPS_PER_BLOCK:
            return None
        blocks = np.lib.stride_tricks.sliding_window_view(hops, HOPS_PER_BLOCK).mean(1)
        blocks = blocks[_lufs(blocks) > ABSOLUTE_GATE_LUFS]
        if not len(blocks):
            return None
        kept = blocks[_lufs(blocks) > _lufs(blocks.mean()) + RELATIVE_GATE_LU]
        return float(_lufs(kept.mean()))


def _lufs(power: Floats) -> Floats:
    level: Floats = OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-15))
    return level


def true_peaks(samples: Samples, floor: float = 0.0) -> Samples:
    """(C, S) -> (S,): the highest level around each sample, over the channels, at four times the rate.

    Levels up to `floor` may come out lower: where nothing can rise over it only the samples themselves are looked at,
    which is ten times as fast.
    """
    peaks: Samples = np.abs(samples).max(0)
    for part in _may_rise_over(floor, peaks):
        first, last = max(0, part.start - CHUNK), part.stop + CHUNK
        inner = slice(part.start - first, part.stop - first)
        for channel in samples[:, first:last]:
            for between in PHASES:
                np.maximum(peaks[part], np.abs(np.convolve(channel, between, "same"))[inner], out=peaks[part])
    return peaks


def _may_rise_over(level: float, peaks: Samples) -> Iterator[slice]:
    """The parts of a track with these sample peaks (S,) between whose samples the level may be over `level`."""
    chunks = -(-len(peaks) // CHUNK)
    highest = np.pad(peaks, (0, chunks * CHUNK - len(peaks))).reshape(chunks, CHUNK).max(1, initial=0.0)
    loud = np.pad(highest * MOST_RISE > level, 2) if level > 0 else np.pad(np.ones(chunks, bool), 2)
    near = loud[1:-1] | loud[:-2] | loud[2:]  # with the chunk before and after, which a filter may reach
    edges = np.flatnonzero(np.diff(np.pad(near[1:-1], 1).astype(np.int8)))
    for first, last in edges.reshape(-1, 2).tolist():
        yield slice(first * CHUNK, min(last * CHUNK, len(peaks)))


def limiter_gain(peaks: Samples, ceiling: float, sample_rate: int) -> Samples:
    """(S,) gains, smooth over 5 ms, that bring `peaks` under `ceiling`; exactly 1 where nothing near is above it.

    A moving mean of moving minima, so that the gain at a peak is low enough.
    """
    if peaks.max(initial=0.0) <= ceiling:
        return np.ones(len(peaks), np.float32)
    reach = int(LIMITER_SECONDS * sample_rate) | 1
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9).astype(np.float64))
    gain = moving_mean(moving_minimum(needed, 2 * reach + 1), reach)
    limited: Samples = np.minimum(1.0, gain).astype(np.float32)
    return limited
