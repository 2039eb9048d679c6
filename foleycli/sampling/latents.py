"""Draws the latents of windows: features of the pictures -> MDSGen, guided and sampled -> latent.

Each window is drawn by itself, its draft; where it overlaps the window before, once more, held in its first and last
columns to how both drafts end. So no window depends on more than the one before, and each can be drawn alone.

    draft k-1  [----------------====]
    window k                   [====---------------====]     = held   - drawn
    draft k                    [-------------------====]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from foleycli.networks.mdsgen.dit import Condition, MDSGen
from foleycli.sampling.guidance import from_velocity, guided
from foleycli.sampling.inpainting import held
from foleycli.sampling.runtime import Runtime
from foleycli.sampling.solver import sample, steps_of
from foleycli.specs import SamplerSpec
from foleycli.timeline import WINDOW_SECONDS, to_samples

MOST_AT_ONCE = 16  # more gains little, and a short film waits for a whole batch of repeats
SHARE_OF_MEMORY = 0.5  # of a card, for the windows: the rest is for weights, other programs and what is fragmented
# Phases and grain are the film's, whatever the take. (Of 32 bits, which torch looks at, both are the noise of seed 0.)
PHASE_SEED, GRAIN_SEED = 2**40, 2**41


@dataclass(frozen=True)
class Place:
    """A window to draw: its seed, where it starts in seconds from the first picture, and what is held of it."""

    seed: int
    start: Fraction
    before: Tensor | None = None  # (C, F, columns), how the draft of the window before ends; held as its first columns
    after: Tensor | None = None  # how its own draft ends; held as its last


def windows_at_once(device: torch.device, window_mib: int) -> int:
    """How many windows of `window_mib` MiB are performed together: 1 on a CPU, where more gain nothing.

    It depends on the kind of machine alone, since the shape of a batch decides how sums are rounded.
    """
    if device.type != "cuda":
        return 1
    mib = torch.cuda.get_device_properties(device).total_memory / 2**20
    return max(1, min(MOST_AT_ONCE, int(mib * SHARE_OF_MEMORY / window_mib)))


def draw_latents(
    dit: MDSGen, features: Tensor, places: Sequence[Place], sampler: SamplerSpec, runtime: Runtime
) -> Tensor:
    """Latents (B, C, ...) in the model's own layout, for features (B, T, 512) of the windows at `places`.

    Noise belongs to the time it stands at, so windows of one seed that overlap begin from the same.
    """
    spec, device = dit.spec, features.device
    shape = (spec.latent_channels, spec.latent_bins, spec.latent_frames)
    first = [first_column(place.start, spec.latent_frames) for place in places]
    drawn = [window_noise(shape, place.seed, column) for place, column in zip(places, first, strict=True)]
    noise = torch.cat(drawn).to(device)
    if spec.layout == "official":
        noise = noise.transpose(2, 3)  # time first
    holds = any(place.before is not None or place.after is not None for place in places)
    known = _known(noise, places) if holds else ()
    condition = dit.condition(features)
    loop = sampling_loop(dit, sampler, runtime, like=condition, holds=holds)
    return runtime.repeated((dit, sampler, holds), loop, noise, *known, *condition.tensors())


def sampling_loop(
    dit: MDSGen, sampler: SamplerSpec, runtime: Runtime, like: Condition, holds: bool
) -> Callable[..., Tensor]:
    """All steps as a function of tensors alone: noise, with `holds` what is held and where, then those of a condition.

    The condition is of the kind of `like`.
    """
    run, channels = runtime.run(dit), dit.spec.latent_channels
    steps = steps_of(sampler, runtime.device)

    def model(latent: Tensor, t: Tensor, condition: Condition) -> Tensor:
        return run(latent, t, condition).narrow(1, 0, channels)

    def loop(noise: Tensor, *rest: Tensor) -> Tensor:
        condition = like.with_tensors(rest[2:] if holds else rest)
        denoise = guided(model, condition, condition.hidden(), spec=sampler, steps=steps)
        if sampler.prediction == "v":
            denoise = from_velocity(denoise, steps)
        if holds:
            denoise = held(denoise, rest[0], rest[1], steps=steps)
        return sample(denoise, noise, steps)

    return loop


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


def first_column(start: Fraction, columns: int) -> int:
    """The number in the film of the latent column at `start` seconds, `columns` to a window."""
    return to_samples(start / WINDOW_SECONDS, columns)


def film_phases(start: Fraction, columns: int, column_samples: int) -> Tensor:
    """White noise (1, S) of the window that starts there, for the vocoder's phases; it too belongs to the film, so that
    windows which agree in their overlap are in phase there.
    """
    noise = window_noise((1, column_samples, columns), PHASE_SEED, first_column(start, columns))
    return noise[0].transpose(1, 2).reshape(1, -1)


def film_grain(start: Fraction, columns: int, maps: int, mels: int, frames: int) -> Tensor:
    """White noise (1, maps, M, K) of the window that starts there, for the fine structure of its mel; it too belongs to
    the film.
    """
    noise = window_noise((maps * mels, frames // columns, columns), GRAIN_SEED, first_column(start, columns))
    return noise.transpose(2, 3).reshape(1, maps, mels, frames)


def _known(like: Tensor, places: Sequence[Place]) -> tuple[Tensor, Tensor]:
    """What is held, in the shape of `like` (B, C, F, L), and where (B, 1, 1, L)."""
    known = torch.zeros_like(like)
    where = torch.zeros(len(like), 1, 1, like.shape[-1], dtype=torch.bool, device=like.device)
    for row, place in enumerate(places):
        if place.before is not None:
            known[row, ..., : place.before.shape[-1]] = place.before
            where[row, ..., : place.before.shape[-1]] = True
        if place.after is not None:
            known[row, ..., -place.after.shape[-1] :] = place.after
            where[row, ..., -place.after.shape[-1] :] = True
    return known, where
