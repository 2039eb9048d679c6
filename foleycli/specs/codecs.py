"""Mel to latent and back, and mel to sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal


@dataclass(frozen=True)
class VaeSpec:
    """A convolutional KL VAE: mel (B, 1, M, K) -> latent (B, C, M / 8, K / 8)."""

    latent_channels: int = 8
    widths: tuple[int, ...] = (32, 64, 160)  # one per halving of both axes
    encoder_blocks: tuple[int, ...] = (0, 1, 1)  # residual blocks per width
    decoder_blocks: tuple[int, ...] = (1, 2, 2)
    last_width: int = 16  # at full resolution
    mel_mean: float = -7.5  # mel is (mel - mean) / std inside the VAE
    mel_std: float = 3.0
    latent_scale: float = 1.0  # latents leave `encode` times this, at about unit variance
    grain: tuple[float, float] = (0.0, 0.0)  # nat at the lowest and the highest bin: fine structure lost in decoding
    texture_width: int = 0  # of the network that draws that structure in place of grain; 0: there is none
    texture_blocks: int = 3
    texture_filters: int = 4  # of its noise, mixed anew at each place

    @property
    def reduction(self) -> int:
        """How many times smaller the latent is than the mel, on each axis."""
        return int(2 ** len(self.widths))


@dataclass(frozen=True)
class KlVaeSpec:
    """diffusers' AutoencoderKL over a mel as a picture of one channel (AudioLDM) or three (Stable Diffusion)."""

    latent_channels: int = 8
    widths: tuple[int, ...] = (128, 256, 512)
    blocks: int = 2  # residual blocks per width; the decoder has one more
    groups: int = 32
    latent_divisor: float = 4.0  # the authors' MDSGen divides by the spatial factor, not by the VAE's own scaling
    picture_channels: int = 1
    keep: Literal["red", "green", "blue", "mean"] = "green"  # what of three channels is the mel (paper, Tab. 14)
    layout: Literal["image", "official"] = "official"  # the picture is (M, K) | the authors' time-first (K, M)

    STABLE_DIFFUSION: ClassVar[KlVaeSpec]


KlVaeSpec.STABLE_DIFFUSION = KlVaeSpec(
    4, (128, 256, 512, 512), latent_divisor=0.18215, picture_channels=3, layout="image"
)


@dataclass(frozen=True)
class VocoderSpec:
    """mel (B, M, K) -> waveform (B, S). kind "istft": ConvNeXt + iSTFT head; "hifigan": HiFi-GAN as in AudioLDM;
    "griffin-lim": no weights, `projections` steps."""

    kind: Literal["istft", "hifigan", "griffin-lim"] = "istft"
    mels: int = 128
    width: int = 256
    blocks: int = 8
    n_fft: int = 1024  # of the inverse STFT
    hop_samples: int = 512
    subframes: int = 2  # inverse-STFT frames per mel frame: an attack is shorter than 16 ms
    subframe_blocks: int = 3  # of `blocks`, at the sub-frame rate
    projections: int = 12  # steps of phase retrieval before the network
    corrections: int = 2  # steps of making the sound's own mel agree with the mel asked for
    filtered_noise: bool = False  # steady noise is white noise through a filter, in place of the vocoder's
    upsample_rates: tuple[int, ...] = (5, 4, 2, 2, 2)
    upsample_kernels: tuple[int, ...] = (16, 16, 8, 4, 4)
    resblock_kernels: tuple[int, ...] = (3, 7, 11)
    resblock_dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    normalize_before: bool = False
