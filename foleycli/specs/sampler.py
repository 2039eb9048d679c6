"""How latents are sampled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class SamplerSpec:
    """DPM-Solver++ 2M with power-cosine guidance, on a linear schedule of 1000 betas."""

    steps: int = 25
    guidance: float = 2.5
    guidance_power: float = 0.01
    guidance_rescale: float = 0.0  # 0..1: how far the guided output is given the conditional one's deviation again
    prediction: Literal["epsilon", "v"] = "epsilon"  # what the first half of the model's output is
    spacing: Literal["linear", "logsnr"] = "logsnr"  # of the steps: in t as the authors do, or in log SNR
    train_steps: int = 1000
    beta_start: float = 1e-4
    beta_end: float = 2e-2

    def chosen(self, steps: int | None, guidance: float | None) -> SamplerSpec:
        """The same with the steps and guidance that are given; None leaves a value as it is."""
        spec = self if steps is None else replace(self, steps=steps)
        return spec if guidance is None else replace(spec, guidance=guidance)
