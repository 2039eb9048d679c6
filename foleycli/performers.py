"""How a bundle turns windows of a video into sound: what the pipeline asks, and the built-in kind of model.

spot-perform (pocket):  frames -> spotter -> cues -> curves -> features -> MDSGen -> VAE -> vocoder
mdsgen (the paper's):   frames -> CAVP -> features               -> MDSGen -> VAE -> vocoder    (official.py)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foleycli.bundles.load import LoadedBundle
from foleycli.cuesheet import Cue
from foleycli.media.cuts import find_cuts
from foleycli.media.frames import FrameReader
from foleycli.media.leveller import ride
from foleycli.media.probe import VideoInfo
from foleycli.models.cues import curves_batch
from foleycli.models.dit import MDSGen
from foleycli.models.picking import Spotting, join, pick
from foleycli.sampling.guidance import from_velocity, guided
from foleycli.sampling.schedule import Schedule
from foleycli.sampling.solver import sample, window_noise
from foleycli.specs import WINDOW_SECONDS, SamplerSpec, SpotterSpec
from foleycli.timeline import Window, to_samples

Wave = npt.NDArray[np.float32]
Progress = Callable[[str, int, int], None]

CHUNK_SECONDS = Fraction(16)  # what the spotter reads at a time: memory stays flat
HALO_SECONDS = Fraction(2)  # seen on either side of a chunk and thrown away: more than the spotter's reach


@dataclass(frozen=True)
class Sighting:
    """What was seen: the cue sheet, and the cuts between shots, in seconds from the first picture."""

    cues: tuple[Cue, ...]
    cuts: tuple[Fraction, ...]


class Performer(Protocol):
    """What the pipeline asks of a model."""

    sample_rate: int

    def watch(
        self, info: VideoInfo, start: Fraction, stop: Fraction, *, spot: bool, progress: Progress | None
    ) -> Sighting:
        """Reads [start, stop) once, for cuts and, with `spot`, for cues."""
        ...

    def sampler(self, steps: int | None, guidance: float | None) -> SamplerSpec:
        """The bundle's sampler settings, with those that are given replaced."""
        ...

    def perform(
        self, info: VideoInfo, cues: tuple[Cue, ...], start: Fraction, window: Window, seed: int, sampler: SamplerSpec
    ) -> Wave:
        """The sound (S,) of one window, whose times count from `start`."""
        ...


class SpotPerform:
    """Pocket: a spotter writes cues, MDSGen with frame-aligned conditioning performs them."""

    def __init__(self, bundle: LoadedBundle, device: torch.device, precision: str) -> None:
        self.bundle, self.device = bundle, device
        bf16 = precision == "bf16" or (precision == "auto" and device.type == "cuda")
        self.dtype = torch.bfloat16 if bf16 else torch.float32
        self.sample_rate = bundle.mel.sample_rate

    def watch(
        self, info: VideoInfo, start: Fraction, stop: Fraction, *, spot: bool, progress: Progress | None
    ) -> Sighting:
        spec = self.bundle.bundle.spec("spotter", SpotterSpec)
        rate, size = spec.frames_per_second, (spec.size_pixels, spec.size_pixels)
        reader = FrameReader(info, rate, size, grey=True)
        curves: list[Spotting] = []
        cuts: list[Fraction] = []
        at = start
        while at < stop:
            end = min(at + CHUNK_SECONDS, stop)
            before = min(HALO_SECONDS, at - start)
            frames = reader.read(at - before, min(end + HALO_SECONDS, stop))
            first = to_samples(before, rate)
            count = max(1, to_samples(end - start, rate) - to_samples(at - start, rate))
            found = [frame for frame in find_cuts(frames) if first <= frame < first + count]
            cuts += [at - before + Fraction(frame, rate) for frame in found]
            if spot:
                curves.append(self.bundle.spotter.to(self.device).spot_curves(frames).crop(first, first + count))
            if progress is not None:
                progress("watch", to_samples(end - start, 1), to_samples(stop - start, 1))
            at = end
        cues = pick(join(curves), spec, float(start)) if curves else ()
        return Sighting(tuple(_as_sure(cue) for cue in cues if cue.time < stop), tuple(cuts))

    def sampler(self, steps: int | None, guidance: float | None) -> SamplerSpec:
        spec = self.bundle.sampler
        spec = spec if steps is None else replace(spec, steps=steps)
        return spec if guidance is None else replace(spec, guidance=guidance)

    @torch.inference_mode()
    def perform(
        self, info: VideoInfo, cues: tuple[Cue, ...], start: Fraction, window: Window, seed: int, sampler: SamplerSpec
    ) -> Wave:
        samples = to_samples(window.stop, self.sample_rate) - to_samples(window.start, self.sample_rate)
        first = float(start + window.start)
        if not any(audible(cue, first, first + float(WINDOW_SECONDS)) for cue in cues):
            return np.zeros(samples, np.float32)  # nothing happens here: silence, not a model's idea of it
        curves = curves_batch(cues, [first], self.bundle.cue_encoder.spec).to(self.device)
        features = self.bundle.cue_encoder.to(self.device)(curves)  # (1, 32, 512)
        latent = draw_latent(
            self.bundle.dit.to(self.device), features, seed, start + window.start, sampler, self.dtype
        )  # (1, C, F, L)
        mel = self.bundle.vae.to(self.device).decode(latent)  # (1, M, K)
        wave: Wave = self.bundle.vocoder.to(self.device)(mel)[0].float().cpu().numpy()
        return ride(wave[:samples], cues, first, self.sample_rate)


def draw_latent(
    dit: MDSGen, features: Tensor, seed: int, start: Fraction, sampler: SamplerSpec, dtype: torch.dtype
) -> Tensor:
    """One latent (1, C, ...) in the model's own layout, for features (1, T, 512) of the window that begins at `start`.

    Its noise belongs to the time it stands at, so windows that overlap agree.
    """
    spec, device = dit.spec, features.device
    channels = spec.latent_channels
    drop = torch.tensor([False, True], device=device)
    conditions = {1: dit.condition(features), 2: dit.condition(torch.cat([features, features]), drop)}

    def model(latent: Tensor, t: Tensor, drop: Tensor) -> Tensor:
        with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
            output = dit.denoise(latent, t, conditions[len(latent)])  # what `drop` says is in the condition
        predicted: Tensor = output.float().narrow(1, 0, channels)
        return predicted

    shape = (channels, spec.latent_bins, spec.latent_frames)
    noise = window_noise(shape, seed, round(start * shape[2] / WINDOW_SECONDS)).to(device)
    if spec.layout == "official":
        noise = noise.transpose(2, 3)  # time first
    denoise = guided(model, sampler.guidance, sampler.guidance_power, sampler.train_steps, sampler.guidance_rescale)
    if sampler.prediction == "v":
        denoise = from_velocity(denoise, Schedule.linear(sampler))
    return sample(denoise, noise, sampler)


def _as_sure(cue: Cue) -> Cue:
    """The cue, softer the less sure the spotter is: a false hit should not be as loud as a true one."""
    return replace(cue, strength=round(cue.strength * (0.3 + 0.7 * cue.confidence), 3))


def audible(cue: Cue, start: float, stop: float) -> bool:
    """Whether a cue is heard between `start` and `stop` seconds."""
    last = cue.time if cue.stop is None else cue.stop
    return not cue.mute and cue.time < stop and last >= start
