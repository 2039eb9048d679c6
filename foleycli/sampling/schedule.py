"""The noise schedule, one object for training and sampling."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from foleycli.specs import SamplerSpec


@dataclass(frozen=True)
class Schedule:
    """alpha_bar (train_steps,): the share of signal power left at each step of a linear schedule (DDPM, eq. 4)."""

    betas: Tensor
    alpha_bar: Tensor

    @staticmethod
    def linear(spec: SamplerSpec) -> Schedule:
        betas = torch.linspace(spec.beta_start, spec.beta_end, spec.train_steps, dtype=torch.float64)
        return Schedule(betas.float(), torch.cumprod(1 - betas, 0).float())

    def add_noise(self, clean: Tensor, noise: Tensor, step: Tensor) -> Tensor:
        """x_t = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) noise, `step` (B,) whole numbers."""
        kept = self.alpha_bar.to(clean.device)[step].reshape(-1, *([1] * (clean.ndim - 1)))
        return kept.sqrt() * clean + (1 - kept).sqrt() * noise

    def snr(self, step: Tensor) -> Tensor:
        """Signal to noise power ratio at `step` (B,)."""
        kept = self.alpha_bar.to(step.device)[step]
        return kept / (1 - kept)

    def velocity(self, clean: Tensor, noise: Tensor, step: Tensor) -> Tensor:
        """v = sqrt(alpha_bar) noise - sqrt(1 - alpha_bar) x_0 (Salimans and Ho 2022)."""
        return self.add_noise(noise, -clean, step)

    def epsilon_of_velocity(self, velocity: Tensor, noisy: Tensor, step: Tensor) -> Tensor:
        """The epsilon that this v means at x_t: sqrt(alpha_bar) v + sqrt(1 - alpha_bar) x_t."""
        return self.add_noise(velocity, noisy, step)

    def min_snr_weight(self, step: Tensor, gamma: float = 5.0) -> Tensor:
        """Weight of the epsilon loss, min(SNR, gamma) / SNR (Hang et al. 2023)."""
        snr = self.snr(step)
        return snr.clamp(max=gamma) / snr

    def min_snr_velocity_weight(self, step: Tensor, gamma: float = 5.0) -> Tensor:
        """Weight of the v loss, (min(SNR, gamma) + 1) / (SNR + 1): capped as above, but never idle in deep noise."""
        snr = self.snr(step)
        return (snr.clamp(max=gamma) + 1) / (snr + 1)
