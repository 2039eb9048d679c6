"""What the parts of a Visual Echoes model are, as frozen data. Axes: B batch, N places, D width, H x W a grid.

The places of a sequence: [C], then the picture's tokens row by row, then the sound's (lowest band first).
The ids: the picture's codes, then the sound's, then [C], then [MASK], the last.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, prod
from typing import Literal

from foleycli.errors import UsageError

Padding = Literal["learnable", "class"]


@dataclass(frozen=True)
class TransformerSpec:
    """MAGE's encoder and decoder over `places` tokens beside [C]; `vocabulary` ids, the last of them [MASK]."""

    vocabulary: int
    class_id: int
    places: int
    width: int = 768
    depth: int = 12
    heads: int = 12
    decoder_width: int = 768
    decoder_depth: int = 8
    decoder_heads: int = 16
    padding: Padding = "learnable"  # at hidden places before the decoder: one vector, or the output of [C]
    dropout: float = 0.1

    def __post_init__(self) -> None:
        for name, width, heads in (
            ("width", self.width, self.heads),
            ("decoder_width", self.decoder_width, self.decoder_heads),
        ):
            if width % heads:
                raise UsageError(f"{name} {width} is not a multiple of its {heads} heads; change the TransformerSpec")

    @property
    def mask_id(self) -> int:
        """The id of [MASK]."""
        return self.vocabulary - 1


@dataclass(frozen=True)
class TokenLayout:
    """Where the tokens of a picture and of a sound stand in one sequence, and which ids are theirs.

    A grid is (rows, columns), read row by row; the rows of a sound are bands, lowest first.
    """

    image_codes: int
    image_grid: tuple[int, int]
    sound_codes: int
    sound_grid: tuple[int, int]

    @property
    def image_places(self) -> int:
        """Tokens of a picture."""
        return prod(self.image_grid)

    @property
    def sound_places(self) -> int:
        """Tokens of a sound."""
        return prod(self.sound_grid)

    @property
    def places(self) -> int:
        """Tokens of a sequence, without [C]."""
        return self.image_places + self.sound_places

    @property
    def class_id(self) -> int:
        """The id of [C]."""
        return self.image_codes + self.sound_codes

    @property
    def vocabulary(self) -> int:
        """Ids in all: both sets of codes, [C] and [MASK]."""
        return self.class_id + 2

    def transformer(self, size: Size | None = None, **changes: int | float | Padding) -> TransformerSpec:
        """The transformer over this layout: MAGE's B or L, or widths and depths of one's own."""
        chosen = _SIZES[size] if size is not None else {}
        return TransformerSpec(self.vocabulary, self.class_id, self.places, **(chosen | changes))  # type: ignore[arg-type]


Size = Literal["B", "L"]
_SIZES: dict[Size, dict[str, int]] = {
    "B": {"width": 768, "depth": 12, "heads": 12, "decoder_width": 768, "decoder_depth": 8, "decoder_heads": 16},
    "L": {"width": 1024, "depth": 24, "heads": 16, "decoder_width": 1024, "decoder_depth": 8, "decoder_heads": 16},
}
PUBLISHED_LAYOUT = TokenLayout(1024, (16, 16), 1024, sound_grid=(5, 53))  # MAGE's VQGAN, SpecVQGAN


@dataclass(frozen=True)
class VqganSpec:
    """A published convolutional VQGAN, 16 times smaller on each axis.

    "maskgit": MAGE's port of MaskGIT's JAX model, of RGB pictures; "taming": SpecVQGAN's, of mels in -1..1.
    """

    layout: Literal["maskgit", "taming"]
    channels: int = 3
    width: int = 128
    multipliers: tuple[int, ...] = (1, 1, 2, 2, 4)
    blocks: int = 2
    codes: int = 1024
    code_width: int = 256
    groups: int = 32
    commitment: float = 0.25

    @property
    def reduction(self) -> int:
        """How many times smaller the grid of codes is than the picture, on each axis."""
        return int(2 ** (len(self.multipliers) - 1))


