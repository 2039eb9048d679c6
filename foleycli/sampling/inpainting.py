"""Sampling round what is known already: part of the latent is held, the rest is drawn so that it fits."""

from __future__ import annotations

import torch
from torch import Tensor

from foleycli.sampling.solver import Denoiser, Steps


def held(denoise: Denoiser, known: Tensor, where: Tensor, steps: Steps) -> Denoiser:
    """A denoiser that finds `known` (B, ...) behind the noise wherever `where` (broadcast to it, bool) is true.

    At every step the held part is then `known` at that step's noise level, exactly, since the solver's clean prediction
    is constant there; it comes out of the last step as it was given. Start from the noise that `known` was drawn
    from: it leads there, and early steps then tell the rest more than fresh noise would.
    """

    def epsilon(latent: Tensor, step: int) -> Tensor:
        behind = (latent - steps.signal[step] * known) / steps.noise[step]
        return torch.where(where, behind, denoise(latent, step))

    return epsilon
