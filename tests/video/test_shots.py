"""Cuts: found where the picture is another one, not where it flashes, pans or shakes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foleycli.video.shots import find_cuts, picture_changes

Frames = npt.NDArray[np.uint8]


def shot(seed: int, frames: int, drift_pixels: int = 0) -> Frames:
    """A smooth random picture, moved sideways by `drift_pixels` a frame."""
    rng = np.random.default_rng(seed)
    wide = np.kron(rng.integers(0, 255, (8, 64)), np.ones((8, 8)))
    return np.stack([wide[:, k * drift_pixels : k * drift_pixels + 64] for k in range(frames)]).astype(np.uint8)


def test_a_new_shot_begins_where_it_is_cut() -> None:
    film = np.concatenate([shot(1, 20), shot(2, 30, drift_pixels=1), shot(3, 9)])
    assert find_cuts(film) == [20, 50]


def test_a_flash_a_pan_and_a_still_are_not_cuts() -> None:
    flash = shot(1, 40)
    flash[20:22] = 255
    assert find_cuts(flash) == []
    assert find_cuts(shot(4, 40, drift_pixels=4)) == []
    assert find_cuts(shot(5, 40)) == []


def test_short_clips_have_no_cut_to_find() -> None:
    assert find_cuts(shot(1, 1)) == []
    assert find_cuts(np.zeros((0, 64, 64), np.uint8)) == []


def test_changes_are_shares_of_full_scale() -> None:
    black_to_white = np.stack([np.zeros((4, 4)), np.full((4, 4), 255)]).astype(np.uint8)
    assert picture_changes(black_to_white).tolist() == [0.0, 1.0]
