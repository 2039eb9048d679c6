"""Nearest codes: a vector at each place becomes the number of the codebook's nearest row."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn


@dataclass(frozen=True)
class Quantized:
    """`vectors` (B, E, H, W) with the gradient passed straight through, `codes` (B, H, W), and the training `loss`."""

    vectors: Tensor
    codes: Tensor
    loss: Tensor


class Quantizer(nn.Module):
    """A codebook of `codes` vectors, looked up by squared distance (van den Oord et al. 2017)."""

    def __init__(self, codes: int, width: int, commitment: float = 0.25) -> None:
        super().__init__()
        self.commitment = commitment
        self.embedding = nn.Embedding(codes, width)
        nn.init.uniform_(self.embedding.weight, -1.0 / codes, 1.0 / codes)

    def distances(self, vectors: Tensor) -> Tensor:
        """vectors (..., E) -> squared distances to all codes (..., codes)."""
        table = self.embedding.weight
        return vectors.square().sum(-1, keepdim=True) + table.square().sum(1) - 2 * vectors @ table.t()

    def lookup(self, codes: Tensor) -> Tensor:
        """codes (B, H, W) -> vectors (B, E, H, W)."""
        vectors: Tensor = rearrange(self.embedding(codes), "b h w e -> b e h w")
        return vectors

    def forward(self, z: Tensor) -> Quantized:
        codes = self.distances(rearrange(z, "b e h w -> b h w e")).argmin(-1)
        vectors = self.lookup(codes)
        # The published order of the weights: the commitment counts whole, the codebook's own term `commitment` of it.
        loss = (vectors.detach() - z).square().mean() + self.commitment * (vectors - z.detach()).square().mean()
        return Quantized(z + (vectors - z).detach(), codes, loss)


def codebook_use(codes: Tensor, size: int) -> tuple[float, float]:
    """Share of a codebook's `size` codes that occur, and their perplexity: equally used codes that it amounts to."""
    counts = torch.bincount(codes.flatten(), minlength=size).double()
    share = counts / counts.sum()
    entropy = -(share * share.clamp_min(1e-12).log()).sum()
    return float((counts > 0).double().mean()), float(entropy.exp())
