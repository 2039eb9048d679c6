"""Other framings: a bright cell with an event on it goes where its event goes, and motion grows with the picture."""

import numpy as np
import torch

from foleycli.training.spotter.augment import reframe, side_by_side
from foleycli.training.spotter.spotter import NO_CLASS
from foleycli.training.spotter.truth import Truth

FRAMES, EVENTS = 4, 3


def clip(count: int, x: float, y: float) -> tuple[torch.Tensor, Truth]:
    """Grids that are 1 in the cell at (x, y), in every channel, with an event there at frame 2."""
    grid = torch.zeros(count, FRAMES, 8, 16, 16)
    grid[..., int(y * 16), int(x * 16)] = 1.0
    frame = np.full((count, EVENTS), -1000, np.float32)
    frame[:, 0] = 2
    place = np.zeros((count, EVENTS, 2), np.float32)
    place[:, 0] = x, y
    sound = np.full((count, EVENTS), NO_CLASS, np.int16)
    none = np.zeros((count, FRAMES), np.float32)
    return grid, Truth(frame, np.ones_like(frame), sound, place, none, none.astype(np.int16))


def test_events_stay_in_the_picture_and_on_their_cell() -> None:
    grid, truth = clip(32, 0.8, 0.3)
    seen, moved = reframe(grid, truth, np.random.default_rng(0))
    place = moved.event_place[:, 0]
    assert place.min() > 0 and place.max() < 1 and place.std(axis=0).min() > 0.02
    for row in range(32):
        down, across = divmod(int(seen[row, 2, 7].argmax()), 16)
        assert abs((across + 0.5) / 16 - place[row, 0]) < 0.1 and abs((down + 0.5) / 16 - place[row, 1]) < 0.1


def test_motion_grows_with_the_picture() -> None:
    grid, truth = clip(16, 0.5, 0.5)
    seen, _ = reframe(torch.ones_like(grid), truth, np.random.default_rng(1))
    flow, other = seen[:, 0, :4], seen[:, 0, 4:]
    assert torch.allclose(other, torch.ones_like(other)) and flow.min() >= 1 - 1e-5 and 1.1 < flow.max() <= 1 / 0.6


def test_two_clips_share_a_picture() -> None:
    grid, truth = clip(5, 0.75, 0.5)
    mixed, both = side_by_side(grid, truth, 2)
    assert torch.equal(mixed[2:], grid[2:]) and np.array_equal(both.event_place[2:], truth.event_place[2:])
    assert (both.event_frame[:2] > -1).sum(axis=1).tolist() == [2, 2]
    assert np.allclose(both.event_place[0, :2, 0], [0.375, 0.875])
    bright = mixed[0, 0, 7, 8].nonzero().flatten().tolist()
    assert bright == [6, 14]


def test_nothing_to_pair_changes_nothing() -> None:
    grid, truth = clip(2, 0.5, 0.5)
    assert side_by_side(grid, truth, 0) == (grid, truth)
