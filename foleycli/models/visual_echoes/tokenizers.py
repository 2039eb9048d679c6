"""Pictures and sounds as grids of codes, and back: the small tokenizers of the built-in model, and the published ones.

picture uint8 (H, W, 3) <-> codes (h, w)
wave (S,) -> mel -> [VAE latent] -> codes (bands, columns) -> [latent] -> mel -> vocoder -> wave
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from foleycli.models.loaded import LoadedModel
from foleycli.models.sound_namer.efficientnet import EfficientNetNamer, picture_labels
from foleycli.networks.codecs.filtered_noise import with_steady_noise
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.visual_echoes.melgan import Melgan
from foleycli.networks.visual_echoes.patch_vq import PatchVq
from foleycli.networks.visual_echoes.vqgan import Vqgan
from foleycli.networks.visual_echoes.word_vq import SoundWords, WordVq
from foleycli.specs import MelSpec, VocoderSpec

SPECVQGAN_MEL = MelSpec(22050, 1024, 256, mels=80, f_min_hz=125.0, f_max_hz=7600.0, scale="db01")
SPECVQGAN_FRAMES, SPECVQGAN_CROP = 860, 848  # of 10 s; six are cut from each end
SPECVQGAN_SAMPLES = 220_500
_VOCODER_SEED = 2**42  # phases and grain have their own row of random numbers


class PictureTokens(Protocol):
    """Pictures of one size as codes."""

    pixels: tuple[int, int]  # height, width

    def encode(self, pictures: Tensor) -> Tensor:
        """Pictures uint8 (B, H, W, 3) -> codes (B, h, w)."""
        ...

    def decode(self, codes: Tensor) -> Tensor:
        """Codes (B, h, w) -> pictures uint8 (B, H, W, 3)."""
        ...

    def through(self, pictures: Tensor) -> Tensor:
        """Pictures uint8 (B, H, W, 3) -> what is left of them after encoding and decoding, uint8 (B, H, W, 3)."""
        ...


class SoundTokens(Protocol):
    """Sounds as codes; a sound of any number of columns can be decoded."""

    sample_rate: int
    samples: int  # of what is encoded at once
    column_samples: int

    def encode(self, waves: Tensor) -> Tensor:
        """Waves (B, samples) in -1..1 -> codes (B, bands, columns)."""
        ...

    def decode(self, codes: Tensor, seeds: Sequence[int]) -> Tensor:
        """Codes (B, bands, columns) -> waves (B, columns * column_samples); what is random comes from the seeds."""
        ...


class SmallPictures:
    """The built-in model's pictures: a row of words for what they show, then a grid for what they look like.

    Codes (B, 1 + h, w): those of the words follow those of the grid, each word with its own. `namer` is asked for the
    words, so it is needed only where a picture is given.
    """

    def __init__(self, vq: PatchVq, words: WordVq, namer: Callable[[], EfficientNetNamer]) -> None:
        self.vq, self.words = vq, words
        self.namer = functools.cache(namer)
        self.pixels = (vq.spec.rows, vq.spec.rows)

    def encode(self, pictures: Tensor) -> Tensor:
        return self.encode_labelled(pictures, picture_labels(self.namer(), pictures.cpu().numpy()).to(pictures.device))

    def encode_labelled(self, pictures: Tensor, labels: Tensor) -> Tensor:
        """Pictures whose labels (B, N) are known already."""
        return torch.cat([self.words.ids(labels, self.vq.spec.codes)[:, None], self._looks(pictures)], 1)

    def _looks(self, pictures: Tensor) -> Tensor:
        return self.vq.encode(rearrange(pictures, "b h w c -> b c h w").float() / 127.5 - 1)

    def through(self, pictures: Tensor) -> Tensor:
        return _as_pictures((self.vq.decode(self._looks(pictures)) + 1) / 2)

    def decode(self, codes: Tensor) -> Tensor:
        # A place of the grid that was given a word, which training never shows, has no look: any code is as good.
        grid = codes[:, 1:].clamp(max=self.vq.spec.codes - 1)
        return _as_pictures((self.vq.decode(grid) + 1) / 2)


class VqganPictures:
    """MAGE's VQGAN of pictures in 0..1: 256 x 256 pixels to 16 x 16 codes."""

    pixels = (256, 256)

    def __init__(self, vqgan: Vqgan) -> None:
        self.vqgan = vqgan

    def encode(self, pictures: Tensor) -> Tensor:
        return self.vqgan.encode(rearrange(pictures, "b h w c -> b c h w").float() / 255)

    def decode(self, codes: Tensor) -> Tensor:
        return _as_pictures(self.vqgan.decode(codes))

    def through(self, pictures: Tensor) -> Tensor:
        return self.decode(self.encode(pictures))


