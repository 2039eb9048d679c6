"""Recipes of the sound side: the mel VAE and the vocoder, both trained on random mixes of real sounds.

train_vocoder(cache, out, seconds=...)   one CPU core, about 5 audio-seconds a second; hours help
train_vae(cache, out, seconds=...)       one CPU core, 30 minutes
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.codecs.vocoder import IstftVocoder
from foleycli.specs import MelSpec
from foleycli.training.data.mixes import Mixer
from foleycli.training.distributed import rows_of

RESOLUTIONS = (128, 256, 512, 1024, 2048, 4096)
LEVEL_FLOOR = 3e-5  # -90 dBFS noise: what is below cannot be heard and must not be fitted
QUIET = 1e-4  # RMS under which a window's linear error is no longer judged relative to the window
MOST_CONVERGENCE = 2.0  # a crop whose mel sees sound beyond its edge must not outweigh the batch
CONTEXT_FRAMES = 2  # cut from each end of a crop, whose first mel frames see reflected sound


@lru_cache(maxsize=16)
@torch.inference_mode(False)  # what is kept must be good for training, whoever asked first
def _hann(size: int, device: torch.device) -> Tensor:
    return torch.hann_window(size, device=device)


def levels(wav: Tensor, size: int, shift: int = 0) -> Tensor:
    """|STFT| (B, bins, frames) of wav (B, S) at half overlap, scaled so that noise of RMS r reads about r."""
    window = _hann(size, wav.device)
    spectrum = torch.stft(wav[..., shift:], size, size // 2, window=window, center=False, return_complex=True)
    power = spectrum.real.square() + spectrum.imag.square()
    return (power * (1.0 / (0.375 * size)) + LEVEL_FLOOR**2).sqrt()


@dataclass(frozen=True)
class SpectralDistance:
    """d(a, b) = mean over resolutions of |log A - log B| + spectral convergence."""

    resolutions: tuple[int, ...] = RESOLUTIONS
    convergence_weight: float = 0.5

    def thinned(self, rng: np.random.Generator) -> SpectralDistance:
        """Every second resolution, one of each neighbouring pair: half the work of a step, the same on average."""
        pairs = zip(self.resolutions[::2], self.resolutions[1::2], strict=True)
        return replace(self, resolutions=tuple(pair[int(rng.integers(2))] for pair in pairs))

    def analyse(self, wav: Tensor, shares: npt.NDArray[np.float64] | None = None) -> list[Tensor]:
        """Levels per resolution; `shares` of a hop move the frames, so that half overlap misses nothing over time."""
        moves = np.zeros(len(self.resolutions)) if shares is None else shares
        return [levels(wav, size, int(move * size / 2)) for size, move in zip(self.resolutions, moves, strict=True)]

    def between(self, a: list[Tensor], b: list[Tensor], reference: list[Tensor]) -> Tensor:
        """Mean distance of a and b; `reference` sets the scale of the linear part."""
        total = a[0].new_zeros(())
        for one, other, scale in zip(a, b, reference, strict=True):
            total = total + (one.log() - other.log()).abs().mean()
            size = scale.square().mean(dim=(1, 2)).sqrt() + QUIET
            apart = (one - other).square().mean(dim=(1, 2)).add(LEVEL_FLOOR**2).sqrt() / size
            total = total + self.convergence_weight * apart.clamp_max(MOST_CONVERGENCE).mean()
        return total / len(self.resolutions)


@torch.no_grad()
def reconstructed(vae: MelVae, mel: Tensor) -> Tensor:
    """The mel (B, M, K) as a performer's would sound: through the VAE, smoother than a real one."""
    return vae.decode(vae.encode(mel))


