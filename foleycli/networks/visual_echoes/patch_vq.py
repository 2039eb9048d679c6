"""The built-in model's own tokenizer: what a place's code is depends on its patch alone, what it looks like on all.

x (B, C, H, W) -> patches, projected (B, E, h, w) -> nearest code (B, h, w)
codes (B, h, w) -> codebook (B, E, h, w) -> the patches' linear estimate               -> (B, C, H, W)
                                         -> [row offset, blocks, twice each axis] per width -> + (B, C, H, W)

The projection and the codebook are fitted at once (principal components, k-means); only the decoder is trained. So
codes are settled from the start, and the transformer need not wait for the decoder.
"""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor, nn

from foleycli.networks.codecs.layers import BinOffset, ChannelNorm, ResidualBlock
from foleycli.specs.visual_echoes import PatchVqSpec

ENOUGH = 80  # patches for each code


class PatchVq(nn.Module):
    """Codes (B, h, w) of x (B, C, H, W), and back."""

    projection: Tensor
    centre: Tensor
    codebook: Tensor
    spread: Tensor

    def __init__(self, spec: PatchVqSpec) -> None:
        super().__init__()
        self.spec = spec
        patch_values = spec.channels * spec.patch**2
        self.register_buffer("centre", torch.zeros(patch_values))
        self.register_buffer("projection", torch.zeros(patch_values, spec.code_width))
        self.register_buffer("codebook", torch.zeros(spec.codes, spec.code_width))
        self.register_buffer("spread", torch.ones(spec.code_width))  # of the codebook, which the decoder sees as 1
        first = spec.widths[0]
        self.decoder = nn.Sequential(nn.Conv2d(spec.code_width, first, 3, padding=1))
        rows = spec.rows // spec.patch
        for level, (width, blocks) in enumerate(zip(spec.widths, spec.blocks, strict=True)):
            self.decoder.append(BinOffset(width, rows << level))
            self.decoder.extend(ResidualBlock(width) for _ in range(blocks))
            after = spec.widths[level + 1] if level + 1 < len(spec.widths) else spec.last_width
            self.decoder.extend([ChannelNorm(width), nn.SiLU(), nn.Conv2d(width, 4 * after, 3, padding=1)])
            self.decoder.append(nn.PixelShuffle(2))
        last = nn.Conv2d(spec.last_width, spec.channels, 3, padding=1)
        for values in last.parameters():
            nn.init.zeros_(values)  # training begins at the linear estimate
        self.decoder.extend([nn.SiLU(), last])

    def patches(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> (B, h, w, C * patch * patch)."""
        cut: Tensor = rearrange(x, "b c (h p) (w q) -> b h w (c p q)", p=self.spec.patch, q=self.spec.patch)
        return cut

    def encode(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> codes (B, h, w)."""
        vectors = (self.patches(x) - self.centre) @ self.projection  # (B, h, w, E)
        return nearest(vectors, self.codebook)

    def lookup(self, codes: Tensor) -> Tensor:
        """codes (B, h, w) -> vectors of about unit variance (B, E, h, w)."""
        vectors: Tensor = rearrange(self.codebook[codes] / self.spread, "b h w e -> b e h w")
        return vectors

    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, h, w) -> x (B, C, H, W)."""
        patches = self.codebook[codes] @ self.projection.t() + self.centre  # (B, h, w, C p p)
        estimate: Tensor = rearrange(
            patches, "b h w (c p q) -> b c (h p) (w q)", p=self.spec.patch, q=self.spec.patch
        )  # (B, C, H, W)
        out: Tensor = estimate + self.decoder(self.lookup(codes))
        return out

    @torch.no_grad()
    def fit_codes(self, x: Tensor, generator: torch.Generator, rounds: int = 8) -> None:
        """Principal components of the patches of x (B, C, H, W), then k-means of them: seconds, and no gradient."""
        flat = self.patches(x).flatten(0, 2)
        flat = flat[torch.randperm(len(flat), generator=generator)[: ENOUGH * self.spec.codes]]
        self.centre.copy_(flat.mean(0))
        _, axes = torch.linalg.eigh(torch.cov((flat - self.centre).t()))  # variance ascending
        self.projection.copy_(axes.flip(1)[:, : self.spec.code_width])
        vectors = (flat - self.centre) @ self.projection
        self.codebook.copy_(k_means(vectors, self.spec.codes, generator, rounds=rounds))
        self.spread.copy_(self.codebook.std(0).clamp_min(1e-4))


def nearest(vectors: Tensor, codebook: Tensor) -> Tensor:
    """vectors (..., E), codebook (codes, E) -> the number of the nearest code (...)."""
    return (codebook.square().sum(1) - 2 * vectors @ codebook.t()).argmin(-1)


def k_means(vectors: Tensor, count: int, generator: torch.Generator, rounds: int) -> Tensor:
    """Lloyd's rule on vectors (N, E) -> centres (count, E); a centre that nobody is near starts anew elsewhere."""
    first = torch.randperm(len(vectors), generator=generator)[:count]
    first = torch.cat([first, torch.randint(len(vectors), (count - len(first),), generator=generator)])  # of few
    centres = vectors[first].clone()
    for _ in range(rounds):
        chosen = torch.cat([nearest(part, centres) for part in torch.split(vectors, 8192)])
        sums = torch.zeros_like(centres).index_add_(0, chosen, vectors)
        sizes = torch.bincount(chosen, minlength=count)
        used = sizes > 0
        centres[used] = sums[used] / sizes[used, None]
        if lost := int((~used).sum()):
            centres[~used] = vectors[torch.randint(len(vectors), (lost,), generator=generator)]
    return centres
