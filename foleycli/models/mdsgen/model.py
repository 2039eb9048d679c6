"""MDSGen as the paper has it: what is seen is not named, it goes straight into the transformer.

32 pictures at 4 fps, 224 x 224 -> CAVP (32, 512) -> MDSGen
  audio VAE, the authors' checkpoint:  latent (8, 204, 16) -> AudioLDM's VAE, mel 64 x 816 -> HiFi-GAN, 16 kHz
  image VAE, the paper's default:      latent (4, 16, 64) -> Stable Diffusion's VAE, mel 128 x 512 -> Griffin-Lim
  pocket's VAE, `foley train mdsgen`:  latent (8, 16, 64) -> mel 128 x 512 -> pocket's vocoder, 32 kHz
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.models.base import Sighting, full_batches
from foleycli.models.mdsgen.features import CavpFeatures, SpotterFeatures, WindowFeatures
from foleycli.models.passages import Passage
from foleycli.models.sound_namer.watching import NamingThread
from foleycli.models.spot_perform.model import sounds_of
from foleycli.models.windowed import WindowedModel, watched_to
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.networks.vision.cavp import CavpVideoEncoder
from foleycli.networks.vision.spotter import Spotter
from foleycli.sampling.latents import Place, draw_latents
from foleycli.specs import SamplerSpec
from foleycli.timeline import WINDOW_SECONDS, to_samples
from foleycli.types import Progress, Wave
from foleycli.video.probe import VideoInfo
from foleycli.video.watching import View, watched


class OfficialMdsgen(WindowedModel):
    """The paper's path, for bundles of kind "mdsgen"; it takes no cues, and neighbours share their noise alone."""

    # Measured: Stable Diffusion's decoder 192 MiB, AudioLDM's 153, drawing less; as much again for libraries.
    window_mib = 384

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
        """The cuts alone: the pictures of each window are read when its sound is made."""
        cuts: list[Fraction] = []
        view = View(info, start, stop)
        with watched(view) as chunks:
            for chunk in chunks:
                cuts += chunk.cuts()
                watched_to(progress, chunk.stop, view=view)
        return Sighting((), tuple(cuts))

    @torch.inference_mode()
    def perform(self, passages: Sequence[Passage], sampler: SamplerSpec) -> list[Wave]:
        waves: dict[Passage, Wave] = {}
        for batch in full_batches(list(dict.fromkeys(passages)), self.at_once):
            waves |= zip(batch, self._sounds(batch, sampler), strict=True)
        return [waves[one] for one in passages]

    def _sounds(self, batch: Sequence[Passage], sampler: SamplerSpec) -> Iterator[Wave]:
        views = {(one.draft.info.path, one.draft.start): one.draft for one in batch}  # of several takes: looked at once
        seen = {view: self.look(draft.info, draft.start) for view, draft in views.items()}
        features = torch.cat([seen[one.draft.info.path, one.draft.start] for one in batch])  # (B, 32, features)
        places = [Place(one.draft.seed, one.draft.start) for one in batch]
        dit = self.loaded.part("dit", MDSGen).to(self.device)
        latents = draw_latents(dit, features, places, sampler=sampler, runtime=self.runtime)
        if isinstance(self.loaded.part("vae"), MelVae):
            sounds = sounds_of(self.loaded, latents, [place.start for place in places])
        else:
            sounds = self._decoded(latents)
        for one, sound in zip(batch, sounds.float().cpu().numpy(), strict=True):
            yield sound[: one.samples(self.sample_rate)]

    def _decoded(self, latents: Tensor) -> Tensor:
        """The sound (B, S) of latents of a published VAE."""
        decoder, vocoder = (self.loaded.part(name).to(self.device) for name in ("vae", "vocoder"))
        mels = decoder(latents)  # (B, M, K)
        # 816 mel frames are 8.16 s of a window of 8.192: the last frame is held for the rest.
        lacking = max(0, to_samples(WINDOW_SECONDS, self.sample_rate) // self.loaded.mel.hop_samples - mels.shape[-1])
        sounds: Tensor = vocoder(F.pad(mels, (0, lacking), "replicate"))
        return sounds

    def look(self, info: VideoInfo, start: Fraction) -> Tensor:
        """Features (1, 32, F) of the pictures of one window, four rows a second."""
        return self._features().of(info, start)

    def _features(self) -> WindowFeatures:
        if "spotter" in self.loaded.manifest.specs:
            return SpotterFeatures(self.loaded.part("spotter", Spotter).to(self.device))
        return CavpFeatures(self.loaded.part("cavp", CavpVideoEncoder).to(self.device))