@dataclass(frozen=True)
class VocoderRecipe:
    """Generalised energy distance: it pulls two renderings of different noise to the true sound, and apart.

    Without the repulsion a spectral loss makes one smooth magnitude of every noise, which sounds metallic
    (Gritsenko et al. 2020, "A Spectral Energy Distance for Parallel Speech Synthesis").
    """

    batch_size: int = 12
    frames: int = 48
    repulsion: float = 0.0  # 1 is the proper distance; 0 spends all of a small budget on coming near
    corrections: int = 1  # fewer than at inference: they cost a backward pass here
    distance: SpectralDistance = field(default_factory=SpectralDistance)

    def batch_at(
        self, mixer: Mixer, seed: int = 0, vae: MelVae | None = None
    ) -> Callable[[int], tuple[Tensor, Tensor, int]]:
        """step -> mel (B, M, K), wav (B, K * hop), seed of its noise; with a VAE, half of the mels come out of it."""
        hop = MelSpec.FULL_BAND.hop_samples
        context = CONTEXT_FRAMES

        def batch(step: int) -> tuple[Tensor, Tensor, int]:
            wav = mixer.batch(seed, step, self.batch_size, (self.frames + 2 * context) * hop)
            mel = log_mel(wav, MelSpec.FULL_BAND)[..., context:-context]
            if vae is not None:
                mel = torch.cat([reconstructed(vae, mel[::2]), mel[1::2]])
                wav = torch.cat([wav[::2], wav[1::2]])
            return mel, wav[:, context * hop : -context * hop].contiguous(), step

        return batch

    def loss(self, model: IstftVocoder, batch: tuple[Tensor, Tensor, int]) -> dict[str, Tensor]:
        """The second rendering is made for half of the batch only: enough to push apart, and a quarter cheaper."""
        mel, wav, seed = batch
        rng = np.random.default_rng(seed)
        distance, shares = self.distance.thinned(rng), rng.random(3)
        half = len(wav) // 2 if self.repulsion else 0
        generator = torch.Generator().manual_seed(seed)
        noise = rows_of(len(wav) + half, lambda n: torch.randn(n, wav.shape[1], generator=generator)).to(wav.device)
        mel, wav = torch.cat([mel, mel[:half]]), torch.cat([wav, wav[:half]])
        drawn = model.agree(model.refine(mel, model.excite(mel, noise)), mel, self.corrections)
        true, found = distance.analyse(wav, shares), distance.analyse(drawn, shares)
        near = distance.between(found, true, true)
        if not half:
            return {"loss": near, "near": near}
        first, second = [one[:half] for one in found], [one[-half:] for one in found]
        apart = distance.between(first, second, [one[:half] for one in true])
        return {"loss": near - 0.5 * self.repulsion * apart, "near": near, "apart": apart}


@dataclass(frozen=True)
class VaeRecipe:
    """L1 + time-difference L1 + KL on crops: onsets are edges in time, so edges count twice."""

    batch_size: int = 8
    frames: int = 128
    difference_weight: float = 0.5
    divergence_weight: float = 1e-3

    def batch_at(self, mixer: Mixer, seed: int = 1) -> Callable[[int], tuple[Tensor, int]]:
        """step -> mel (B, M, K) and the seed of the posterior's noise."""
        hop = MelSpec.FULL_BAND.hop_samples

        def batch(step: int) -> tuple[Tensor, int]:
            wav = mixer.batch(seed, step, self.batch_size, (self.frames + 2 * CONTEXT_FRAMES) * hop)
            return log_mel(wav, MelSpec.FULL_BAND)[..., CONTEXT_FRAMES:-CONTEXT_FRAMES], step

        return batch

    def loss(self, model: MelVae, batch: tuple[Tensor, int]) -> dict[str, Tensor]:
        """The loss of a batch of `batch_at`, and its three terms."""
        mel, seed = batch
        moments = model.encode_moments(mel)
        generator, shape = torch.Generator().manual_seed(seed), moments.mean.shape[1:]
        noise = rows_of(len(mel), lambda n: torch.randn(n, *shape, generator=generator)).to(mel.device)
        error = (model.decode_raw(moments.sample(noise)) - mel) / model.spec.mel_std
        level, edges, divergence = error.abs().mean(), error.diff(dim=-1).abs().mean(), moments.divergence()
        total = level + self.difference_weight * edges + self.divergence_weight * divergence
        return {"loss": total, "l1": level * model.spec.mel_std, "edges": edges, "kl": divergence}
