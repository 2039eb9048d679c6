"""DPM-Solver++ 2M (Lu et al. 2022, "DPM-Solver++", algorithm 2) on coefficients that are computed before the loop.

The loop reads no number back from the device and makes none on the host, so a card can run it as one graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from foleycli.sampling.schedule import Schedule
from foleycli.specs import SamplerSpec

# (latent (B, ...), number of the step, 0 first) -> epsilon (B, ...)
Denoiser = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class Steps:
    """The coefficients of N steps, float32 tensors (N,) on one device; x is the latent, D a clean prediction.

    D_i = (x - sigma_i epsilon) / alpha_i
    x_next = carry_i x - pull_i D_i - bend_i slope_i (D_i - D_before)
    """

    numbers: tuple[int, ...]  # which of the schedule's steps, falling; for what is computed on the host
    t: Tensor  # the same, as the network is told
    signal: Tensor  # sqrt(alpha_bar) of the training schedule at t
    noise: Tensor  # sqrt(1 - alpha_bar) at t
    alpha: Tensor  # signal and noise of the solver's own step, which may lie between two whole t
    sigma: Tensor
    carry: Tensor  # sigma_next / sigma
    pull: Tensor  # alpha_next (e^-h - 1), h being the step in log SNR / 2
    bend: Tensor  # pull / 2: of the second-order term
    slope: Tensor  # h / h_before: 1 / r of the paper

    def __len__(self) -> int:
        return len(self.numbers)

    def to(self, device: torch.device) -> Steps:
        tensors = (getattr(self, field.name) for field in fields(self)[1:])
        return Steps(self.numbers, *(one.to(device) for one in tensors))

    @classmethod
    def of(cls, spec: SamplerSpec) -> Steps:
        """The steps of a sampler on the CPU.

        All is float32, as diffusers' scheduler computes it: near t = 0 double precision would move sigma by 3e-4, and
        every dub made before would sound a little different.
        """
        betas = torch.linspace(spec.beta_start, spec.beta_end, spec.train_steps, dtype=torch.float32)
        kept = torch.cumprod(1.0 - betas, dim=0)
        t, levels = _levels(((1 - kept) / kept).sqrt().numpy(), spec)
        ratio = torch.from_numpy(np.append(levels, 0.0).astype(np.float32))  # sigma / alpha, at last 0
        alpha = 1 / (ratio * ratio + 1).sqrt()
        sigma = ratio * alpha
        half_log_snr = alpha.log() - sigma.log()
        h = half_log_snr[1:] - half_log_snr[:-1]
        pull = alpha[1:] * ((-h).exp() - 1.0)
        slope = torch.zeros_like(h)
        slope[1:] = 1.0 / (h[:-1] / h[1:])
        trained = Schedule.linear(spec).alpha_bar[t]
        return cls(
            tuple(t.tolist()), t.float(), trained.sqrt(), (1 - trained).sqrt(), alpha[:-1], sigma[:-1],
            sigma[1:] / sigma[:-1], pull, 0.5 * pull, slope,
        )  # fmt: skip


@lru_cache(maxsize=16)
def steps_of(spec: SamplerSpec, device: torch.device) -> Steps:
    """`Steps.of`, on that device, kept for the next window."""
    with torch.inference_mode(False):  # an inference tensor would be useless to a caller outside that mode
        return Steps.of(spec).to(device)


def _levels(ratios: np.ndarray, spec: SamplerSpec) -> tuple[Tensor, np.ndarray]:
    """The t (N,) of each step and its sigma / alpha (N,), from those of all `train_steps`."""
    if spec.spacing == "linear":
        t = np.linspace(0, spec.train_steps - 1, spec.steps + 1).round()[::-1][:-1]
        return torch.from_numpy(t.astype(np.int64)), ratios[t.astype(np.int64)]
    logs = np.log(ratios)  # even in t, 25 steps lose the finest detail: see the Gaussian test
    first, last = float(logs[-1]), float(logs[0])
    even = first + np.linspace(0, 1, spec.steps) * (last - first)
    t = np.interp(even, logs, np.arange(spec.train_steps)).round()
    return torch.from_numpy(t.astype(np.int64)), np.exp(even)


@torch.no_grad()
def sample(denoise: Denoiser, noise: Tensor, steps: Steps) -> Tensor:
    """Noise (B, ...) -> clean latent (B, ...) in as many calls of `denoise` as there are steps."""
    latent, before, last = noise, None, len(steps) - 1
    for i in range(len(steps)):
        clean = (latent - steps.sigma[i] * denoise(latent, i)) / steps.alpha[i]
        latent = steps.carry[i] * latent - steps.pull[i] * clean
        if before is not None and i < last:  # the last step has no noise left to bend
            latent = latent - steps.bend[i] * (steps.slope[i] * (clean - before))
        before = clean
    return latent
