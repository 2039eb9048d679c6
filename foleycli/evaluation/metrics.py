"""Synchrony: onsets of a soundtrack, their agreement with the true ones, and the level of chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleycli.models.spot_perform.peak_picking import find_peaks, refine_peak

Array = npt.NDArray[np.floating]

ENVELOPE_RATE = 200  # values of the onset envelope per second: 5 ms
WINDOW_SECONDS = 0.02
BANDS = 40
LOW_HZ, HIGH_HZ = 60.0, 14000.0
LOG_GAIN = 300.0  # magnitude (full scale 1) -> log1p(gain * magnitude): quiet hits count, hiss does not
PEAK_DISTANCE_SECONDS = 0.05
FLOOR_SECONDS = 0.4  # a peak must stand over the median of what is this near
PEAK_SHARE = 0.25  # and over this share of the clip's five tallest peaks
EARLY_SECONDS = 0.007  # the window meets a sound this long before the sound is at its centre (measured: the test)
SILENT_RISE = 0.02  # mean rise of log1p(gain * magnitude) that is no more than the noise of a quantised silence
MIN_SHIFT_SECONDS = 0.3  # a soundtrack shifted by less is still nearly in time
SMOOTH_SECONDS = 0.04  # envelopes are compared at the precision of a video frame
CONFIDENCE_BINS = 10


@dataclass(frozen=True)
class Match:
    """Predicted against true times, matched one to one."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Interval:
    """A mean and the ends of its bootstrap confidence interval."""

    mean: float
    low: float
    high: float


