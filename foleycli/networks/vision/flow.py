"""Motion of a grey video on a coarse grid: what of a picture carries over from rendered scenes to film.

Eight channels on 16 x 16 cells, all of them functions of one frame and the one before it:

    0 1   u, v of Lucas-Kanade at 32 x 32 pixels     (fine: hands, sticks)
    2 3   u, v of Lucas-Kanade at 16 x 16 pixels     (coarse: bodies, camera)
    4 5   log of the mean and of the largest |frame difference| in the cell
    6     log of the structure (mean squared gradient): is there anything that could be seen to move
    7     grey

Nothing is normalised over the clip, so the grids of two chunks may be laid end to end. Cells are about -2..2.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

GRID_CELLS = 16
GRID_CHANNELS = 8
FLOW_SCALE = 2.0  # u, v leave divided by this: 4 pixels of 64 is a fast motion between frames
NOISE_VARIANCE = 1e-4  # squared gradient under which a patch counts as flat: grain of about 1 %
ENERGY_FLOOR = 0.004  # frame difference of about one step of 8 bits
STRUCTURE_FLOOR = 1e-4


def motion_grid(grey: Tensor) -> Tensor:
    """Grey frames (B, T, 64, 64) in 0..1 -> motion grid (B, T, 8, 16, 16); the first frame counts as still."""
    batch, frames = grey.shape[:2]
    half = _halve(grey)
    quarter = _halve(half)
    fine_mean, difference = _pairs(half)
    coarse_mean, coarse_difference = _pairs(quarter)
    fine = lucas_kanade(fine_mean, difference)
    coarse = lucas_kanade(coarse_mean, coarse_difference)
    energy = difference.abs()
    down, across = _gradients(fine_mean)
    structure = _halve(down.square() + across.square())
    grid = torch.cat(
        [
            _halve(fine) * (2 / FLOW_SCALE),  # in pixels of 64 x 64, like the coarse ones
            coarse * (4 / FLOW_SCALE),
            (_halve(energy) / ENERGY_FLOOR).log1p() / 2 - 0.5,
            (F.max_pool2d(energy, 2) / ENERGY_FLOOR).log1p() / 2 - 0.5,
            (structure / STRUCTURE_FLOOR).log1p() / 3 - 1,
            coarse_mean * 2 - 1,
        ],
        dim=1,
    )
    return grid.clamp(-4, 4).reshape(batch, frames, GRID_CHANNELS, GRID_CELLS, GRID_CELLS)


def lucas_kanade(mean: Tensor, difference: Tensor) -> Tensor:
    """Flow (N, 2, H, W) in pixels (x, y) from the mean (N, 1, H, W) and the difference of two frames.

    Least squares over a 3 x 3 patch with Tikhonov damping (Lucas and Kanade, 1981), limited softly to +-2 pixels.
    """
    down, across = _gradients(mean)
    products = torch.cat([across * across, down * down, across * down, across * difference, down * difference], dim=1)
    xx, yy, xy, xt, yt = _box(products).unbind(1)
    xx, yy = xx + NOISE_VARIANCE, yy + NOISE_VARIANCE
    determinant = xx * yy - xy * xy
    flow = torch.stack([xy * yt - yy * xt, xy * xt - xx * yt], dim=1) / determinant[:, None]
    return 2 * torch.tanh(flow / 2)


def _pairs(frames: Tensor) -> tuple[Tensor, Tensor]:
    """Frames (B, T, H, W) -> mean and difference (B * T, 1, H, W) of each frame and the one before it."""
    before = torch.cat([frames[:, :1], frames[:, :-1]], dim=1)
    return ((before + frames) / 2).flatten(0, 1)[:, None], (frames - before).flatten(0, 1)[:, None]


def _halve(image: Tensor) -> Tensor:
    """Mean over 2 x 2 blocks (several times faster on a CPU than avg_pool2d on one channel)."""
    rows = image[..., 0::2, :] + image[..., 1::2, :]
    return (rows[..., 0::2] + rows[..., 1::2]) / 4


def _box(image: Tensor) -> Tensor:
    """Mean over 3 x 3 pixels, edges repeated."""
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    rows = padded[..., :-2, :] + padded[..., 1:-1, :] + padded[..., 2:, :]
    return (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 9


def _gradients(image: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences down and across, edges repeated."""
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    return down, across
