"""Classifier-free guidance with MDSGen's power-cosine scale, as a wrapper round a model."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, Self, TypeVar

import torch
from torch import Tensor

from foleycli.sampling.solver import Denoiser, Steps
from foleycli.specs import SamplerSpec


class Joinable(Protocol):
    """A condition of B windows."""

    def joined(self, other: Self) -> Self:
        """This one's windows, then the other's, as one batch."""
        ...


ConditionT = TypeVar("ConditionT", bound=Joinable)
# (latent (B, ...), t (B,), condition) -> its output (B, ...), epsilon or v
Model = Callable[[Tensor, Tensor, ConditionT], Tensor]


def power_cosine(scale: float, power: float, t: float, train_steps: int) -> float:
    """w(t) = (w - 1)(1 - cos(pi (1 - t/T)^a)) / 2 + 1 (MDSGen, dynamic guidance; MDT's power-cosine)."""
    done = max(0.0, 1.0 - t / train_steps)
    return (scale - 1.0) * (1.0 - math.cos(math.pi * done**power)) / 2.0 + 1.0


def from_velocity(denoise: Denoiser, steps: Steps) -> Denoiser:
    """A denoiser whose output is v, as one whose output is epsilon: sqrt(alpha_bar) v + sqrt(1 - alpha_bar) x_t."""

    def epsilon(latent: Tensor, step: int) -> Tensor:
        return steps.signal[step] * denoise(latent, step) + steps.noise[step] * latent

    return epsilon


def guided(
    model: Model[ConditionT], condition: ConditionT, hidden: ConditionT, spec: SamplerSpec, steps: Steps
) -> Denoiser:
    """A denoiser that extrapolates from the output on `hidden` to that on `condition`, both in one batch.

    At guidance 1 it is the conditional model itself, at half the cost. `spec.guidance_rescale` takes back what guidance
    adds to the deviation, and so to the loudness (Lin et al. 2023, section 3.4).
    """
    if spec.guidance == 1.0:
        return lambda latent, step: model(latent, steps.t[step].expand(len(latent)), condition)
    both = condition.joined(hidden)
    weights = [power_cosine(spec.guidance, spec.guidance_power, t, train_steps=spec.train_steps) for t in steps.numbers]
    rescale = spec.guidance_rescale

    def denoise(latent: Tensor, step: int) -> Tensor:
        t = steps.t[step].expand(2 * len(latent))
        conditional, unconditional = model(torch.cat([latent, latent]), t, both).chunk(2)
        output = unconditional + weights[step] * (conditional - unconditional)
        if not rescale:
            return output
        axes = tuple(range(1, output.ndim))
        kept = conditional.std(axes, keepdim=True) / output.std(axes, keepdim=True)
        return output * (1 - rescale + rescale * kept)

    return denoise
