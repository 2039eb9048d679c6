"""Each metric where the answer is known."""

import numpy as np
import pytest

from foleycli.evaluation.metrics import (
    best_lag,
    bootstrap,
    impulses,
    match_onsets,
    onset_envelope,
    onset_f1,
    onsets,
    shift_auc,
    top_peaks,
)

TIMES = np.array([0.31, 0.78, 1.5, 1.72, 2.4, 3.05, 3.9, 4.61, 5.2, 6.33])


def strokes(sample_rate: int, times: np.ndarray = TIMES, seconds: float = 7.0, seed: int = 0) -> np.ndarray:
    """Decaying noise bursts of very different loudness on a quiet floor."""
    rng = np.random.default_rng(seed)
    wav = 1e-4 * rng.standard_normal(round(seconds * sample_rate))
    for time in times:
        start, count = round(time * sample_rate), round(0.3 * sample_rate)
        count = min(count, len(wav) - start)
        fall = np.exp(-np.arange(count) / sample_rate / 0.05)
        wav[start : start + count] += rng.uniform(0.1, 0.8) * fall * rng.standard_normal(count)
    return wav


@pytest.mark.parametrize("sample_rate", [16000, 32000, 44100])
def test_onsets_are_where_the_strokes_are(sample_rate: int) -> None:
    found = onsets(strokes(sample_rate), sample_rate)
    assert onset_f1(found, TIMES, 0.02) == 1.0
    assert np.median(np.abs(found - TIMES)) < 0.008


def test_onsets_of_tones_with_a_soft_start() -> None:
    seconds = np.arange(3 * 32000) / 32000
    wav = sum(
        0.3
        * np.sin(2 * np.pi * 600 * seconds)
        * np.clip((seconds - t) / 0.005, 0, 1)
        * np.exp(-np.maximum(seconds - t, 0) / 0.1)
        for t in (0.5, 1.25, 2.0)
    )
    assert onsets(wav, 32000) == pytest.approx([0.5, 1.25, 2.0], abs=0.02)


def test_silence_and_steady_sound_have_no_onsets() -> None:
    assert len(onsets(np.zeros(32000), 32000)) == 0
    assert len(onsets(1e-5 * np.random.default_rng(0).standard_normal(32000), 32000)) == 0
    assert not onset_envelope(np.zeros(100), 32000).any()


def test_loudness_does_not_matter_much() -> None:
    wav = strokes(16000)
    assert onset_f1(onsets(wav * 0.1, 16000), onsets(wav, 16000), 0.02) > 0.9


def test_stereo_is_heard_as_its_mean() -> None:
    wav = strokes(16000)
    assert np.allclose(onset_envelope(np.stack([wav, wav], axis=1), 16000), onset_envelope(wav, 16000))


def test_f1_counts_one_to_one() -> None:
    assert onset_f1([1.0, 2.0], [1.0, 2.0], 0.05) == 1.0
    assert onset_f1([1.0, 1.01, 1.02], [1.0], 0.05) == pytest.approx(2 / 4)
    assert onset_f1([0.95, 1.05], [1.0, 1.1], 0.05) == 1.0  # greedy by nearness would match only one
    assert onset_f1([], [], 0.05) == 1.0
    assert onset_f1([], [1.0], 0.05) == 0.0
    assert onset_f1([1.06], [1.0], 0.05) == 0.0
    match = match_onsets([1.0, 3.0], [1.0, 2.0, 4.0, 5.0], 0.1)
    assert (match.precision, match.recall) == (0.5, 0.25)


def test_top_peaks_are_the_highest() -> None:
    curve = impulses(TIMES, 7.0, 100) * np.linspace(1, 2, 700)
    assert top_peaks(curve, 3, 100) == pytest.approx(TIMES[-3:], abs=0.01)
    assert len(top_peaks(curve, 99, 100)) == len(TIMES)


def test_own_soundtrack_wins_and_another_is_chance() -> None:
    envelope = onset_envelope(strokes(16000), 16000)
    assert shift_auc(envelope, TIMES, 200, seconds=7.0) == 1.0
    assert shift_auc(envelope, envelope, 200) == 1.0
    rng = np.random.default_rng(3)
    others = [shift_auc(rng.random(1400), envelope, 200) for _ in range(60)]
    assert np.mean(others) == pytest.approx(0.5, abs=0.1)


def test_auc_of_a_shifted_track_is_low_and_of_nothing_is_half() -> None:
    envelope = onset_envelope(strokes(16000), 16000)
    assert shift_auc(np.roll(envelope, 150), envelope, 200) < 0.9
    assert shift_auc(np.zeros(1400), envelope, 200) == 0.5
    assert shift_auc(envelope[:50], envelope[:50], 200) == 0.5


@pytest.mark.parametrize("lag", [-0.12, 0.0, 0.2])
def test_lag_is_measured(lag: float) -> None:
    envelope = onset_envelope(strokes(16000), 16000)
    assert best_lag(np.roll(envelope, round(lag * 200)), envelope, 200) == pytest.approx(lag, abs=0.01)


def test_bootstrap_interval_holds_the_mean_and_shrinks() -> None:
    rng = np.random.default_rng(0)
    few, many = bootstrap(rng.normal(5, 1, 20)), bootstrap(rng.normal(5, 1, 2000))
    assert few.low < few.mean < few.high
    assert many.high - many.low < (few.high - few.low) / 4
    assert many.low < 5 < many.high