MAGE_VQGAN = VqganSpec("maskgit")
SPECVQGAN = VqganSpec("taming", channels=1)


@dataclass(frozen=True)
class MelganSpec:
    """mel (B, M, K) in 0..1 -> waveform (B, S): SpecVQGAN's vocoder, 256 samples a frame."""

    mels: int = 80
    width: int = 32  # channels at the full rate
    ratios: tuple[int, ...] = (8, 8, 2, 2)
    residual_layers: int = 3


@dataclass(frozen=True)
class PatchVqSpec:
    """The built-in tokenizer: patches projected to a few numbers, the nearest of `codes`, a convolutional decoder.

    Of x (B, C, H, W): pictures in -1..1, or the codec's latents at unit variance.
    """

    channels: int
    rows: int  # H: a place knows its row, for pitch and horizon mean something
    patch: int  # pixels on each side, a power of 2
    widths: tuple[int, ...]  # of the decoder, one per doubling, from the grid of codes up
    blocks: tuple[int, ...]  # residual blocks per width
    last_width: int = 16  # at full size
    codes: int = 1024
    code_width: int = 16

    def __post_init__(self) -> None:
        if 2 ** len(self.widths) != self.patch or len(self.blocks) != len(self.widths):
            raise UsageError(f"{len(self.widths)} doublings don't make patches of {self.patch}; change the PatchVqSpec")


@dataclass(frozen=True)
class WordVqSpec:
    """What a picture shows or a sound is as `words` codes, from `labels` numbers about it."""

    labels: int
    score_width: int = 37  # directions that tell the classes apart
    code_width: int = 37
    words: int = 8
    codes: int = 64  # of each word


ECHO_SOUND_VQ = PatchVqSpec(
    8, 16, 2, widths=(96,), blocks=(2,), codes=1024
)  # 4.096 s: latent (8, 16, 32) -> 8 x 16 tokens
ECHO_IMAGE_VQ = PatchVqSpec(
    3, 64, 8, widths=(96, 48, 16), blocks=(2, 0, 0), last_width=8, codes=512
)  # 64 x 64 pixels -> 8 x 8 tokens
ECHO_PICTURE_WORDS = WordVqSpec(1000)  # ImageNet's labels
ECHO_SOUND_WORDS = WordVqSpec(2 * 8 * 16 + 3 * 512)  # statistics of latents
ECHO_LAYOUT = TokenLayout(512 + 8 * 64, (9, 8), 1024 + 8 * 64, sound_grid=(9, 16))  # a row of words above each grid


@dataclass(frozen=True)
class DecodingSpec:
    """`steps` N and `temperature` T of the choice of places; `guidance` w (1: none), constant or growing from 1."""

    steps: int = 12
    temperature: float = 4.5
    guidance: float = 1.0
    guidance_schedule: Literal["constant", "linear"] = "constant"

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UsageError(f"{self.steps} decoding steps; at least 1 is needed")
        if not 0 <= self.temperature < inf:
            raise UsageError(f"temperature {self.temperature} makes no sense; 0 is greedy in its places, 4.5 usual")

    def changed(self, steps: int | None, temperature: float | None, guidance: float | None) -> DecodingSpec:
        """With those that are given replaced."""
        given = {"steps": steps, "temperature": temperature, "guidance": guidance}
        return replace(self, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


@dataclass(frozen=True)
class EchoSpec:
    """Where a Visual Echoes model has its tokenizers from.

    image "patch": in the bundle; "mage": MAGE's VQGAN, pulled from the Hub. sound "latent": in the bundle, over the
    latents of the model called `codec`; "specvqgan": SpecVQGAN and MelGAN, imported from disk.
    """

    image: Literal["patch", "mage"] = "patch"
    sound: Literal["latent", "specvqgan"] = "latent"
    codec: str = "pocket"
    codec_sha256: str = ""  # of its VAE's file: the codes mean something over these latents alone
