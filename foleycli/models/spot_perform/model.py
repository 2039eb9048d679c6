"""The built-in family at work: videos to cue sheets, and windows with their cues to sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from foleycli.cues.classes import EVEN_SOUNDS
from foleycli.cues.sheet import Cue
from foleycli.cues.span_edges import lengthened
from foleycli.errors import UsageError
from foleycli.library.likes import Likes
from foleycli.models.base import Sighting, full_batches
from foleycli.models.loaded import LoadedModel
from foleycli.models.passages import Draft, Passage
from foleycli.models.sound_namer.watching import NamingThread, PictureWatch
from foleycli.models.spot_perform.peak_picking import Picker
from foleycli.models.spot_perform.timbres import timbres_of
from foleycli.models.windowed import WindowedModel, watched_to
from foleycli.networks.codecs.filtered_noise import with_steady_noise
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.networks.vision.spotter import Spotter
from foleycli.sampling.latents import Place, draw_latents, film_grain, film_phases
from foleycli.sampling.runtime import Runtime
from foleycli.specs import MelSpec, SamplerSpec, SpotterSpec, VaeSpec, VocoderSpec
from foleycli.types import Progress, Wave
from foleycli.video.probe import VideoInfo
from foleycli.video.watching import View, watched

RISE_SECONDS, FALL_SECONDS = 0.15, 0.05  # of a span, where its level still moves
AFTER_COLUMNS = 10  # decoded after the end of a short window: of what is heard all is within 3e-6 of the whole's


class SpotPerform(WindowedModel):
    """Pocket: a spotter writes cues, MDSGen with frame-aligned conditioning plays them."""

    window_mib = 64  # measured: 35 MiB for the vocoder, 4 for the rest; and as much again for the libraries' work space

    def __init__(self, loaded: LoadedModel, runtime: Runtime) -> None:
        super().__init__(loaded, runtime)
        self._drafts: WeakKeyDictionary[Draft, dict[SamplerSpec, Tensor]] = WeakKeyDictionary()
        self._timbres: WeakKeyDictionary[Likes, dict[tuple[int, str], Tensor]] = WeakKeyDictionary()

    def watch(
        self,
        info: VideoInfo,
        start: Fraction,
        stop: Fraction,
        *,
        spot: bool,
        progress: Progress | None,
        namer: NamingThread | None = None,
    ) -> Sighting:
        spec = self.loaded.spec("spotter", SpotterSpec)
        picker = Picker(spec, float(start))
        cuts: list[Fraction] = []
        naming = PictureWatch(namer) if spot and namer is not None else None
        view = View(
            info,
            start,
            stop,
            frames_per_second=spec.frames_per_second,
            pixels=spec.size_pixels,
            stills=naming is not None,
        )
        with watched(view) as chunks:
            for chunk in chunks:
                new = chunk.cuts()
                cuts += new
                if naming is not None:  # while the spotter works
                    naming.add(chunk, new)
                if spot:
                    curves = self.loaded.part("spotter", Spotter).to(self.device).spot_curves(chunk.frames)
                    picker.add(curves.crop(chunk.first, chunk.first + chunk.count), last=chunk.stop == stop)
                watched_to(progress, chunk.stop, view=view)
        cues = picker.cues([float(cut) for cut in cuts], None if naming is None else naming.pictures())
        return Sighting(tuple(_as_sure(cue) for cue in cues if cue.time < stop), tuple(cuts))

    @torch.inference_mode()
    def perform(self, passages: Sequence[Passage], sampler: SamplerSpec) -> list[Wave]:
        # Where nothing happens there is silence, not a model's idea of it.
        waves = {one: np.zeros(one.samples(self.sample_rate), np.float32) for one in passages if not one.draft.audible}
        heard = list(dict.fromkeys(one for one in passages if one not in waves))
        latents = self._latents(heard, sampler)
        for batch in full_batches(heard, self.at_once):
            waves |= zip(batch, self._sounds(batch, torch.stack([latents[one] for one in batch])), strict=True)
        return [waves[one] for one in passages]

    def _latents(self, heard: Sequence[Passage], sampler: SamplerSpec) -> dict[Passage, Tensor]:
        """Latents (C, F, L): the draft, or where the window before is heard, one held to how both drafts end."""
        joined = {one: one.before for one in heard if one.before is not None and one.before.audible}
        asked = [*joined.values(), *(one.draft for one in heard if one.window.fade_out or one not in joined)]
        new = [one for one in dict.fromkeys(asked) if sampler not in self._drafts.get(one, {})]
        drawn = self._drawn(new, [Place(one.seed, one.start) for one in new], sampler)
        for draft, latent in zip(new, drawn, strict=False):
            self._drafts.setdefault(draft, {})[sampler] = latent
        drafts = {one: self._drafts[one][sampler] for one in asked}
        places = [
            Place(
                one.draft.seed,
                one.draft.start,
                self._end(drafts[before], one.window.fade_in),
                after=self._end(drafts[one.draft], one.window.fade_out) if one.window.fade_out else None,
            )
            for one, before in joined.items()
        ]
        latents = {one: drafts[one.draft] for one in heard if one not in joined}
        return latents | dict(zip(joined, self._drawn([one.draft for one in joined], places, sampler), strict=False))

    def _end(self, latent: Tensor, seconds: Fraction) -> Tensor:
        return latent[..., -round(seconds / self.column) :]

    def _drawn(self, drafts: Sequence[Draft], places: Sequence[Place], sampler: SamplerSpec) -> Iterator[Tensor]:
        encoder = self.loaded.part("cues", CueEncoder).to(self.device)
        dit = self.loaded.part("dit", MDSGen).to(self.device)
        for batch in full_batches(list(zip(drafts, places, strict=True)), self.at_once):
            curves = [
                encoder.curves(
                    lengthened(draft.cues), float(draft.start), draft.seed, own=self._timbres_of(draft.likes, encoder)
                )
                for draft, _ in batch
            ]
            features = encoder(torch.stack(curves).to(self.device))  # (B, 32, 512)
            yield from draw_latents(dit, features, [place for _, place in batch], sampler=sampler, runtime=self.runtime)

    def _timbres_of(self, likes: Likes, encoder: CueEncoder) -> dict[tuple[int, str], Tensor]:
        if likes.recordings and not encoder.spec.timbre:
            raise UsageError(f"{self.loaded.manifest.name} can't imitate recordings: no --like; use --model pocket")
        if likes not in self._timbres:
            self._timbres[likes] = timbres_of(likes)
        return self._timbres[likes]

    def _sounds(self, batch: Sequence[Passage], latents: Tensor) -> Iterator[Wave]:
        if self.at_once == 1:  # alone in its batch, as on a CPU: else the others would decide how long it is
            latents = latents[..., : -(-batch[0].window.seconds // self.column) + AFTER_COLUMNS]
        drafts = [one.draft for one in batch]
        heard = sounds_of(self.loaded, latents, [one.start for one in drafts], cues=[one.cues for one in drafts])
        sounds = heard.float().cpu().numpy()
        return (sound[: one.samples(self.sample_rate)] for one, sound in zip(batch, sounds, strict=True))


def sounds_of(
    loaded: LoadedModel, latents: Tensor, starts: Sequence[Fraction], *, cues: Sequence[Sequence[Cue]] = ()
) -> Tensor:
    """Latents (B, C, F, L) of windows that start so many seconds from the first picture -> their sound (B, S).

    With the `cues` of each window, the spectrum of `EVEN_SOUNDS` (rain, wind) is held steady.
    """
    device, columns = latents.device, latents.shape[-1]
    vae = loaded.part("vae", MelVae).to(device)
    frames = columns * vae.spec.reduction
    grain = torch.cat(
        [film_grain(start, columns, vae.noise_maps, mels=loaded.mel.mels, frames=frames) for start in starts]
    )
    mean, mels = vae.mean_and_draw(latents, grain.to(device))
    noise = _phases(loaded, starts, columns).to(device)
    sounds: Tensor = loaded.part("vocoder").to(device)(mels, noise)
    if not loaded.spec("vocoder", VocoderSpec).filtered_noise:
        return sounds
    even = [_even_frames(of, float(start), frames) for of, start in zip(cues, starts, strict=True)] if cues else None
    return with_steady_noise(sounds, mean, noise, even=None if even is None else torch.stack(even).to(device))


def _even_frames(cues: Sequence[Cue], start_seconds: float, frames: int) -> Tensor:
    """1 at the frames (K,) of a window where a span of one of `EVEN_SOUNDS` has begun and has not ended."""
    seconds = start_seconds + torch.arange(frames) * float(MelSpec.FULL_BAND.frame_seconds)
    even = torch.zeros(frames)
    for cue in cues:
        if cue.stop is not None and cue.sound in EVEN_SOUNDS and not cue.mute:
            even[(seconds >= cue.time + RISE_SECONDS) & (seconds < cue.stop - FALL_SECONDS)] = 1.0
    return even


def vocoded(loaded: LoadedModel, mels: Tensor, starts: Sequence[Fraction], *, columns: int) -> Tensor:
    """Log-mels (B, M, K) of windows of so many latent columns -> their sound (B, S) by the vocoder alone."""
    noise = _phases(loaded, starts, columns).to(mels.device)
    sounds: Tensor = loaded.part("vocoder").to(mels.device)(mels, noise)
    return sounds


def _phases(loaded: LoadedModel, starts: Sequence[Fraction], columns: int) -> Tensor:
    samples = columns * loaded.spec("vae", VaeSpec).reduction * loaded.mel.hop_samples
    return torch.cat([film_phases(start, columns, samples // columns) for start in starts])


def _as_sure(cue: Cue) -> Cue:
    """The cue, softer the less sure the spotter is: a false hit should not be as loud as a true one."""
    return replace(cue, strength=round(cue.strength * (0.3 + 0.7 * cue.confidence), 3))
