"""What every part of a model is, as frozen data: the only thing that a bundle needs beside weights.

Axes: B batch, T video frames, M x K mel bins x frames, F x L latent bins x frames, C channels, S samples, D, N tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal

from foleycli.errors import UsageError


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
    widths: tuple[int, ...] = (32, 64, 160)  # one per halving of both axes
    encoder_blocks: tuple[int, ...] = (0, 1, 1)  # residual blocks per width
    decoder_blocks: tuple[int, ...] = (1, 2, 2)
    last_width: int = 16  # at full resolution
    mel_mean: float = -7.5  # mel is (mel - mean) / std inside the VAE
    mel_std: float = 3.0
    latent_scale: float = 1.0  # latents leave `encode` times this, at about unit variance
    grain: tuple[float, float] = (0.0, 0.0)  # nat at the lowest and the highest bin: fine structure lost in decoding

    @property
    def reduction(self) -> int:
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
    stem_width: int = 48
    width: int = 64  # of each cell of the 4 x 4, through time
    dilations: tuple[int, ...] = (1, 2, 4, 8, 8, 2)  # frames; their sum is what is seen to either side: 1 s
    classes: tuple[str, ...] = ()
    lag_seconds: float = 0.0  # constant added to every spotted time
    threshold: float = 0.65  # onset probability that makes a cue (the weighted loss inflates it)
    calibration: tuple[float, float] = (1.0, 0.0)  # slope and intercept: logit of the onset -> of the confidence


@dataclass(frozen=True)
class CueSpec:
    """Cue sheet -> curves (256, channels) at 31.25 fps -> features (32, 512)."""

    classes: tuple[str, ...]
    frames: int = 256  # per window of 8.192 s
    fold: int = 8
    features: int = 512
    embedding: int = 24
    held_seconds: tuple[float, ...] = ()  # how long hits and their names ring on for the network: one decay each
    timbre: int = 0  # numbers that say what a sound is like; 0: its class is all that is said
    palette: tuple[int, int] = (12, 4)  # timbres of each class: recordings, sounds of each

    @property
    def channels(self) -> int:
        return 3 + 2 * len(self.classes)  # onset, strength, activity; class of hits; class of spans

    @property
    def inputs(self) -> int:
        return self.channels + 2 * self.timbre  # of the last hit, of the span


@dataclass(frozen=True)
class DitSpec:
    """A masked diffusion transformer (MDSGen). Sizes T, S, B, L of the paper: `DitSpec.sized`."""

    depth: int = 12
    width: int = 192
    heads: int = 3
    latent_channels: int = 8
    latent_bins: int = 16
    latent_frames: int = 64
    patch: tuple[int, int] = (16, 1)  # (bins, frames) of one token
    layout: Literal["image", "official"] = "image"  # (B, C, F, L) | the authors' time-first (B, C, L, F)
    adaln: Literal["zero", "single"] = "single"
    relative_position_bias: bool = False
    decoder_depth: int = 4  # N2
    reducer: Literal["learned", "average", "attention", "none"] = "learned"  # none: all rows, as tokens
    aligned: bool = True  # add the feature of its own time to each latent column
    mask: Literal["tam", "sam", "fam", "none"] = "tam"
    mask_ratio: float = 0.3
    time_frequencies: int = 256
    features: int = 512
    feature_frames: int = 32

    def __post_init__(self) -> None:
        whole = {
            "latent_bins / patch bins": (self.latent_bins, self.patch[0]),
            "latent_frames / patch frames": (self.latent_frames, self.patch[1]),
            "width / heads": (self.width, self.heads),
            "width / 4 (sine and cosine of two axes)": (self.width, 4),
        }
        for name, (length, unit) in whole.items():
            if length % unit:
                raise UsageError(f"{name} = {length}/{unit} is not whole; change the DitSpec")
        if not 0 <= self.decoder_depth <= self.depth:
            raise UsageError(f"decoder_depth {self.decoder_depth} is not within depth {self.depth}; change the DitSpec")

    @property
    def columns(self) -> int:
        """Tokens along time."""
        return self.latent_frames // self.patch[1]

    @property
    def rows(self) -> int:
        """Tokens along frequency."""
        return self.latent_bins // self.patch[0]

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """Shape of one latent in this spec's layout, without the batch."""
        if self.layout == "official":
            return self.latent_channels, self.latent_frames, self.latent_bins
        return self.latent_channels, self.latent_bins, self.latent_frames

    @classmethod
    def sized(
        cls, size: Size, *, layout: Literal["image", "official"] = "image", adaln: Literal["zero", "single"] = "zero"
    ) -> DitSpec:
        """The paper's model of that size on the image VAE's latent, or the authors' code's on the audio VAE's."""
        depth, width, heads = _DIT_SIZES[size]
        latent = (4, 16, 64) if layout == "image" else (8, 16, 204)
        return cls(
            depth,
            width,
            heads,
            *latent,
            patch=(2, 2),
            layout=layout,
            adaln=adaln,
            relative_position_bias=layout == "official",
            aligned=False,
            time_frequencies=256 if layout == "image" else 204,
        )


Size = Literal["T", "S", "B", "L"]
_DIT_SIZES: dict[Size, tuple[int, int, int]] = {  # layers, width, heads
    "T": (12, 192, 3), "S": (12, 384, 6), "B": (12, 768, 12), "L": (24, 1024, 16),
}  # fmt: skip


@dataclass(frozen=True)
class EarsSpec:
    """log-mel (128, frames) -> embedding -> names of sounds: the listener of the evaluation."""

    classes: tuple[str, ...]
    mels: int = 128
    frames: int = 64  # 1.024 s
    widths: tuple[int, ...] = (24, 64, 128, 192)  # one per halving of both axes, after the first
    embedding: int = 64
    dropout: float = 0.3


@dataclass(frozen=True)
class SamplerSpec:
    """DPM-Solver++ 2M with power-cosine guidance, on a linear schedule of 1000 betas."""

    steps: int = 25
    guidance: float = 2.5
    guidance_power: float = 0.01
    guidance_rescale: float = 0.0  # 0..1: how far the guided output is given the conditional one's deviation again
    prediction: Literal["epsilon", "v"] = "epsilon"  # what the first half of the model's output is
    spacing: Literal["linear", "logsnr"] = "logsnr"  # of the steps: in t as the authors do, or in log SNR
    train_steps: int = 1000
    beta_start: float = 1e-4
    beta_end: float = 2e-2


WINDOW_SECONDS = Fraction(8192, 1000)