def _as_pictures(values: Tensor) -> Tensor:
    """(B, 3, H, W) in 0..1 -> uint8 (B, H, W, 3), cut to the range."""
    pictures: Tensor = rearrange(values.clamp(0, 1) * 255, "b c h w -> b h w c").round().to(torch.uint8)
    return pictures


class LatentSounds:
    """The built-in model's sounds: a row of words for what is heard, then a grid over the codec's latents.

    Codes (B, 1 + bands, columns): the words are said again every half, so that half a sound has them all.
    """

    def __init__(self, vq: PatchVq, words: SoundWords, codec: LoadedModel, *, device: str, columns: int) -> None:
        self.vq, self.words, self.mel = vq, words, codec.mel
        self.vae, self.vocoder = codec.part("vae", MelVae).to(device), codec.part("vocoder").to(device)
        self.filtered_noise = codec.spec("vocoder", VocoderSpec).filtered_noise
        self.sample_rate = codec.mel.sample_rate
        self.column_samples = vq.spec.patch * self.vae.spec.reduction * codec.mel.hop_samples
        self.samples = columns * self.column_samples

    def encode(self, waves: Tensor) -> Tensor:
        return self.encode_latents(self.vae.encode(log_mel(waves, self.mel)))

    def encode_latents(self, latents: Tensor) -> Tensor:
        """Latents (B, C, F, L) of sounds whose mel is not at hand."""
        return latent_codes(self.vq, self.words, latents)

    def decode(self, codes: Tensor, seeds: Sequence[int]) -> Tensor:
        grid = codes[:, 1:].clamp(max=self.vq.spec.codes - 1)
        mean = self.vae.decode(self.vq.decode(grid))  # (B, M, K)
        generators = [torch.Generator().manual_seed((_VOCODER_SEED + seed) % 2**63) for seed in seeds]
        grain = torch.stack([torch.randn(mean.shape[1:], generator=one) for one in generators])
        mel = self.vae.grained(mean, grain.to(mean))
        samples = mel.shape[-1] * self.mel.hop_samples
        noise = torch.stack([torch.randn(samples, generator=one) for one in generators])
        waves: Tensor = self.vocoder(mel, noise.to(mel))
        return with_steady_noise(waves, mean, noise.to(mean)) if self.filtered_noise else waves


def latent_codes(vq: PatchVq, words: SoundWords, latents: Tensor) -> Tensor:
    """Latents (B, C, F, L) -> codes (B, 1 + bands, columns) as `LatentSounds` has them."""
    grid = vq.encode(latents)
    said = words(latents, vq.spec.codes)  # (B, G)
    return torch.cat([said.repeat(1, grid.shape[-1] // said.shape[1])[:, None], grid], 1)


class MelSounds:
    """SpecVQGAN's sounds: mels of 9.85 s at 22,050 Hz to 5 x 53 codes, and MelGAN back."""

    sample_rate = SPECVQGAN_MEL.sample_rate
    samples = SPECVQGAN_SAMPLES

    def __init__(self, vqgan: Vqgan, vocoder: Melgan) -> None:
        self.vqgan, self.vocoder = vqgan, vocoder
        self.column_samples = vqgan.spec.reduction * SPECVQGAN_MEL.hop_samples

    def encode(self, waves: Tensor) -> Tensor:
        whole = F.pad(waves, (0, max(0, self.samples - waves.shape[1])))[:, : self.samples]
        edge = (SPECVQGAN_FRAMES - SPECVQGAN_CROP) // 2
        mel = log_mel(whole, SPECVQGAN_MEL)[..., edge : edge + SPECVQGAN_CROP]
        return self.vqgan.encode(2 * mel[:, None] - 1)

    def decode(self, codes: Tensor, seeds: Sequence[int]) -> Tensor:
        mel = ((self.vqgan.decode(codes)[:, 0] + 1) / 2).clamp(0, 1)
        waves: Tensor = self.vocoder(mel)
        return waves
