"""Sampling round what is known already: part of the latent is held, the rest is drawn so that it fits."""

from __future__ import annotations

import torch
from torch import Tensor

from foleycli.sampling.guidance import Denoiser
from foleycli.sampling.schedule import Schedule


def held(denoise: Denoiser, known: Tensor, where: Tensor, schedule: Schedule) -> Denoiser:
    """A denoiser that finds `known` (B, ...) behind the noise wherever `where` (broadcast to it, bool) is true.

    At every step the held part is then `known` at that step's noise level, exactly, since the solver's clean prediction
    is constant there; it comes out of the last step as it was given. Start from the noise that `known` was drawn
    from: it leads there, and early steps then tell the rest more than fresh noise would.
    """

    def epsilon(latent: Tensor, t: float) -> Tensor:
        kept = schedule.alpha_bar[round(t)].to(latent.device)
        behind = (latent - kept.sqrt() * known) / (1 - kept).sqrt()
        return torch.where(where, behind, denoise(latent, t))

    return epsilon
