"""Draws the fine structure of a decoded mel: decoder features (B, W, M / 2, K / 2), mean mel, noise -> mel (B, M, K).

    decoder features --.
    mean mel, halved --+-> conv -> residual blocks -> shift of each bin ------------------(+)-> mel
    noise, halved -----'                           '-> gains x noise under learned filters --'

A decoder trained on absolute errors gives the median of the mels that a latent may stand for, which is smooth where a
real mel is rough. This network draws one of them; it learns by an energy distance (`training/codec/texture.py`).
All convolutions work at half resolution, where a position is a quarter of the price and a filter reaches twice as far.
"""

from __future__ import annotations

import torch
import torch.nn.functional as nnf
from einops import rearrange
from torch import Tensor, nn

from foleycli.networks.codecs.layers import BinOffset, ChannelNorm, ResidualBlock
from foleycli.specs import VaeSpec

NOISE_MAPS = 2  # white noises of the mel's size
COARSE = 8  # bins and frames: noise that neighbours share, so that they can move together
FEATURE_SCALE = 0.5  # the decoder's features deviate by about 3
FIRST_SPREAD = 0.03  # of each noise filter at the start, in units of the mel's deviation


class Texture(nn.Module):
    """A sample of the mels that a latent may stand for; the same noise gives the same mel."""

    def __init__(self, spec: VaeSpec, mels: int) -> None:
        super().__init__()
        width, self.filters = spec.texture_width, spec.texture_filters
        self.stem = nn.Conv2d(spec.widths[0] + 4 + 5 * NOISE_MAPS, width, 3, padding=1)
        self.offset = BinOffset(width, mels // 2)
        self.blocks = nn.Sequential(*(ResidualBlock(width) for _ in range(spec.texture_blocks)))
        self.norm = ChannelNorm(width)
        self.head = nn.Conv2d(width, 4 + 4 * self.filters, 3, padding=1)  # of 2 x 2 bins: shift, gains
        self.noise = nn.Conv2d(4 * NOISE_MAPS, 4 * self.filters, 5, padding=2, bias=False)
        nn.init.normal_(self.head.weight, std=0.01)  # begins as the mean mel under a little noise
        start = torch.zeros(4 + 4 * self.filters)
        start[4:] = FIRST_SPREAD
        self.head.bias = nn.Parameter(start)
        nn.init.normal_(self.noise.weight, std=0.15)

    def forward(self, features: Tensor, mean: Tensor, noise: Tensor) -> Tensor:
        """Features (B, W, M / 2, K / 2), mean (B, M, K), noise (B, 2, M, K) -> what is added to the mean (B, M, K)."""
        fine = nnf.pixel_unshuffle(noise, 2)  # (B, 8, M / 2, K / 2)
        coarse = nnf.avg_pool2d(noise, COARSE) * COARSE  # of deviation 1 again
        coarse = nnf.interpolate(coarse, scale_factor=COARSE / 2, mode="nearest")
        seen = [features * FEATURE_SCALE, nnf.pixel_unshuffle(mean[:, None], 2), fine, coarse]
        x = self.blocks(self.offset(self.stem(torch.cat(seen, dim=1))))
        y = self.head(nnf.silu(self.norm(x)))
        gains = rearrange(y[:, 4:], "b (bins n) f l -> b bins n f l", n=self.filters)
        filtered = rearrange(self.noise(fine), "b (bins n) f l -> b bins n f l", n=self.filters)
        drawn = (gains * filtered).sum(2)
        return nnf.pixel_shuffle(y[:, :4] + drawn, 2)[:, 0]
