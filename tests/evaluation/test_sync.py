"""Scores of curves and tracks against a soundtrack: perfect for the truth, chance for noise, low for a shift."""

import numpy as np
import pytest

from foleycli.evaluation.metrics import impulses, smooth
from foleycli.evaluation.sync import (
    combined,
    frame_difference,
    random_curve,
    score_curve,
    score_track,
    truth_of_events,
    truth_of_track,
)
from tests.evaluation.test_metrics import TIMES, strokes


def test_true_track_scores_perfectly() -> None:
    wav = strokes(16000)
    score = score_track(wav, 16000, truth_of_track(wav, 16000, TIMES))
    assert (score.f1_50ms, score.f1_100ms, score.auc) == (1.0, 1.0, 1.0)
    assert score.lag_seconds == pytest.approx(0.0, abs=0.003)


def test_other_sounds_at_the_same_times_score_perfectly_too() -> None:
    truth = truth_of_track(strokes(16000), 16000, TIMES)
    score = score_track(strokes(32000, seed=5), 32000, truth)
    assert score.f1_50ms == 1.0 and score.auc == 1.0


def test_curve_at_video_rate_with_true_events() -> None:
    curve = smooth(impulses(TIMES, 7.0, 25), 1.0)
    score = score_curve(curve, 25, truth_of_track(strokes(16000), 16000, TIMES))
    assert score.f1_100ms == 1.0 and score.auc > 0.98
    late = score_curve(np.roll(curve, 3), 25, truth_of_events(TIMES, 7.0))
    assert late.f1_50ms < 0.3 and late.lag_seconds == pytest.approx(0.12, abs=0.03)


def test_what_sounds_at_once_is_one_onset() -> None:
    assert combined([2.0, 1.0, 1.02, 1.04, 1.2], 0.03) == pytest.approx([1.02, 1.2, 2.0])
    assert len(combined([], 0.03)) == 0
    both_hands = np.sort(np.concatenate([TIMES, np.asarray(TIMES) + 0.01]))
    assert score_track(strokes(16000), 16000, truth_of_events(both_hands, 7.0)).f1_50ms == 1.0


def test_noise_scores_at_chance() -> None:
    truth = truth_of_track(strokes(16000), 16000, TIMES)
    scores = [score_curve(random_curve(175, seed), 25, truth) for seed in range(40)]
    assert np.mean([score.auc for score in scores]) == pytest.approx(0.5, abs=0.12)
    assert np.mean([score.f1_100ms for score in scores]) < 0.5


def test_frame_difference_is_the_change() -> None:
    frames = np.zeros((5, 8, 8), dtype=np.uint8)
    frames[3:] = 255
    assert frame_difference(frames).tolist() == [0, 0, 0, 1, 0]
