"""Rendered scenes look like film: medians of their picture statistics lie within film's 10th to 90th percentile.

Film: 36 clips from the web at 25 pictures a second, squeezed to 64 x 64 pixels; figures in docs/training.md.
"""

from __future__ import annotations

import numpy as np
import pytest

from foleycli.scenes import sample
from foleycli.scenes.scene import Scene

SCENES = 48
FIRST_SEED = 61_000_000  # far from the seeds of training and evaluation
FILM = {  # 10th and 90th percentile over clips
    "difference in the quietest quarter of the cells, grey levels": (0.0, 0.6),
    "share of cells with a difference above 2": (0.036, 0.60),
    "95th percentile of motion energy over its median": (1.8, 5.4),
    "mean gradient, grey levels": (7.7, 17.4),
    "share of repeated pictures": (0.0, 0.42),
    "autocorrelation of motion energy": (-0.41, 0.75),
    "median motion energy, grey levels": (0.24, 6.6),
}


def statistics(grey: np.ndarray) -> tuple[float, ...]:
    """Of a clip uint8 (T,64,64): the values that FILM lists, in its order."""
    pictures = grey.astype(np.float32)
    change = np.abs(np.diff(pictures, axis=0))
    cells = change.reshape(len(change), 16, 4, 16, 4).mean((2, 4)).reshape(len(change), -1)
    energy = change.mean((1, 2))
    middle = max(float(np.median(energy)), 1e-3)
    down, across = np.gradient(pictures, axis=(1, 2))
    apart = energy - energy.mean()
    return (
        float(np.median(np.quantile(cells, 0.25, axis=1))),
        float((cells > 2).mean()),
        float(np.quantile(energy, 0.95)) / middle,
        float(np.hypot(down, across).mean()),
        float((energy < 0.02 * middle + 0.02).mean()),
        float((apart[1:] * apart[:-1]).sum() / max((apart**2).sum(), 1e-9)),
        float(np.median(energy)),
    )


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [sample(FIRST_SEED + number, grey=True) for number in range(SCENES)]


def test_picture_statistics_are_those_of_film(scenes: list[Scene]) -> None:
    found = np.median([statistics(scene.frames[..., 0]) for scene in scenes], axis=0)
    for (name, (low, high)), value in zip(FILM.items(), found, strict=True):
        assert low <= value <= high, f"{name}: {value:.2f}, film {low} to {high}"


def test_half_of_the_scenes_move_and_strike_nothing(scenes: list[Scene]) -> None:
    quiet = [scene for scene in scenes if not scene.events]
    moving = [scene for scene in quiet if np.abs(np.diff(scene.frames.astype(float), axis=0)).mean() > 0.05]
    assert 0.3 < len(quiet) / SCENES < 0.7
    assert len(moving) > 0.7 * len(quiet)


def test_hits_come_as_seldom_as_in_film(scenes: list[Scene]) -> None:
    hits = sum(len(scene.events) for scene in scenes)
    seconds = sum(len(scene.frames) / scene.frames_per_second for scene in scenes)
    assert 0.6 < hits / seconds < 2.0  # film: about 1.3 in clips with hits, none in others
