"""Classifier-free guidance with MDSGen's power-cosine scale, as a wrapper round a model."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from foleycli.sampling.schedule import Schedule

# (latent (B, ...), t (B,), drop (B,) bool) -> its output (B, ...), epsilon or v; where `drop`, the condition is hidden
ConditionalDenoiser = Callable[[Tensor, Tensor, Tensor], Tensor]
# (latent (B, ...), t as one number) -> epsilon (B, ...)
Denoiser = Callable[[Tensor, float], Tensor]


def power_cosine(scale: float, power: float, t: float, train_steps: int) -> float:
    """w(t) = (w - 1)(1 - cos(pi (1 - t/T)^a)) / 2 + 1 (MDSGen, dynamic guidance; MDT's power-cosine)."""
    done = max(0.0, 1.0 - t / train_steps)
    return (scale - 1.0) * (1.0 - math.cos(math.pi * done**power)) / 2.0 + 1.0


def from_velocity(denoise: Denoiser, schedule: Schedule) -> Denoiser:
    """A denoiser whose output is v, as one whose output is epsilon."""

    def epsilon(latent: Tensor, t: float) -> Tensor:
        step = torch.full((len(latent),), round(t), device=latent.device)
        return schedule.epsilon_of_velocity(denoise(latent, t), latent, step)

    return epsilon


def guided(model: ConditionalDenoiser, scale: float, power: float, train_steps: int, rescale: float = 0.0) -> Denoiser:
    """A denoiser that extrapolates from the unconditional to the conditional output, both in one batch.

    At `scale` 1 it is the conditional model itself, at half the cost. `rescale` takes back what guidance adds to the
    deviation, and so to the loudness (Lin et al. 2023, section 3.4).
    """

    def denoise(latent: Tensor, t: float) -> Tensor:
        batch = latent.shape[0]
        weight = power_cosine(scale, power, t, train_steps)
        if scale == 1.0:
            steps = torch.full((batch,), t, device=latent.device)
            return model(latent, steps, torch.zeros(batch, dtype=torch.bool, device=latent.device))
        drop = torch.arange(2 * batch, device=latent.device) >= batch
        steps = torch.full((2 * batch,), t, device=latent.device)
        conditional, unconditional = model(torch.cat([latent, latent]), steps, drop).chunk(2)
        output = unconditional + weight * (conditional - unconditional)
        axes = tuple(range(1, output.ndim))
        kept = conditional.std(axes, keepdim=True) / output.std(axes, keepdim=True)
        return output * (1 - rescale + rescale * kept) if rescale else output

    return denoise


def classifier_guided(
    denoise: Denoiser, log_likelihood: Callable[[Tensor, Tensor], Tensor], scale: float, alpha_bar: Tensor
) -> Denoiser:
    """Adds the gradient of an alignment classifier's log-likelihood (Diff-Foley, double guidance).

    `log_likelihood(latent (B, ...), t (B,)) -> (B,)` is any classifier of "sound and picture belong together".
    """

    def with_classifier(latent: Tensor, t: float) -> Tensor:
        with torch.enable_grad():
            probe = latent.detach().requires_grad_(True)
            steps = torch.full((latent.shape[0],), t, device=latent.device)
            (gradient,) = torch.autograd.grad(log_likelihood(probe, steps).sum(), probe)
        noise_level = (1 - alpha_bar[round(t)]).sqrt().to(latent.device)
        return denoise(latent, t) - scale * noise_level * gradient

    return with_classifier
