"""What every part of a model is, as frozen data: the only thing that a bundle needs beside weights.

Axes used everywhere: B batch, T video frames, M x K mel bins x frames, F x L latent bins x frames,
C channels, S samples, D width, N tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal


@dataclass(frozen=True)
class MelSpec:
    """A log-mel spectrogram: |STFT| -> mel bank -> log."""

    sample_rate: int
    n_fft: int
    hop_samples: int
    mels: int
    f_min_hz: float
    f_max_hz: float
    scale: Literal["db01", "ln"]  # clip((20 log10 m + 80) / 100, 0, 1) | ln max(m, floor)
    floor: float = 1e-5

    DIFF_FOLEY: ClassVar[MelSpec]
    AUDIOLDM: ClassVar[MelSpec]
    FULL_BAND: ClassVar[MelSpec]

    @property
    def frame_seconds(self) -> Fraction:
        return Fraction(self.hop_samples, self.sample_rate)


MelSpec.DIFF_FOLEY = MelSpec(16000, 1024, 256, 128, 125.0, 7600.0, "db01")
MelSpec.AUDIOLDM = MelSpec(16000, 1024, 160, 64, 0.0, 8000.0, "ln")
MelSpec.FULL_BAND = MelSpec(32000, 2048, 512, 128, 40.0, 16000.0, "ln")


@dataclass(frozen=True)
class VaeSpec:
    """A convolutional KL VAE: mel (B, 1, M, K) -> latent (B, C, M / 8, K / 8)."""

    latent_channels: int = 8
    widths: tuple[int, ...] = (32, 64, 128)  # one per halving of both axes
    blocks: int = 1  # residual blocks per level
    mel_mean: float = 0.0  # mel is (mel - mean) / std inside the VAE
    mel_std: float = 1.0
    latent_scale: float = 1.0  # latents leave `encode` times this, at about unit variance

    @property
    def reduction(self) -> int:
        return int(2 ** len(self.widths))


@dataclass(frozen=True)
class VocoderSpec:
    """mel (B, M, K) -> waveform (B, S). kind "istft": ConvNeXt + iSTFT head; "hifigan": HiFi-GAN as in AudioLDM."""

    kind: Literal["istft", "hifigan"] = "istft"
    mels: int = 128
    width: int = 256
    blocks: int = 8
    n_fft: int = 2048
    hop_samples: int = 512
    upsample_rates: tuple[int, ...] = (5, 4, 2, 2, 2)
    upsample_kernels: tuple[int, ...] = (16, 16, 8, 4, 4)
    resblock_kernels: tuple[int, ...] = (3, 7, 11)
    resblock_dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    normalize_before: bool = False


@dataclass(frozen=True)
class SpotterSpec:
    """Frames (T, 64, 64) at 25 fps -> onset, strength and class per frame."""

    frames_per_second: int = 25
    size_pixels: int = 64
    grid_cells: int = 16
    grid_channels: int = 8
    width: int = 48
    classes: tuple[str, ...] = ()
    lag_seconds: float = 0.0  # constant added to every spotted time
    threshold: float = 0.3


@dataclass(frozen=True)
class CueSpec:
    """Cue sheet -> curves (256, channels) at 31.25 fps -> features (32, 512)."""

    classes: tuple[str, ...]
    frames: int = 256  # per window of 8.192 s
    fold: int = 8
    features: int = 512
    embedding: int = 24

    @property
    def channels(self) -> int:
        return 3 + 2 * len(self.classes)  # onset, strength, activity; class of hits; class of spans


@dataclass(frozen=True)
class DitSpec:
    """A masked diffusion transformer (MDSGen). Sizes T, S, B, L: facts in `DitSpec.sized`."""

    depth: int = 12
    width: int = 192
    heads: int = 3
    latent_channels: int = 8
    latent_bins: int = 16
    latent_frames: int = 64
    patch: tuple[int, int] = (16, 1)  # (bins, frames) of one token
    layout: Literal["image", "official"] = "image"  # (B, C, F, L) | the authors' time-first (B, C, T, F)
    adaln: Literal["zero", "single"] = "single"
    relative_position_bias: bool = False
    decoder_depth: int = 4  # N2
    reducer: Literal["learned", "average", "attention", "none"] = "learned"
    aligned: bool = True  # add the feature of its own time to each latent column
    mask: Literal["tam", "sam", "fam", "none"] = "tam"
    mask_ratio: float = 0.3
    time_frequencies: int = 256
    features: int = 512
    feature_frames: int = 32


@dataclass(frozen=True)
class SamplerSpec:
    """DPM-Solver++ 2M with power-cosine guidance, on a linear schedule of 1000 betas."""

    steps: int = 25
    guidance: float = 2.5
    guidance_power: float = 0.01
    train_steps: int = 1000
    beta_start: float = 1e-4
    beta_end: float = 2e-2


WINDOW_SECONDS = Fraction(8192, 1000)
