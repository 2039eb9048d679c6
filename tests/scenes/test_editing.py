"""Edits keep the pictures that they should, and change the others."""

from __future__ import annotations

import numpy as np
import pytest

from foleycli.scenes.editing import Join, barred, joined, random_join, stuttering, titled

T = np.arange(50) / 25


def plain(level: int) -> np.ndarray:
    return np.full((50, 32, 32, 1), level, np.uint8)


def test_a_cut_shows_one_shot_and_then_the_other() -> None:
    pictures = joined(plain(50), plain(200), Join(1.0, 0.0), T)
    assert (pictures[:25] == 50).all() and (pictures[25:] == 200).all()


def test_a_dissolve_goes_over_evenly() -> None:
    levels = joined(plain(0), plain(200), Join(1.0, 0.8), T).mean((1, 2, 3))
    assert levels[0] == 0 and levels[-1] == 200 and levels[25] == pytest.approx(100, abs=2)
    assert np.diff(levels).min() >= 0 and np.diff(levels).max() < 15


def test_joins_lie_inside_the_clip() -> None:
    joins = [random_join(np.random.default_rng(seed), 4.0) for seed in range(100)]
    assert all(0.3 < join.time < 3.7 for join in joins)
    assert 0.2 < np.mean([join.length > 0 for join in joins]) < 0.6


def test_titles_come_and_go_and_leave_most_of_the_picture() -> None:
    pictures = plain(100)
    titled(pictures, np.random.default_rng(3), T)
    written = (pictures != 100).any((1, 2, 3))
    assert written.sum() > 0 and (pictures == 100).mean() > 0.5


def test_bars_are_level_and_still() -> None:
    for seed in range(6):
        pictures = plain(100)
        barred(pictures, np.random.default_rng(seed))
        dark = pictures < 30
        assert 0.05 < dark.mean() < 0.5 and (dark == dark[:1]).all()


def test_a_stuttering_clip_repeats_pictures_and_catches_up() -> None:
    index = stuttering(np.arange(100), np.random.default_rng(1))
    assert (np.diff(index) >= 0).all() and (np.diff(index) == 0).any() and index[-1] >= 92