def onset_envelope(wav: Array, sample_rate: int) -> npt.NDArray[np.float64]:
    """Spectral flux of a waveform (S,) or (S, channels), 200 values a second: how much louder each band has become.

    Value i is centred on i / 200 s (spectral flux: Bello et al., 2005).
    """
    mono = np.asarray(wav, dtype=np.float64)
    mono = mono.mean(axis=1) if mono.ndim == 2 else mono
    size = max(64, int(2 ** np.ceil(np.log2(WINDOW_SECONDS * sample_rate))))
    count = int(len(mono) / sample_rate * ENVELOPE_RATE) + 1
    starts = np.round(np.arange(count) * sample_rate / ENVELOPE_RATE).astype(int)
    padded = np.pad(mono, size)
    window = np.hanning(size)
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[starts + size // 2]  # centred: padded by `size`
    magnitude = np.abs(np.fft.rfft(frames * window, axis=1)) * (2 / window.sum())
    bands = np.log1p(LOG_GAIN * np.sqrt(magnitude**2 @ _bands(size, sample_rate)))
    rise = np.maximum(bands[2:] - bands[:-2], 0).mean(axis=1)  # over 10 ms, centred on the value between
    return np.pad(rise, 1)


def _bands(size: int, sample_rate: int) -> npt.NDArray[np.float64]:
    """Triangles on a logarithmic frequency axis (bins, bands), each summing to 1 where it has any bin."""
    bins = np.fft.rfftfreq(size, 1 / sample_rate)
    high = min(HIGH_HZ, 0.47 * sample_rate)
    edges = np.geomspace(LOW_HZ, high, BANDS + 2)
    up = (bins[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    down = (edges[2:] - bins[:, None]) / (edges[2:] - edges[1:-1])
    weights = np.maximum(np.minimum(up, down), 0)
    return np.asarray(weights / np.maximum(weights.sum(axis=0), 1e-9))


def onsets(wav: Array, sample_rate: int) -> npt.NDArray[np.float64]:
    """Times in seconds at which a waveform (S,) gets suddenly louder, good to about 10 ms; none for silence."""
    envelope = onset_envelope(wav, sample_rate)
    reach = int(FLOOR_SECONDS * ENVELOPE_RATE)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(envelope, reach, mode="edge"), 2 * reach + 1)
    over = envelope - np.median(around, axis=1)
    peaks = find_peaks(over, PEAK_DISTANCE_SECONDS * ENVELOPE_RATE)
    heights = np.array([over[peak] for peak in peaks])
    bar = max(SILENT_RISE, PEAK_SHARE * float(np.sort(heights)[-5:].mean())) if len(heights) else SILENT_RISE
    found = [refine_peak(over, peak) / ENVELOPE_RATE for peak in peaks if over[peak] > bar]
    return np.array(found) + EARLY_SECONDS


def match_onsets(
    pred_seconds: Sequence[float] | Array, true_seconds: Sequence[float] | Array, tolerance_seconds: float
) -> Match:
    """Largest one-to-one matching within the tolerance; two empty lists agree perfectly."""
    pred, true = np.sort(np.asarray(pred_seconds, float)), np.sort(np.asarray(true_seconds, float))
    if not len(pred) or not len(true):
        same = float(len(pred) == len(true))
        return Match(same, same, same)
    hits = first = 0
    for time in true:  # both sorted, equal tolerances: taking the earliest that fits is optimal
        while first < len(pred) and pred[first] < time - tolerance_seconds - 1e-9:
            first += 1
        if first < len(pred) and pred[first] <= time + tolerance_seconds + 1e-9:
            hits, first = hits + 1, first + 1
    return Match(hits / len(pred), hits / len(true), 2 * hits / (len(pred) + len(true)))


def onset_f1(
    pred_seconds: Sequence[float] | Array, true_seconds: Sequence[float] | Array, tolerance_seconds: float
) -> float:
    """F1 of predicted against true times (seconds), matched one to one within the tolerance."""
    return match_onsets(pred_seconds, true_seconds, tolerance_seconds).f1


def top_peaks(envelope: Array, count: int, rate: float, min_distance_seconds: float = 0.1) -> npt.NDArray[np.float64]:
    """Times (seconds) of the `count` highest peaks of a curve with `rate` values a second."""
    peaks = np.array(find_peaks(envelope, min_distance_seconds * rate), dtype=int)
    best = peaks[np.argsort(-np.asarray(envelope)[peaks], kind="stable")][:count]
    return np.sort(np.array([refine_peak(envelope, peak) / rate for peak in best]))


def shift_auc(envelope: Array, true: Array, rate: float, *, seconds: float | None = None) -> float:
    """Chance that a curve agrees more with its own soundtrack than with that soundtrack shifted round the clip.

    `true` is another curve of the same length, or (with `seconds` given) the true onset times. 0.5 is chance;
    shifts under 0.3 s are left out; agreement is the correlation after smoothing by 40 ms.
    """
    target = np.asarray(true, float) if seconds is None else impulses(np.asarray(true, float), seconds, rate)
    count = min(len(envelope), len(target))
    own = _standard(smooth(np.asarray(envelope, float)[:count], SMOOTH_SECONDS * rate))
    other = _standard(smooth(target[:count], SMOOTH_SECONDS * rate))
    edge = max(1, round(MIN_SHIFT_SECONDS * rate))
    if count <= 2 * edge or not own.any() or not other.any():
        return 0.5
    correlations = np.fft.irfft(np.fft.rfft(own) * np.fft.rfft(other).conj(), count)  # by how far `true` is shifted
    shifted = correlations[edge : count - edge + 1]
    return float(np.mean(shifted < correlations[0] - 1e-12) + 0.5 * np.mean(np.abs(shifted - correlations[0]) <= 1e-12))


def best_lag(envelope: Array, true: Array, rate: float, reach_seconds: float = 0.3) -> float:
    """Seconds by which a curve comes late (positive) against another, where the two agree best."""
    count, reach = min(len(envelope), len(true)), round(reach_seconds * rate)
    own, other = (
        _standard(smooth(np.asarray(curve, float)[:count], SMOOTH_SECONDS * rate)) for curve in (envelope, true)
    )
    lags = np.arange(-reach, reach + 1)
    padded = np.pad(own, reach)
    scores = np.array([padded[reach + lag : reach + lag + count] @ other for lag in lags])
    return float((refine_peak(scores, int(scores.argmax())) - reach) / rate)


def impulses(times: Array, seconds: float, rate: float) -> npt.NDArray[np.float64]:
    """Onset times -> a curve of ones at them, `seconds * rate` values long."""
    curve = np.zeros(max(1, round(seconds * rate)))
    places = np.round(np.asarray(times) * rate).astype(int)
    curve[places[(places >= 0) & (places < len(curve))]] = 1
    return curve


def smooth(curve: Array, sigma: float) -> npt.NDArray[np.float64]:
    """Gaussian blur of a curve by `sigma` values."""
    reach = max(1, round(4 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(np.pad(curve, reach), kernel / kernel.sum(), mode="valid")


def bootstrap(values: Sequence[float] | Array, seed: int = 0, draws: int = 2000, level: float = 0.95) -> Interval:
    """Mean of one value per clip, with the interval that resampling the clips gives it."""
    found = np.asarray(values, float)
    means = np.random.default_rng(seed).choice(found, (draws, len(found))).mean(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(found.mean()), float(low), float(high))


def _standard(curve: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean 0; length 1, or all zero if it does not vary."""
    centred = curve - curve.mean()
    norm = float(np.linalg.norm(centred))
    return centred / norm if norm > 1e-9 else np.zeros_like(centred)


def calibration_error(confidence: Sequence[float] | Array, true: Sequence[float] | Array) -> float:
    """Mean distance of confidence and the share that is true, over ten equal bins weighted by their size (ECE)."""
    sure, right = np.asarray(confidence, float), np.asarray(true, float)
    places = np.minimum((sure * CONFIDENCE_BINS).astype(int), CONFIDENCE_BINS - 1)
    bins = [places == place for place in range(CONFIDENCE_BINS)]
    return float(sum(here.mean() * abs(sure[here].mean() - right[here].mean()) for here in bins if here.any()))
