"""What a picture shows or a sound is, as a few codes beside the grid of how it looks or sounds in each place.

labels (B, N): of pictures what a network that knows pictures says, of sounds statistics of their latents
labels -> standardised -> scores (B, D) that tell training classes apart
scores -> one projection per word (B, G, E), each seeing all of it from its own side -> the nearest of its codes (B, G)

All is fitted at once, without a gradient: ridge regression on the classes, principal components of its scores at unit
variance, random projections, k-means. Words overlap in what they say, so a few of them tell the class.
"""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from foleycli.networks.visual_echoes.patch_vq import k_means, nearest
from foleycli.specs.visual_echoes import WordVqSpec

RIDGE = 300.0  # of standardised labels; 100 to 1000 differ by a point
ROUNDS = 12
FILTER = (5, 3)  # bins, frames


class LatentStatistics(nn.Module):
    """Latents (B, C, F, L) -> labels (B, 2 C F + 3 K): mean and spread of each bin, and of K random filters' outputs
    mean, largest and spread over all bins and frames. Nothing is trained."""

    filters: Tensor

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        size = (filters, channels, *FILTER)
        self.register_buffer("filters", torch.randn(size, generator=generator) / (channels * prod(FILTER)) ** 0.5)

    def forward(self, latents: Tensor) -> Tensor:
        found = nnf.conv2d(latents, self.filters, padding=(FILTER[0] // 2, FILTER[1] // 2)).relu()
        bins = [latents.mean(-1).flatten(1), latents.std(-1).flatten(1)]
        return torch.cat([*bins, found.mean((2, 3)), found.amax((2, 3)), found.std((2, 3))], 1)


class WordVq(nn.Module):
    """Codes (B, G) of labels (B, N), and the same codes as ids that differ from word to word."""

    centre: Tensor
    scores: Tensor
    sides: Tensor
    codebook: Tensor

    def __init__(self, spec: WordVqSpec) -> None:
        super().__init__()
        self.spec = spec
        self.register_buffer("centre", torch.zeros(spec.labels))
        self.register_buffer("scores", torch.zeros(spec.labels, spec.score_width))
        self.register_buffer("sides", torch.zeros(spec.words, spec.score_width, spec.code_width))
        self.register_buffer("codebook", torch.zeros(spec.words, spec.codes, spec.code_width))

    def encode(self, labels: Tensor) -> Tensor:
        """Labels (B, N) -> codes (B, G)."""
        vectors = torch.einsum("bd,gde->gbe", (labels - self.centre) @ self.scores, self.sides)
        return torch.stack([nearest(one, book) for one, book in zip(vectors, self.codebook, strict=True)], 1)

    def ids(self, labels: Tensor, first: int) -> Tensor:
        """Labels (B, N) -> ids (B, G) from `first` on, each word with its own."""
        return self.encode(labels) + first + self.spec.codes * torch.arange(self.spec.words, device=labels.device)

    @torch.no_grad()
    def fit(self, labels: Tensor, classes: Tensor, generator: torch.Generator) -> None:
        """Learns from labels (B, N) of pictures whose class (B,) is known."""
        spread = labels.std(0) + 1e-6
        self.centre.copy_(labels.mean(0))
        inputs = ((labels - self.centre) / spread).double()
        wanted = nnf.one_hot(classes).double()
        normal = inputs.t() @ inputs + RIDGE * torch.eye(inputs.shape[1], dtype=torch.float64)
        weights = torch.linalg.solve(normal, inputs.t() @ (wanted - wanted.mean(0)))  # (N, classes)
        variances, axes = torch.linalg.eigh(torch.cov((inputs @ weights).t()).reshape(weights.shape[1], -1))
        kept = min(self.spec.score_width, weights.shape[1])
        chosen = axes.flip(1)[:, :kept] / (variances.flip(0)[:kept].clamp_min(1e-12).sqrt())
        self.scores[:, :kept] = (weights @ chosen / spread[:, None]).float()
        found = (labels - self.centre) @ self.scores
        self.sides.copy_(torch.randn(self.sides.shape, generator=generator))
        for word, side in enumerate(self.sides):
            self.codebook[word] = k_means(found @ side, self.spec.codes, generator, rounds=ROUNDS)


class SoundWords(nn.Module):
    """The statistics of a sound's latents and the words for them; latents (B, C, F, L) -> ids (B, G)."""

    def __init__(self, spec: WordVqSpec, channels: int, rows: int) -> None:
        super().__init__()
        self.statistics = LatentStatistics(channels, filters=(spec.labels - 2 * channels * rows) // 3)
        self.words = WordVq(spec)

    def forward(self, latents: Tensor, first: int) -> Tensor:
        return self.words.ids(self.statistics(latents), first)
