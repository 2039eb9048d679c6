"""What the ablations are judged by, on held-out rehearsals, noise and steps the same for every model.

loss   the weighted error of v, conditional, nothing masked; eight steps even in t
f1     onsets of drawn sounds against the hits that were asked for, 50 ms, as many peaks as hits
other  the same peaks against the next window's hits: what chance gives
fad    Frechet distance, in the space of the packaged ears, of the second behind each hit to the real one's
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import cycle
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foleycli.evaluation.distances import frechet_distance
from foleycli.evaluation.embeddings import load_sound_classifier
from foleycli.evaluation.metrics import LOG_GAIN, onset_f1, top_peaks
from foleycli.models.loaded import load_bundle
from foleycli.models.spot_perform.peak_picking import find_peaks, refine_peak
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.judges.sound_classifier import excerpts, halve
from foleycli.sampling.latents import Place, draw_latents
from foleycli.sampling.runtime import Runtime
from foleycli.sampling.schedule import Schedule
from foleycli.specs import MelSpec, SamplerSpec
from foleycli.timeline import WINDOW_SECONDS
from foleycli.training.mdsgen.features import LatentSet
from foleycli.training.mdsgen.loss import CuedMDSGen, DenoisingLoss

TOLERANCE_SECONDS = 0.05
APART_SECONDS = 0.1  # hits nearer to each other count as one, as peaks do
FRAME_SECONDS = float(WINDOW_SECONDS) / 256  # of the cue curves
MEL_RATE = 1 / float(MelSpec.FULL_BAND.frame_seconds)
HITS = (3, 14)  # so many in a window that is listened to
Times = npt.NDArray[np.float64]


class Halves(LatentSet):
    """The first half of every window, 4.096 s: twice as many windows for the same work."""

    def __init__(self, folder: Path, split: str = "train") -> None:
        super().__init__(folder, split)
        self.latents = self.latents[..., : self.latents.shape[-1] // 2].clone()
        self.curves, self.which = (whole[:, : whole.shape[1] // 2].clone() for whole in (self.curves, self.which))


def hits_of(curves: Tensor) -> Times:
    """Seconds of the hits in cue curves (T, channels)."""
    onset = curves[:, 0].double().numpy()
    tops = [top for top in find_peaks(onset, APART_SECONDS / FRAME_SECONDS) if onset[top] > 0.5]
    return np.array([(refine_peak(onset, top) + 0.5) * FRAME_SECONDS for top in tops])


def mel_onsets(mel: Tensor, count: int) -> Times:
    """Seconds of the `count` sharpest rises of a log-mel (M, K)."""
    heard = (LOG_GAIN * mel.exp()).log1p()
    rise = torch.diff(heard, dim=1).clamp_min(0).mean(0).double().numpy()
    return top_peaks(rise, count, MEL_RATE, APART_SECONDS) + 0.5 / MEL_RATE  # a rise lies between two frames


def onset_scores(mels: Sequence[Tensor], hits: Sequence[Times]) -> dict[str, float]:
    """Mean F1 of windows against their own hits, and against the next window's."""
    found = [mel_onsets(mel, len(own)) for mel, own in zip(mels, hits, strict=True)]
    others = [*hits[1:], *hits[:1]]
    pairs = {"f1": hits, "other": others}
    return {
        name: float(np.mean([onset_f1(*pair, TOLERANCE_SECONDS) for pair in zip(found, asked, strict=True)]))
        for name, asked in pairs.items()
    }


@dataclass(frozen=True)
class Jury:
    """Held-out windows and the parts of pocket that make them heard."""

    tests: LatentSet
    windows: int = 64  # listened to
    loss_windows: int = 128
    draws: int = 1  # of each
    batch: int = 16

    @cached_property
    def heard(self) -> Tensor:
        """Numbers of the windows that have hits, a few, and nothing else."""
        quiet = self.tests.curves[:, :, 2].amax(1) == 0
        counts = [len(hits_of(curves)) for curves in self.tests.curves]
        fit = [n for n, count in enumerate(counts) if quiet[n] and HITS[0] <= count <= HITS[1]]
        return torch.tensor(fit[: self.windows])

    @cached_property
    def hits(self) -> list[Times]:
        return [hits_of(self.tests.curves[n]) for n in self.heard]

    @cached_property
    def truth(self) -> list[Tensor]:
        """The real sounds as the VAE gives them back: log-mels (M, K)."""
        return self._mels(self.tests.latents[self.heard].float())

    @cached_property
    def real(self) -> npt.NDArray[np.float32]:
        return self._heard_as(self.truth)

    def curves(self, chosen: Tensor) -> Tensor:
        timbres = self.tests.timbres[self.tests.which[chosen]].flatten(2)
        return torch.cat([self.tests.curves[chosen], timbres], dim=2).float()

    @torch.inference_mode()
    def loss(self, model: CuedMDSGen, sampler: SamplerSpec) -> float:
        schedule = Schedule.linear(sampler)
        loss, total = DenoisingLoss(schedule, sampler.prediction), list[float]()
        chosen = torch.arange(min(self.loss_windows, len(self.tests)))
        features = model.cues(self.curves(chosen))
        clean = self.tests.latents[chosen].float()
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
        for step in np.linspace(0, sampler.train_steps, 8, endpoint=False).astype(int) + sampler.train_steps // 16:
            t = torch.full((len(clean),), int(step))
            noisy = schedule.add_noise(clean, noise, t)
            output = model.dit(noisy, t, features)
            total.append(float(loss.terms(output, clean, noisy, noise, t)[sampler.prediction]))
        return float(np.mean(total))

    @torch.inference_mode()
    def listen(self, model: CuedMDSGen, sampler: SamplerSpec) -> dict[str, float]:
        """Draws every window that is listened to, each time from a seed of its own."""
        engine, drawn = Runtime.of(torch.device("cpu"), "fp32"), []
        for part in torch.split(torch.arange(self.draws * len(self.heard)), self.batch):
            features = model.cues(self.curves(self.heard[part % len(self.heard)]))
            places = [Place(int(seed), Fraction(0)) for seed in part]
            drawn.append(draw_latents(model.dit, features, places, sampler, engine))
        return self.scores(self._mels(torch.cat(drawn)))

    def scores(self, mels: Sequence[Tensor]) -> dict[str, float]:
        """Of `draws` sounds of every window, or one."""
        hits = self.hits * (len(mels) // len(self.hits))
        return onset_scores(mels, hits) | {"fad": frechet_distance(self._heard_as(mels), self.real)}

    @torch.inference_mode()
    def _mels(self, latents: Tensor) -> list[Tensor]:
        vae = load_bundle("pocket", offline=True).part("vae", MelVae)
        return [mel for part in torch.split(latents, self.batch) for mel in vae.decode(part)]

    @torch.inference_mode()
    def _heard_as(self, mels: Sequence[Tensor]) -> npt.NDArray[np.float32]:
        network = load_sound_classifier().network
        cut = [
            excerpts(mel, [round(at * MEL_RATE) for at in hits], network.spec)
            for mel, hits in zip(mels, cycle(self.hits), strict=False)
        ]
        return np.asarray(network.embed(halve(torch.cat(cut))).numpy())
