"""Training of the two small tokenizers: a detail that they lose is lost for the transformer.

codes:     principal components and k-means of patches, seconds
decoders:  pictures L1 + half of the L1 of differences between neighbours (edges matter more than tints)
           latents  MSE at unit variance
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from foleycli.networks.visual_echoes.patch_vq import PatchVq
from foleycli.training.visual_echoes.corpus import Corpus

EDGE_WEIGHT = 0.5


def as_input(picture: Tensor) -> Tensor:
    """Pictures uint8 (B, H, W, 3) -> (B, 3, H, W) in -1..1."""
    x: Tensor = rearrange(picture, "b h w c -> b c h w").float() / 127.5 - 1.0
    return x


def as_picture(x: Tensor) -> Tensor:
    """(B, 3, H, W) in -1..1 -> uint8 (B, H, W, 3), cut to the range."""
    picture: Tensor = rearrange((x.clamp(-1, 1) + 1) * 127.5, "b c h w -> b h w c").round().to(torch.uint8)
    return picture


def picture_batches(corpus: Corpus, size: int, seed: int = 0) -> Callable[[int], Tensor]:
    """step -> pictures (B, 3, H, W) in -1..1, half of them mirrored: a function of (seed, step)."""

    def batch(step: int) -> Tensor:
        rng = np.random.default_rng([seed, step, 1])
        chosen = corpus.picture[rng.integers(len(corpus.picture), size=size)]
        mirrored = rng.random(size) < 0.5
        chosen[mirrored] = chosen[mirrored, :, ::-1]
        return as_input(torch.from_numpy(chosen))

    return batch


def latent_batches(corpus: Corpus, size: int, seed: int = 0) -> Callable[[int], Tensor]:
    """step -> latents (B, C, F, L), turned along time by whole columns: a function of (seed, step)."""

    def batch(step: int) -> Tensor:
        rng = np.random.default_rng([seed, step, 2])
        chosen = torch.from_numpy(corpus.latent[rng.integers(len(corpus.latent), size=size)]).float()
        return chosen.roll(int(rng.integers(chosen.shape[-1])), -1)

    return batch


def picture_loss(model: PatchVq, x: Tensor) -> dict[str, Tensor]:
    """The loss of the decoder on pictures (B, 3, H, W), and its two terms."""
    error = model.decode(model.encode(x)) - x
    level = error.abs().mean()
    edges = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
    return {"loss": level + EDGE_WEIGHT * edges, "l1": level, "edges": edges}


def latent_loss(model: PatchVq, x: Tensor) -> dict[str, Tensor]:
    """The loss of the decoder on latents (B, C, F, L), and its share of their power."""
    error = (model.decode(model.encode(x)) - x).square().mean()
    return {"loss": error, "relative": error / x.square().mean()}
