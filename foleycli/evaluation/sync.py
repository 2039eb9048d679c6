"""Scores of a curve (from the picture) or of a track against the true onsets of a clip.

Fixed-count scores take as many of the highest peaks as there are true onsets, so no threshold is in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleycli.evaluation.metrics import (
    EARLY_SECONDS,
    ENVELOPE_RATE,
    Array,
    best_lag,
    impulses,
    onset_envelope,
    onset_f1,
    shift_auc,
    top_peaks,
)

COMBINE_SECONDS = 0.03  # nearer onsets are counted as one


@dataclass(frozen=True)
class Truth:
    """The true soundtrack of a clip: its onset times (seconds) and its onset envelope at 200 values a second."""

    onset_seconds: npt.NDArray[np.float64]
    envelope: npt.NDArray[np.float64]
    seconds: float


@dataclass(frozen=True)
class SyncScore:
    """Agreement with the true soundtrack; chance is 0.5 for `auc` and whatever `random_curve` gets for the F1s."""

    f1_50ms: float
    f1_100ms: float
    auc: float
    lag_seconds: float  # positive: late


def truth_of_track(wav: Array, sample_rate: int, onset_seconds: Sequence[float] | Array) -> Truth:
    """What to score against, from the true soundtrack (S,) and its onset times."""
    envelope = onset_envelope(wav, sample_rate)
    return Truth(np.asarray(onset_seconds, float), envelope, len(wav) / sample_rate)


def truth_of_events(onset_seconds: Sequence[float] | Array, seconds: float) -> Truth:
    """What to score against where only the times are known, as of rendered scenes; near onsets are one."""
    times = combined(onset_seconds, COMBINE_SECONDS)
    return Truth(times, impulses(times, seconds, ENVELOPE_RATE), seconds)


def combined(onset_seconds: Sequence[float] | Array, within_seconds: float) -> npt.NDArray[np.float64]:
    """Sorted times, those that follow one another within so much made one at their mean (Bock et al., ISMIR 2012)."""
    times = np.sort(np.asarray(onset_seconds, float))
    groups = np.split(times, np.flatnonzero(np.diff(times) > within_seconds) + 1)
    return np.array([group.mean() for group in groups if len(group)])


def score_curve(curve: Array, rate: float, truth: Truth) -> SyncScore:
    """Scores a curve of `rate` values a second, such as an onset probability or a frame difference."""
    places = np.arange(round(truth.seconds * ENVELOPE_RATE)) / ENVELOPE_RATE * rate
    fine = np.interp(places, np.arange(len(curve)), np.asarray(curve, float))
    return _score(top_peaks(curve, len(truth.onset_seconds), rate), fine, truth)


def score_track(wav: Array, sample_rate: int, truth: Truth) -> SyncScore:
    """Scores a waveform (S,) by its own onset envelope."""
    envelope = onset_envelope(wav, sample_rate)
    peaks = top_peaks(envelope, len(truth.onset_seconds), ENVELOPE_RATE) + EARLY_SECONDS
    return _score(peaks, envelope, truth)


def _score(peaks: Array, envelope: Array, truth: Truth) -> SyncScore:
    return SyncScore(
        f1_50ms=onset_f1(peaks, truth.onset_seconds, 0.05),
        f1_100ms=onset_f1(peaks, truth.onset_seconds, 0.1),
        auc=shift_auc(envelope, truth.envelope, ENVELOPE_RATE),
        lag_seconds=best_lag(envelope, truth.envelope, ENVELOPE_RATE),
    )


def frame_difference(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """The baseline that needs no network: mean |difference| of grey frames (T, H, W), one value per frame."""
    pictures = np.asarray(grey, dtype=np.float64)
    change = np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2)) / 255
    return np.concatenate([np.zeros(1), change])


def random_curve(frames: int, seed: int) -> npt.NDArray[np.float64]:
    """The baseline that sees nothing: noise, one value per frame."""
    return np.random.default_rng(seed).random(frames)
