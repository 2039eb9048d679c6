"""The masked diffusion transformer, MDSGen, in its sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from foleycli.errors import UsageError


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
