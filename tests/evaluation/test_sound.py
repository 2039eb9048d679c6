"""Levels, clipping and seams of sounds that were made to have them."""

import numpy as np
import pytest

from foleycli.evaluation.sound import clipped_share, peak_db, rms_db, seam_rank

RATE = 32000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


def test_levels_of_a_sine() -> None:
    sine = 0.5 * np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE)
    assert rms_db(sine) == pytest.approx(-9.03, abs=0.01)
    assert peak_db(sine) == pytest.approx(-6.02, abs=0.01)
    assert rms_db(np.zeros(100)) == peak_db(np.zeros(100)) == rms_db(np.zeros(0)) == -120


def test_clipping_is_the_share_at_full_scale() -> None:
    assert clipped_share(np.array([0.5, 1.0, -1.0, 0.2])) == 0.5
    assert clipped_share(noise(0.1)) == 0.0


def test_a_splice_stands_out_and_steady_noise_does_not() -> None:
    tone = (0.1 * np.sin(np.arange(4 * RATE) * 0.3)).astype(np.float32)
    assert seam_rank(np.concatenate([noise(4), tone]), RATE, [4.0]) == pytest.approx([1.0])
    steady = [seam_rank(noise(8, seed), RATE, [4.0])[0] for seed in range(12)]
    assert 0.25 < np.mean(steady) < 0.75


def test_borders_at_the_ends_and_tracks_without_an_elsewhere() -> None:
    assert len(seam_rank(noise(3), RATE, [0.0, 3.0])) == 0
    assert seam_rank(noise(0.8), RATE, [0.4]) == pytest.approx([0.5])
    assert seam_rank(np.zeros(8 * RATE, np.float32), RATE, [4.0]) == pytest.approx([0.5])
