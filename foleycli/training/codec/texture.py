"""The recipe of the texture network: two mels drawn from each latent, near the true one and apart from each other.

A loss that asks for the true mel alone makes every noise smooth. The energy distance E|x - y| - E|x - x'| / 2 of
samples x, x' and truth y is least where x is distributed as y (Szekely and Rizzo 2013). Here it is taken of single
bins, of their differences along time and frequency, and of small random waves laid over the mel, new ones in each step:
how strong each wave is says how neighbours go together. One convolution measures many of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as nnf
from torch import Tensor

from foleycli.networks.codecs.vae import MelVae
from foleycli.training.codec.codec import VaeRecipe
from foleycli.training.data.mixes import Mixer
from foleycli.training.distributed import rows_of

PATCHES = ((3, 3, 6), (5, 5, 8), (9, 9, 8), (1, 9, 3), (9, 1, 3))  # bins, frames, waves of each
WAVE_WEIGHT = 0.5
BIN_WEIGHT, DIFFERENCE_WEIGHT = 6.0, 3.0


def directions(seed: int, device: torch.device | str = "cpu") -> list[tuple[Tensor, float]]:
    """Filters (n, 1, bins, frames) of length 1 and the weight of all n: fixed ones, and random waves of this seed."""
    generator = torch.Generator().manual_seed(seed)
    step = torch.tensor([1.0, -1.0]) / 2**0.5
    found = [
        (torch.ones(1, 1, 1, 1), BIN_WEIGHT),
        (step.view(1, 1, 2, 1), DIFFERENCE_WEIGHT),
        (step.view(1, 1, 1, 2), DIFFERENCE_WEIGHT),
    ]
    for bins, frames, count in PATCHES:
        rates, phases = torch.rand(2, 3, count, 1, 1, generator=generator)
        waves = torch.cos(torch.pi * (_along(bins, rates[0]).mT + _along(frames, rates[1]) + 2 * phases[0]))
        waves = waves * torch.hann_window(bins + 2)[1:-1, None] * torch.hann_window(frames + 2)[1:-1]
        found.append((waves[:, None] / waves.flatten(1).norm(dim=1).view(-1, 1, 1, 1), WAVE_WEIGHT * count))
    return [(one.to(device), weight) for one, weight in found]


def _along(size: int, rate: Tensor) -> Tensor:
    """Phases (n, 1, size) of waves with these rates (n, 1, 1): 0 is constant, 1 changes sign from place to place."""
    return rate * torch.arange(size)


def energy_distance(first: Tensor, second: Tensor, true: Tensor, along: Sequence[tuple[Tensor, float]]) -> Tensor:
    """Energy distance of two samples (B, M, K) of each row to the true ones, mean over directions and places.

    A constant is missing, E|y - y'| / 2: the least value is not 0 but half the spread of the truth.
    """
    stacked = torch.cat([first, second, true])[:, None]  # (3 B, 1, M, K)
    total, weights = first.new_zeros(()), 0.0
    for filters, weight in along:
        one, other, truth = nnf.conv2d(stacked, filters).chunk(3)
        near = ((one - truth).abs().mean() + (other - truth).abs().mean()) / 2
        total = total + weight * (near - (one - other).abs().mean() / 2)
        weights += weight
    return total / weights


@dataclass(frozen=True)
class TextureRecipe:
    """Crops of random mixes through the frozen codec; only the texture network learns."""

    batch_size: int = 8
    frames: int = 64
    most_noise: float = 0.25  # deviations, added to some latents: those of a performer are not as clean as an encoder's

    def batch_at(self, mixer: Mixer, seed: int = 2) -> Callable[[int], tuple[Tensor, int]]:
        """step -> mel (B, M, K) and the seed of its noise."""
        return VaeRecipe(batch_size=self.batch_size, frames=self.frames).batch_at(mixer, seed)

    def loss(self, model: MelVae, batch: tuple[Tensor, int]) -> dict[str, Tensor]:
        """The energy distance of two samples of each mel of a batch of `batch_at`."""
        mel, seed = batch
        generator = torch.Generator(mel.device).manual_seed(seed)
        true = (mel - model.spec.mel_mean) / model.spec.mel_std
        with torch.no_grad():
            latent = model.encode(mel)

            def two(n: int) -> Tensor:
                return torch.rand(2, n, 1, 1, 1, device=mel.device, generator=generator).transpose(0, 1)

            def noisy(n: int) -> Tensor:
                return torch.randn(n, *latent.shape[1:], device=mel.device, generator=generator)

            share = rows_of(len(mel), two).transpose(0, 1)
            level = self.most_noise * share[0] * (share[1] < 0.4)
            latent = latent + level * rows_of(len(mel), noisy)

        def twice(n: int) -> Tensor:
            shape = (2, n, model.noise_maps, *mel.shape[1:])
            return torch.randn(shape, device=mel.device, generator=generator).transpose(0, 1)

        noise = rows_of(len(mel), twice).transpose(0, 1).flatten(0, 1)  # of the first samples, then of the second
        mean, added = model.draw_raw(torch.cat([latent, latent]), noise)
        first, second = (mean + added).chunk(2)
        distance = energy_distance(first, second, true, along=directions(seed, mel.device))
        smooth = (mean[: len(mel)] - true).abs().mean() * model.spec.mel_std
        return {"loss": distance, "l1": (first - true).abs().mean() * model.spec.mel_std, "mean_l1": smooth}
