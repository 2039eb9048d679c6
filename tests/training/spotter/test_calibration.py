"""Confidence: fitted on what a spotter took for hits, it says how often it is right."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from foleycli.evaluation.metrics import calibration_error
from foleycli.models.spot_perform.peak_picking import confidence_of
from foleycli.specs import SpotterSpec
from foleycli.training.spotter.calibration import Peaks, calibrate, peaks_of


def boastful(count: int = 20_000) -> Peaks:
    """A spotter whose logit is twice what it should be, and one too high."""
    rng = np.random.default_rng(0)
    logit = rng.normal(1.0, 1.5, count)
    true = rng.random(count) < 1 / (1 + np.exp(-0.5 * (logit - 1)))
    return Peaks(1 / (1 + np.exp(-logit)), true.astype(float))


def test_the_curve_that_made_the_peaks_is_found() -> None:
    slope, intercept = calibrate(boastful())
    assert slope == pytest.approx(0.5, abs=0.03)
    assert intercept == pytest.approx(-0.5, abs=0.05)


def test_a_calibrated_confidence_is_the_share_of_hits() -> None:
    peaks = boastful()
    assert calibration_error(peaks.onset, peaks.true) > 0.1
    line = calibrate(peaks)
    assert calibration_error([confidence_of(onset, line) for onset in peaks.onset], peaks.true) < 0.02


def test_confidence_rises_with_the_onset_and_is_the_onset_itself_uncalibrated() -> None:
    onsets = np.linspace(0.01, 0.99, 50)
    sure = [confidence_of(float(onset), (0.7, -0.4)) for onset in onsets]
    assert all(np.diff(sure) > 0)
    assert confidence_of(0.3, (1.0, 0.0)) == pytest.approx(0.3)
    assert 0 <= confidence_of(0.0, (0.7, -0.4)) < confidence_of(1.0, (0.7, -0.4)) <= 1


class TwoClips:
    """Events at frames 11.5 and 40 of the one, none in the other."""

    def __len__(self) -> int:
        return 2

    def read(self, clips: range) -> tuple[torch.Tensor, SimpleNamespace]:
        events = np.full((len(clips), 3), -1000.0)
        events[0, :2] = 11.5, 40.0
        return torch.zeros(len(clips), 64, 1), SimpleNamespace(event_frame=events)


class Seen:
    """Peaks at 10 and 13 beside one event, at 41 beside the other, at 50 beside none; a low one that is no cue."""

    spec = SpotterSpec()

    def __call__(self, grid: torch.Tensor) -> SimpleNamespace:
        onset = torch.full((len(grid), 64), 0.01)
        for frame, probability in {10: 0.9, 13: 0.8, 41: 0.7, 50: 0.6, 57: 0.1}.items():
            onset[:, frame] = probability
        return SimpleNamespace(onset_logit=onset.logit())


def test_a_peak_is_true_beside_an_event_and_an_event_makes_one_peak_true() -> None:
    peaks = peaks_of(cast(Any, Seen()), cast(Any, TwoClips()))
    found = [(round(float(onset), 3), bool(true)) for onset, true in zip(peaks.onset, peaks.true, strict=True)]
    assert found == [(0.9, True), (0.8, False), (0.7, True), (0.6, False), *((o, False) for o in (0.9, 0.8, 0.7, 0.6))]
