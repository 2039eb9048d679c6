"""Layers of the mel codec, on (B, W, F, L): width, bins, frames."""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn


class ChannelNorm(nn.Module):
    """Root-mean-square over the channels of each position: unlike GroupNorm, a hit does not change silence far away,
    and a long window is treated as a short one."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x * (x.square().mean(dim=1, keepdim=True) + 1e-4).rsqrt() * self.gain


class ResidualBlock(nn.Module):
    """x + conv(act(norm(conv(act(norm(x)))))), the second conv starting at zero."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1 = ChannelNorm(width)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.norm2 = ChannelNorm(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(nnf.silu(self.norm1(x)))
        out: Tensor = x + self.conv2(nnf.silu(self.norm2(y)))
        return out


class BinOffset(nn.Module):
    """A learned offset per channel and frequency bin: (B, W, F, L) -> same."""

    def __init__(self, width: int, bins: int) -> None:
        super().__init__()
        self.offset = nn.Parameter(torch.zeros(width, bins, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.offset
