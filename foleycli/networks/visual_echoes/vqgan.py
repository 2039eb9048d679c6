"""The two published VQGANs: MAGE's of pictures, SpecVQGAN's of mel-spectrograms. Keys are the published ones.

x (B, C, H, W) -> encoder -> (B, E, H / 16, W / 16) -> nearest codes -> decoder -> (B, C, H, W)
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from foleycli.networks.visual_echoes.quantizer import Quantized, Quantizer
from foleycli.specs.visual_echoes import VqganSpec

_NORM_EPS = 1e-6


def _norm(width: int, spec: VqganSpec) -> nn.GroupNorm:
    return nn.GroupNorm(spec.groups, width, eps=_NORM_EPS)


def _conv(inputs: int, outputs: int, size: int, bias: bool) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=bias)


class ResBlock(nn.Module):
    """Two convolutions and a shortcut, (B, C, H, W) -> (B, C', H, W).

    Where the width changes, MaskGIT's shortcut is taken from the block's own output, not from its input: a quirk of
    the original that is in its weights.
    """

    def __init__(self, inputs: int, outputs: int, spec: VqganSpec) -> None:
        super().__init__()
        self.from_output = spec.layout == "maskgit"
        bias = spec.layout == "taming"
        self.norm1 = _norm(inputs, spec)
        self.conv1 = _conv(inputs, outputs, 3, bias=bias)
        self.norm2 = _norm(outputs, spec)
        self.conv2 = _conv(outputs, outputs, 3, bias=bias)
        self.nin_shortcut: nn.Conv2d | None = None
        if inputs != outputs:
            self.nin_shortcut = _conv(outputs if self.from_output else inputs, outputs, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = self.conv2(F.silu(self.norm2(h)))
        if self.nin_shortcut is None:
            return torch.as_tensor(x + h)
        return torch.as_tensor(self.nin_shortcut(h if self.from_output else x) + h)


class PlaceAttention(nn.Module):
    """Single-head attention over all places: (B, C, H, W) -> same."""

    def __init__(self, width: int, spec: VqganSpec) -> None:
        super().__init__()
        self.norm = _norm(width, spec)
        self.q, self.k, self.v = (nn.Conv2d(width, width, 1) for _ in range(3))
        self.proj_out = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(x)
        query, key, value = (rearrange(part(h), "b c h w -> b (h w) c") for part in (self.q, self.k, self.v))
        mixed = F.scaled_dot_product_attention(query, key, value)
        out: Tensor = x + self.proj_out(rearrange(mixed, "b (h w) c -> b c h w", h=x.shape[2]))
        return out


class Downsample(nn.Module):
    """Half of each axis by a strided convolution that is padded on the right and below only."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.pad(x, (0, 1, 0, 1)))
        return out


class Upsample(nn.Module):
    """Twice each axis: nearest neighbours, then a convolution."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return out


class Level(nn.Module):
    """The residual blocks of one resolution, each with its attention where there is one, and what comes after."""

    def __init__(self, widths: Iterable[tuple[int, int]], spec: VqganSpec, attends: bool) -> None:
        super().__init__()
        self.block = nn.ModuleList(ResBlock(inputs, outputs, spec) for inputs, outputs in widths)
        outputs = [block.conv2.out_channels for block in self.block if isinstance(block, ResBlock)]
        self.attn = nn.ModuleList(PlaceAttention(width, spec) for width in outputs) if attends else nn.ModuleList()
        self.downsample: Downsample | None = None
        self.upsample: Upsample | None = None

    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.block):
            x = block(x)
            if len(self.attn):
                x = self.attn[number](x)
        return x


class Middle(nn.Module):
    """Two residual blocks at the lowest resolution, SpecVQGAN's with attention between them."""

    def __init__(self, width: int, spec: VqganSpec) -> None:
        super().__init__()
        self.block_1 = ResBlock(width, width, spec)
        self.attn_1 = PlaceAttention(width, spec) if spec.layout == "taming" else nn.Identity()
        self.block_2 = ResBlock(width, width, spec)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block_2(self.attn_1(self.block_1(x)))
        return out


class Encoder(nn.Module):
    """x (B, C, H, W) -> (B, E, H / 16, W / 16)."""

    def __init__(self, spec: VqganSpec) -> None:
        super().__init__()
        taming = spec.layout == "taming"
        self.conv_in = _conv(spec.channels, spec.width, 3, bias=taming)
        self.down = nn.ModuleList()
        before, last = spec.width, len(spec.multipliers) - 1
        for number, factor in enumerate(spec.multipliers):
            after = spec.width * factor
            widths = [(before, after)] + [(after, after)] * (spec.blocks - 1)
            level = Level(widths, spec, attends=taming and number == last)
            if taming and number < last:
                level.downsample = Downsample(after)
            self.down.append(level)
            before = after
        self.mid = Middle(before, spec)
        self.norm_out = _norm(before, spec)
        self.conv_out = _conv(before, spec.code_width, 3 if taming else 1, bias=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for number, level in enumerate(self.down):
            x = level(x)
            if level.downsample is not None:
                x = level.downsample(x)  # type: ignore[operator]
            elif number < len(self.down) - 1:
                x = F.avg_pool2d(x, 2)
        out: Tensor = self.conv_out(F.silu(self.norm_out(self.mid(x))))
        return out


class Decoder(nn.Module):
    """(B, E, H / 16, W / 16) -> x (B, C, H, W)."""

    def __init__(self, spec: VqganSpec) -> None:
        super().__init__()
        taming = spec.layout == "taming"
        lowest = spec.width * spec.multipliers[-1]
        self.conv_in = _conv(spec.code_width, lowest, 3, bias=True)
        self.mid = Middle(lowest, spec)
        blocks, before, last = spec.blocks + int(taming), lowest, len(spec.multipliers) - 1
        levels: list[nn.Module] = []
        for number, factor in reversed(list(enumerate(spec.multipliers))):
            after = spec.width * factor
            widths = [(before, after)] + [(after, after)] * (blocks - 1)
            level = Level(widths, spec, attends=taming and number == last)
            if number:
                level.upsample = Upsample(after)
            levels.insert(0, level)
            before = after
        self.up = nn.ModuleList(levels)
        self.norm_out = _norm(before, spec)
        self.conv_out = _conv(before, spec.channels, 3, bias=True)

    def forward(self, z: Tensor) -> Tensor:
        x = self.mid(self.conv_in(z))
        for level in reversed(self.up):
            x = level(x)
            if level.upsample is not None:
                x = level.upsample(x)  # type: ignore[operator]
        out: Tensor = self.conv_out(F.silu(self.norm_out(x)))
        return out


class Vqgan(nn.Module):
    """Pictures (B, 3, H, W) in 0..1, or mels (B, 1, M, K) in -1..1, to codes (B, H / 16, W / 16) and back."""

    def __init__(self, spec: VqganSpec) -> None:
        super().__init__()
        self.spec = spec
        self.encoder, self.decoder = Encoder(spec), Decoder(spec)
        self.quantize = Quantizer(spec.codes, spec.code_width, spec.commitment)
        taming = spec.layout == "taming"
        self.quant_conv = nn.Conv2d(spec.code_width, spec.code_width, 1) if taming else nn.Identity()
        self.post_quant_conv = nn.Conv2d(spec.code_width, spec.code_width, 1) if taming else nn.Identity()

    def quantized(self, x: Tensor) -> Quantized:
        """x (B, C, H, W) -> vectors, codes and loss."""
        found: Quantized = self.quantize(self.quant_conv(self.encoder(x)))
        return found

    def encode(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) -> codes (B, H / 16, W / 16)."""
        return self.quantized(x).codes

    def decode(self, codes: Tensor) -> Tensor:
        """codes (B, h, w) -> x (B, C, 16 h, 16 w)."""
        out: Tensor = self.decoder(self.post_quant_conv(self.quantize.lookup(codes)))
        return out
