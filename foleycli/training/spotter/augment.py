"""Other framings of cached clips: a part of the picture seen larger, two pictures side by side. On motion grids alone.

reframe        [ . x . ]  ->  [  X  ]      every event stays in the picture, motion grows with it
side_by_side   [ x ] [ o ] -> [ x|o ]      an event is found wherever it is, whatever else moves
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.training.spotter.truth import Truth

SMALLEST_PART = 0.6  # of the picture's width or height that is shown
EVENT_MARGIN = 0.08  # an event this near to the edge may lie outside already
FLOW_ACROSS, FLOW_DOWN = (0, 2), (1, 3)  # channels of the grid that are lengths


def reframe(grid: Tensor, truth: Truth, rng: np.random.Generator) -> tuple[Tensor, Truth]:
    """Grids (B, T, 8, H, W) and truth with a random part of each picture shown as the whole, its events inside."""
    count, frames, channels, height, width = grid.shape
    place = truth.event_place.copy()  # (B, E, 2) x, y in 0..1
    boxes = np.tile(np.array([[0.0, 1.0]], np.float32), (count, 2, 1))  # low, high of x and of y
    for row in range(count):
        events = place[row][truth.event_frame[row] > -1]
        for axis in range(2):
            boxes[row, axis] = _part(events[:, axis], rng)
    place = (place - boxes[:, None, :, 0]) / (boxes[:, None, :, 1] - boxes[:, None, :, 0])
    low, high = (torch.from_numpy(boxes[:, :, end]) for end in (0, 1))  # (B, 2) each
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = (high - low).unbind(1)
    theta[:, :, 2] = high + low - 1
    where = F.affine_grid(theta, [count, 1, height, width], align_corners=False)  # (B, H, W, 2)
    flat = grid.reshape(count, frames * channels, height, width)
    seen = F.grid_sample(flat, where, padding_mode="border", align_corners=False).reshape(grid.shape)
    for axis, flow in enumerate((FLOW_ACROSS, FLOW_DOWN)):
        seen[:, :, flow] /= (high - low)[:, axis, None, None, None, None]
    return seen.clamp(-4, 4), replace(truth, event_place=place)


def _part(events: npt.NDArray[np.float32], rng: np.random.Generator) -> tuple[float, float]:
    """A random part of 0..1 that holds all events and is not too small."""
    first, last = (0.5, 0.5) if not len(events) else (events.min() - EVENT_MARGIN, events.max() + EVENT_MARGIN)
    size = float(rng.uniform(max(SMALLEST_PART, min(1.0, last - first)), 1.0))
    low = float(rng.uniform(max(0.0, min(1.0, last) - size), min(1.0 - size, max(0.0, first)) + 1e-6))
    return low, low + size


def side_by_side(grid: Tensor, truth: Truth, pairs: int) -> tuple[Tensor, Truth]:
    """The first `pairs` clips squeezed into the left half of the picture, each beside the clip `pairs` after it.

    Hits of both are there; of two spans the louder.
    """
    if not pairs:
        return grid, truth
    halves = (grid[..., 0::2] + grid[..., 1::2]) / 2
    halves[:, :, FLOW_ACROSS] /= 2
    grid = grid.clone()
    grid[:pairs] = torch.cat([halves[:pairs], halves[pairs : 2 * pairs]], dim=-1)
    fields = {name: getattr(truth, name).copy() for name in ("event_frame", "event_strength", "event_class")}
    place = truth.event_place.copy()
    place[:pairs, :, 0] /= 2
    moved = truth.event_place[pairs : 2 * pairs] / np.array([2, 1], np.float32) + np.array([0.5, 0], np.float32)
    for row in range(pairs):
        mine, theirs = (np.flatnonzero(truth.event_frame[one] > -1) for one in (row, row + pairs))
        free = np.setdiff1d(np.arange(truth.event_frame.shape[1]), mine)[: len(theirs)]
        taken = theirs[: len(free)]
        for name, values in fields.items():
            values[row, free] = getattr(truth, name)[row + pairs, taken]
        place[row, free] = moved[row, taken]
    louder = truth.span_level[:pairs] >= truth.span_level[pairs : 2 * pairs]
    level, sound = truth.span_level.copy(), truth.span_class.copy()
    level[:pairs] = np.where(louder, level[:pairs], truth.span_level[pairs : 2 * pairs])
    sound[:pairs] = np.where(louder, sound[:pairs], truth.span_class[pairs : 2 * pairs])
    return grid, replace(truth, event_place=place, span_level=level, span_class=sound, **fields)
