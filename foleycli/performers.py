"""How a bundle turns windows of a video into sound: what the pipeline asks, and the built-in kind of model.

spot-perform (pocket):  frames -> spotter -> cues -> curves -> features -> MDSGen -> VAE -> vocoder
mdsgen (the paper's):   frames -> CAVP -> features               -> MDSGen -> VAE -> vocoder    (official.py)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from foleycli.bundles.load import LoadedBundle
from foleycli.cuesheet import Cue
from foleycli.drawing import draw_latents, windows_at_once
from foleycli.media.cuts import find_cuts
from foleycli.media.frames import FrameReader
from foleycli.media.leveller import ride
from foleycli.media.probe import VideoInfo
from foleycli.models.cues import curves_batch
from foleycli.models.picking import Spotting, join, pick
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


@dataclass(frozen=True, eq=False)
class Passage:
    """One window to perform: with the model and its sampler, all that its sound depends on."""

    info: VideoInfo
    cues: tuple[Cue, ...]
    origin: Fraction  # what the window's times count from, in seconds from the first picture
    window: Window
    seed: int

    @property
    def start(self) -> Fraction:
        """In seconds from the first picture."""
        return self.origin + self.window.start

    @property
    def audible(self) -> bool:
        """Whether any cue is heard in it."""
        return any(audible(cue, float(self.start), float(self.start + WINDOW_SECONDS)) for cue in self.cues)

    def samples(self, sample_rate: int) -> int:
        return to_samples(self.window.stop, sample_rate) - to_samples(self.window.start, sample_rate)


class Performer(Protocol):
    """What the pipeline asks of a model."""

    sample_rate: int
    at_once: int  # windows that it performs together

    def watch(
        self, info: VideoInfo, start: Fraction, stop: Fraction, *, spot: bool, progress: Progress | None
    ) -> Sighting:
        """Reads [start, stop) once, for cuts and, with `spot`, for cues."""
        ...

    def sampler(self, steps: int | None, guidance: float | None) -> SamplerSpec:
        """The bundle's sampler settings, with those that are given replaced."""
        ...

    def perform(self, passages: Sequence[Passage], sampler: SamplerSpec) -> list[Wave]:
        """The sound (S,) of each; of any videos, cues and seeds, and the same in any company and order."""
        ...


class SpotPerform:
    """Pocket: a spotter writes cues, MDSGen with frame-aligned conditioning performs them."""

    def __init__(self, bundle: LoadedBundle, device: torch.device, precision: str) -> None:
        self.bundle, self.device = bundle, device
        bf16 = precision == "bf16" or (precision == "auto" and device.type == "cuda")
        self.dtype = torch.bfloat16 if bf16 else torch.float32
        self.at_once = windows_at_once(device)
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
    def perform(self, passages: Sequence[Passage], sampler: SamplerSpec) -> list[Wave]:
        # Where nothing happens there is silence, not a model's idea of it.
        waves = {one: np.zeros(one.samples(self.sample_rate), np.float32) for one in passages if not one.audible}
        heard = list(dict.fromkeys(one for one in passages if one not in waves))
        for batch in full_batches(heard, self.at_once):
            waves |= zip(batch, self._sounds(batch, sampler), strict=True)
        return [waves[one] for one in passages]

    def _sounds(self, batch: Sequence[Passage], sampler: SamplerSpec) -> Iterator[Wave]:
        encoder = self.bundle.cue_encoder.to(self.device)
        curves = [curves_batch(one.cues, [float(one.start)], encoder.spec) for one in batch]
        features = encoder(torch.cat(curves).to(self.device))  # (B, 32, 512)
        places = [(one.seed, one.start) for one in batch]
        latents = draw_latents(self.bundle.dit.to(self.device), features, places, sampler, self.dtype)  # (B, C, F, L)
        mels = self.bundle.vae.to(self.device).decode(latents)  # (B, M, K)
        sounds = self.bundle.vocoder.to(self.device)(mels).float().cpu().numpy()  # (B, S)
        for one, sound in zip(batch, sounds, strict=True):
            yield ride(sound[: one.samples(self.sample_rate)], one.cues, float(one.start), self.sample_rate)


def full_batches(passages: Sequence[Passage], size: int) -> Iterator[Sequence[Passage]]:
    """Batches of exactly `size`, the last filled up with repeats: in one shape a row's numbers do not depend on
    the others, in another shape sums are rounded otherwise.
    """
    for first in range(0, len(passages), size):
        batch = passages[first : first + size]
        yield [*batch, *[batch[-1]] * (size - len(batch))]


def _as_sure(cue: Cue) -> Cue:
    """The cue, softer the less sure the spotter is: a false hit should not be as loud as a true one."""
    return replace(cue, strength=round(cue.strength * (0.3 + 0.7 * cue.confidence), 3))


def audible(cue: Cue, start: float, stop: float) -> bool:
    """Whether a cue is heard between `start` and `stop` seconds."""
    last = cue.time if cue.stop is None else cue.stop
    return not cue.mute and cue.time < stop and last >= start
