"""The spotter: sees hits in a motion grid. An event anywhere in the picture must fire, so each cell decides alone.

grid (B, T, 8, 16, 16) -> three convolutions -> 4 x 4 cells -> each cell through time -> a logit per cell
                                                                                      -> log-sum-exp: onset
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from foleycli.networks.vision.curves import Spotting
from foleycli.networks.vision.flow import ENERGY_FLOOR, motion_grid
from foleycli.specs import SpotterSpec

CELLS = 4
ONSET_PRIOR = 0.05  # of the frames carry an onset: the bias that a new net starts from


@dataclass(frozen=True)
class SpotterOutput:
    """What the spotter sees per frame; logits, except `strength` in 0..1."""

    onset_logit: Tensor  # (B, T)
    cell_logit: Tensor  # (B, T, 4, 4)
    strength: Tensor  # (B, T)
    class_logit: Tensor  # (B, T, classes): of the hit or the span at that frame
    span_logit: Tensor  # (B, T): does something sound without being struck


class TemporalBlock(nn.Module):
    """Residual dilated convolution through time, the same for every cell, told what the other cells see on average."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.through_time = nn.Conv2d(width, width, (3, 1), padding=(dilation, 0), dilation=(dilation, 1))
        self.all_cells = nn.Conv2d(width, width, 1)
        nn.init.zeros_(self.all_cells.weight)  # cells start independent

    def forward(self, cells: Tensor) -> Tensor:
        elsewhere = self.all_cells(cells.mean(dim=3, keepdim=True))  # camera motion moves every cell
        mixed: Tensor = cells + F.silu(self.through_time(cells) + elsewhere)
        return mixed


class Spotter(nn.Module):
    """Motion grid (B, T, 8, 16, 16) of any length T -> `SpotterOutput`."""

    def __init__(self, spec: SpotterSpec) -> None:
        super().__init__()
        self.spec = spec
        width = spec.width
        self.stem = nn.Conv2d(spec.grid_channels, spec.stem_width, 3, stride=2, padding=1)
        self.narrow = nn.Conv2d(spec.stem_width, width, 3, stride=2, padding=1)
        self.widen = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(TemporalBlock(width, dilation) for dilation in spec.dilations)
        self.cell_head = nn.Conv2d(width, 2, 1)  # onset logit, strength logit
        self.clip_head = nn.Linear(2 * width, 1 + len(spec.classes))
        self._start_from_priors()
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # twice as fast on a CPU

    def _start_from_priors(self) -> None:
        nn.init.normal_(self.cell_head.weight, std=0.02)  # so that the first steps learn the prior, not noise
        assert self.cell_head.bias is not None
        odds = ONSET_PRIOR / (1 - ONSET_PRIOR)
        self.cell_head.bias.data[0] = math.log(odds / CELLS**2)  # log-sum-exp of all cells starts at the prior
        self.cell_head.bias.data[1] = 0.0

    def forward(self, grid: Tensor) -> SpotterOutput:
        batch, frames = grid.shape[:2]
        x = self._cells(grid)
        onset, strength = self.cell_head(x).float().unbind(dim=1)  # (B, T, 16) each
        weight = onset.softmax(dim=2)  # where it happens, if it happens
        clip = self.clip_head(_pooled(x, weight))
        return SpotterOutput(
            onset_logit=onset.logsumexp(dim=2),
            cell_logit=onset.reshape(batch, frames, CELLS, CELLS),
            strength=(strength * weight).sum(dim=2).sigmoid(),
            class_logit=clip[..., 1:].float(),
            span_logit=clip[..., 0].float(),
        )

    def frame_features(self, grid: Tensor) -> Tensor:
        """Motion grid (B, T, 8, 16, 16) -> (B, T, 2 W): the cell where a hit is likeliest, and the mean of all."""
        x = self._cells(grid)
        return _pooled(x, self.cell_head(x)[:, 0].float().softmax(dim=2))

    def _cells(self, grid: Tensor) -> Tensor:
        """What each cell of the 4 x 4 shows in time, (B, W, T, 16)."""
        batch = len(grid)
        x = rearrange(grid, "b t c h w -> (b t) c h w").contiguous(memory_format=torch.channels_last)
        x = F.silu(self.stem(x))  # (B T, stem, 8, 8)
        x = F.silu(self.narrow(x))  # (B T, W, 4, 4)
        x = x + F.silu(self.widen(x))
        x = self.norm(rearrange(x, "(b t) c h w -> b t (h w) c", b=batch))
        x = rearrange(x, "b t n c -> b c t n")  # a view: already channels_last
        for block in self.blocks:
            x = block(x)
        cells: Tensor = x
        return cells

    @torch.inference_mode()
    def spot_curves(self, grey: npt.NDArray[np.uint8]) -> Spotting:
        """Grey frames (T, 64, 64) at the spec's rate -> curves of T frames (joinable: nothing is scaled by clip)."""
        device = self.stem.weight.device
        pictures = torch.from_numpy(np.ascontiguousarray(grey)).to(device).float()[None] / 255
        grid = motion_grid(pictures)
        seen = self(grid)
        energy = ENERGY_FLOOR * (2 * grid[0, :, 4] + 1).expm1().flatten(1)  # mean |difference| of each cell, 0..1
        return Spotting(
            onset=_array(seen.onset_logit[0].sigmoid()),
            strength=_array(seen.strength[0]),
            classes=_array(seen.class_logit[0].softmax(dim=1)),
            span=_array(seen.span_logit[0].sigmoid()),
            activity=_array(energy.mean(dim=1)),
            busiest=_array(energy.amax(dim=1)),
        )


def _pooled(cells: Tensor, weight: Tensor) -> Tensor:
    """Cells (B, W, T, N) under weights (B, T, N), then their mean: (B, T, 2 W)."""
    there = torch.einsum("bctn,btn->btc", cells.float(), weight)
    return torch.cat([there, cells.mean(dim=3).transpose(1, 2)], dim=2)


def _array(curve: Tensor) -> npt.NDArray[np.float32]:
    return curve.float().cpu().numpy()
