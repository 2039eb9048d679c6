"""DPM-Solver++ 2M (Lu et al. 2022) through diffusers, on our schedule."""

from __future__ import annotations

from importlib import import_module
from threading import Thread

import torch
from torch import Tensor

from foleycli.sampling.guidance import Denoiser
from foleycli.specs import SamplerSpec


def window_noise(shape: tuple[int, int, int], seed: int, first_column: int) -> Tensor:
    """Gaussian noise (1, C, F, L), each latent column drawn on the CPU from (seed, its number in the film) alone.

    So it is the same in any batch and on any device, and windows that overlap begin from the same noise where they do.
    """
    channels, bins, columns = shape
    drawn = torch.empty(1, channels, bins, columns)
    for column in range(columns):
        generator = torch.Generator().manual_seed((seed * 1_000_003 + first_column + column) % 2**63)
        drawn[0, :, :, column] = torch.randn((channels, bins), generator=generator)
    return drawn


def preload() -> Thread:
    """Imports what `sample` needs in a thread: two seconds that the watching of a film hides.

    Join it before anything else touches diffusers, whose lazy modules fail when two threads import them at once.
    """
    thread = Thread(target=import_module, args=("diffusers.schedulers.scheduling_dpmsolver_multistep",), daemon=True)
    thread.start()
    return thread


@torch.no_grad()
def sample(denoise: Denoiser, noise: Tensor, spec: SamplerSpec) -> Tensor:
    """Noise (B, ...) -> clean latent (B, ...) in `spec.steps` calls of `denoise`, which returns epsilon."""
    from diffusers import DPMSolverMultistepScheduler

    solver = DPMSolverMultistepScheduler(
        num_train_timesteps=spec.train_steps,
        beta_start=spec.beta_start,
        beta_end=spec.beta_end,
        beta_schedule="linear",
        algorithm_type="dpmsolver++",
        solver_order=2,
        prediction_type="epsilon",
        lower_order_final=True,
        use_lu_lambdas=spec.spacing == "logsnr",  # even in t, 25 steps lose the finest detail: see the Gaussian test
    )
    solver.set_timesteps(spec.steps)
    latent = noise
    for t in solver.timesteps.tolist():
        latent = solver.step(denoise(latent, float(t)), int(t), latent).prev_sample
    return latent
