"""The parts of a diffusion transformer: positions, time, attention, and a block that is modulated by a condition."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

_LONGEST_PERIOD = 10000.0
_MLP_RATIO = 4
BLOCK_CHUNKS = 6  # shift, scale, gate of attention, then of the MLP


def _sinusoids(places: Tensor, width: int) -> Tensor:
    """places (N,) -> (N, width): sines, then cosines."""
    frequencies = _LONGEST_PERIOD ** -(torch.arange(width // 2, dtype=torch.float64) / (width // 2))
    angles = places.double()[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


def grid_positions(columns: int, rows: int, width: int) -> Tensor:
    """Sine-cosine positions (1, columns * rows, width) of a time-first grid: half the width for each axis."""
    column = torch.arange(columns).repeat_interleave(rows)
    if rows == 1:
        return _sinusoids(column, width)[None]
    row = torch.arange(rows).repeat(columns)
    return torch.cat([_sinusoids(column, width // 2), _sinusoids(row, width // 2)], dim=1)[None]


class TimeEmbedding(nn.Module):
    """Diffusion step (B,) -> (B, D): cosines and sines of the step, then two Linear."""

    def __init__(self, frequencies: int, width: int) -> None:
        super().__init__()
        self.pairs = frequencies // 2
        self.mlp = nn.Sequential(nn.Linear(2 * self.pairs, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, t: Tensor) -> Tensor:
        steps = torch.arange(self.pairs, device=t.device, dtype=torch.float32)
        # product before quotient, as the authors do: at t = 903 the other order is off by 1e-5 of a turn
        angles = t.float()[:, None] * torch.exp(-math.log(_LONGEST_PERIOD) * steps / self.pairs)
        embedding: Tensor = self.mlp(torch.cat([angles.cos(), angles.sin()], dim=1))
        return embedding


class RelativeBias(nn.Module):
    """A learned number per head for each offset (columns apart, rows apart) of two tokens, added to the attention.

    The authors' table ends with three rows for a class token that MDSGen has not; they are kept for its checkpoints.
    `prefix` tokens that are no part of the grid get zeros. In eval the gathered (H, N, N) is kept until the table
    changes: it is the same at every step of every window.
    """

    index: Tensor

    def __init__(self, columns: int, rows: int, heads: int, prefix: int = 0) -> None:
        super().__init__()
        self.prefix = prefix
        self.table = nn.Parameter(torch.zeros((2 * columns - 1) * (2 * rows - 1) + 3, heads))
        column = torch.arange(columns).repeat_interleave(rows)
        row = torch.arange(rows).repeat(columns)
        apart = (column[:, None] - column + columns - 1) * (2 * rows - 1) + (row[:, None] - row + rows - 1)
        self.register_buffer("index", apart, persistent=False)  # (N, N)
        self._kept: tuple[tuple[int, int, torch.dtype, bool], Tensor] | None = None
        self._recorded: list[Tensor] = []  # CUDA graphs read these for as long as they live

    def forward(self, visible: Tensor | None = None) -> Tensor:
        """The bias (1, H, N, N) of all tokens, or (B, H, V, V) of the visible ids (B, V)."""
        if visible is None:
            return self._all()
        return self._all()[0][:, visible[:, :, None], visible[:, None, :]].transpose(0, 1)

    def _all(self) -> Tensor:
        if torch.compiler.is_compiling() or (torch.is_grad_enabled() and self.table.requires_grad):
            self._kept = None
            return self._gather()
        version = 0 if self.table.is_inference() else self.table._version  # tensors of inference mode count none
        state = (self.table.data_ptr(), version, self._dtype(), torch.is_inference_mode_enabled())
        if self._kept is None or self._kept[0] != state:
            self._kept = (state, self._gather())
        kept = self._kept[1]
        if _is_recorded(kept) and (not self._recorded or self._recorded[-1] is not kept):
            self._recorded.append(kept)
        return kept

    def _dtype(self) -> torch.dtype:
        device = self.table.device.type  # autocast would otherwise convert 32 MB in every block of every call
        narrow = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
        return torch.get_autocast_dtype(device) if narrow else self.table.dtype

    def _gather(self) -> Tensor:
        bias = self.table.t().to(self._dtype())[:, self.index]
        return F.pad(bias, (self.prefix, 0, self.prefix, 0))[None]


def _is_recorded(tensor: Tensor) -> bool:
    """Whether a CUDA graph that is being captured reads the tensor."""
    return tensor.is_cuda and torch.cuda.is_current_stream_capturing()


def _product(inputs: Tensor, linear: nn.Linear, activation: Literal["none", "gelu"] = "none") -> Tensor:
    """`linear` and its activation (GELU's tanh form), in one product of oneDNN where that was measured to be faster.

    On AVX-512 it takes 0.8 of the time of MKL's product and a GELU after it, and the same numbers but for rounding.
    """
    if _takes_onednn(inputs):
        fused: Tensor = torch.ops.mkldnn._linear_pointwise(
            inputs.contiguous(), linear.weight, linear.bias, activation, [], "tanh" if activation == "gelu" else ""
        )
        return fused
    product: Tensor = linear(inputs)
    return F.gelu(product, approximate="tanh") if activation == "gelu" else product


def _takes_onednn(inputs: Tensor) -> bool:
    plain = inputs.device.type == "cpu" and inputs.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    # the fused product has no gradient; a compiler fuses by itself
    return plain and not torch.is_grad_enabled() and not torch.compiler.is_compiling() and _onednn_is_faster()


@lru_cache(maxsize=1)
def _onednn_is_faster() -> bool:
    return (
        torch.backends.cpu.get_cpu_capability() == "AVX512"
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    )


class Attention(nn.Module):
    """Multi-head self-attention, fused, with an optional additive bias."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor, bias: Tensor | None) -> Tensor:
        qkv = _product(tokens, self.qkv)
        query, key, value = rearrange(qkv, "b n (three h d) -> three b h n d", three=3, h=self.heads)
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return _product(rearrange(mixed, "b h n d -> b n (h d)"), self.out)


class Mlp(nn.Sequential):
    """Linear, GELU, Linear: what the Sequential itself computes, in two products."""

    def forward(self, tokens: Tensor) -> Tensor:
        wide, _, narrow = self
        assert isinstance(wide, nn.Linear) and isinstance(narrow, nn.Linear)
        return _product(_product(tokens, wide, "gelu"), narrow)


class Modulation(nn.Module):
    """Condition (B, D) -> `chunks` vectors, each (B, 1, D), by a Linear of this block's own (adaLN-Zero)."""

    def __init__(self, width: int, chunks: int) -> None:
        super().__init__()
        self.chunks = chunks
        self.linear = nn.Linear(width, chunks * width)

    def forward(self, condition: Tensor) -> tuple[Tensor, ...]:
        vectors: Tensor = self.linear(F.silu(condition))[:, None]
        return vectors.chunk(self.chunks, dim=-1)


class SharedModulation(nn.Module):
    """A learned bias of this block's own on vectors that all blocks share (PixArt's adaLN-single)."""

    def __init__(self, width: int, chunks: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(chunks, width))

    def forward(self, shared: Tensor) -> tuple[Tensor, ...]:
        """shared (B, chunks, D), from one Linear for the whole network."""
        return (shared + self.bias)[:, :, None].unbind(dim=1)


def modulated(tokens: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Normalised tokens (B, N, D) times 1 + scale, plus shift; both (B, 1, D)."""
    normal = F.layer_norm(tokens, tokens.shape[-1:], eps=1e-6)
    return torch.addcmul(shift, normal, 1 + scale)


class Block(nn.Module):
    """Attention and MLP, each modulated before and gated after (DiT)."""

    def __init__(self, width: int, heads: int, adaln: Literal["zero", "single"], bias: RelativeBias | None) -> None:
        super().__init__()
        self.modulation = (Modulation if adaln == "zero" else SharedModulation)(width, BLOCK_CHUNKS)
        self.bias = bias
        self.attention = Attention(width, heads)
        self.mlp = Mlp(nn.Linear(width, _MLP_RATIO * width), nn.GELU("tanh"), nn.Linear(_MLP_RATIO * width, width))

    def forward(self, tokens: Tensor, condition: Tensor, visible: Tensor | None = None) -> Tensor:
        """tokens (B, N, D), whose ids are `visible` if given; condition as this block's modulation takes it."""
        shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self.modulation(condition)
        bias = None if self.bias is None else self.bias(visible)
        tokens = torch.addcmul(tokens, gate_a, self.attention(modulated(tokens, shift_a, scale_a), bias))
        return torch.addcmul(tokens, gate_m, self.mlp(modulated(tokens, shift_m, scale_m)))


class FinalLayer(nn.Module):
    """Tokens (B, N, D) -> the numbers of a patch (B, N, patch)."""

    def __init__(self, width: int, patch_numbers: int) -> None:
        super().__init__()
        self.modulation = Modulation(width, 2)
        self.linear = nn.Linear(width, patch_numbers)

    def forward(self, tokens: Tensor, condition: Tensor) -> Tensor:
        shift, scale = self.modulation(condition)
        patches: Tensor = self.linear(modulated(tokens, shift, scale))
        return patches
