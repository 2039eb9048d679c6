"""Draws the latents of windows: features of the pictures -> MDSGen, guided and sampled -> latent."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import torch
from torch import Tensor

from foleycli.models.dit import MDSGen
from foleycli.sampling.guidance import from_velocity, guided
from foleycli.sampling.schedule import Schedule
from foleycli.sampling.solver import sample, window_noise
from foleycli.specs import WINDOW_SECONDS, SamplerSpec

MOST_AT_ONCE = 8
GIB_PER_WINDOW = 3  # of a card's memory, all networks and their work


def windows_at_once(device: torch.device) -> int:
    """How many windows are performed together, by the memory of the device: 1 on a CPU, where more gain nothing.

    It depends on the kind of machine alone, since the shape of a batch decides how sums are rounded.
    """
    if device.type != "cuda":
        return 1
    gib = torch.cuda.get_device_properties(device).total_memory / 2**30
    return max(1, min(MOST_AT_ONCE, int(gib) // GIB_PER_WINDOW))


def draw_latents(
    dit: MDSGen,
    features: Tensor,
    places: Sequence[tuple[int, Fraction]],
    sampler: SamplerSpec,
    dtype: torch.dtype,
) -> Tensor:
    """Latents (B, C, ...) in the model's own layout, for features (B, T, 512) of windows at `places`: seed and start.

    Noise belongs to the time it stands at, so windows of one seed that overlap agree.
    """
    spec, device, batch = dit.spec, features.device, len(features)
    channels = spec.latent_channels
    drop = torch.arange(2 * batch, device=device) >= batch
    conditions = {batch: dit.condition(features), 2 * batch: dit.condition(torch.cat([features, features]), drop)}

    def model(latent: Tensor, t: Tensor, drop: Tensor) -> Tensor:
        with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
            output = dit.denoise(latent, t, conditions[len(latent)])  # what `drop` says is in the condition
        predicted: Tensor = output.float().narrow(1, 0, channels)
        return predicted

    shape = (channels, spec.latent_bins, spec.latent_frames)
    columns = [(seed, round(start * shape[2] / WINDOW_SECONDS)) for seed, start in places]
    noise = torch.cat([window_noise(shape, seed, column) for seed, column in columns]).to(device)
    if spec.layout == "official":
        noise = noise.transpose(2, 3)  # time first
    denoise = guided(model, sampler.guidance, sampler.guidance_power, sampler.train_steps, sampler.guidance_rescale)
    if sampler.prediction == "v":
        denoise = from_velocity(denoise, Schedule.linear(sampler))
    return sample(denoise, noise, sampler)
