"""MDSGen: a diffusion transformer over the latent of a mel, told what it sees by one vector and its own columns.

latent -> patches + positions + aligned columns -> [N1 blocks] -> + second positions -> [N2 blocks] -> patches
                                                        |                  ^
                      training, masked: visible tokens only  -> interpolator fills the hidden ones
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from foleycli.errors import UsageError
from foleycli.networks.mdsgen.layers import (
    BLOCK_CHUNKS,
    Block,
    FinalLayer,
    Modulation,
    RelativeBias,
    TimeEmbedding,
    grid_positions,
)
from foleycli.networks.mdsgen.masking import Mask, SideInterpolator
from foleycli.networks.mdsgen.reducer import ColumnFeatures, Reducer
from foleycli.specs import DitSpec


@dataclass(frozen=True)
class Condition:
    """What the picture says, once per window: one vector (B, D), a vector per latent column, or all rows as tokens."""

    vector: Tensor | None = None  # (B, D)
    columns: Tensor | None = None  # (B, columns, D)
    rows: Tensor | None = None  # (B, T, D)

    def tensors(self) -> tuple[Tensor, ...]:
        """Those that are there, in the order of the fields."""
        return tuple(one for one in (self.vector, self.columns, self.rows) if one is not None)

    def with_tensors(self, tensors: Sequence[Tensor]) -> Condition:
        """A condition of the same kind, of other `tensors()`."""
        rest = iter(tensors)
        return Condition(*(None if one is None else next(rest) for one in (self.vector, self.columns, self.rows)))

    def joined(self, other: Condition) -> Condition:
        """These windows, then those of `other`, which is of the same kind, as one batch."""
        pairs = zip(self.tensors(), other.tensors(), strict=True)
        return self.with_tensors([torch.cat(pair) for pair in pairs])

    def hidden(self) -> Condition:
        """The same windows without a condition: the zeros that dropout gives while training."""
        return self.with_tensors([torch.zeros_like(one) for one in self.tensors()])


class MDSGen(nn.Module):
    """Noisy latent, step and video features -> epsilon and sigma, in the spec's layout (MDSGen, ICLR 2025)."""

    def __init__(self, spec: DitSpec) -> None:
        super().__init__()
        self.spec = spec
        patch_numbers = spec.latent_channels * spec.patch[0] * spec.patch[1]
        self.embed = nn.Linear(patch_numbers, spec.width)
        self.positions = nn.Parameter(grid_positions(spec.columns, spec.rows, spec.width))
        self.aligned = ColumnFeatures(spec) if spec.aligned else None
        self.prefix = spec.feature_frames if spec.reducer == "none" else 0
        self.row_positions = nn.Parameter(grid_positions(self.prefix, 1, spec.width)) if self.prefix else None
        self.time = TimeEmbedding(spec.time_frequencies, spec.width)
        self.reducer = Reducer(spec)
        self.shared_modulation = Modulation(spec.width, BLOCK_CHUNKS) if spec.adaln == "single" else None
        self.blocks = nn.ModuleList(self._block() for _ in range(spec.depth))
        self.interpolator = SideInterpolator(spec.width, self._block()) if spec.mask != "none" else None
        self.decoder_positions = nn.Parameter(grid_positions(spec.columns, spec.rows, spec.width))
        self.final = FinalLayer(spec.width, 2 * patch_numbers)
        self.initialise()

    def _block(self) -> Block:
        spec = self.spec
        bias = (
            RelativeBias(spec.columns, spec.rows, spec.heads, prefix=self.prefix)
            if spec.relative_position_bias
            else None
        )
        return Block(spec.width, spec.heads, spec.adaln, bias=bias)

    def initialise(self) -> None:
        """Starting weights, in the order of `forward`; positions are sinusoids already."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)  # of the aligned columns too: they count from the first step
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for index in (0, 2):
            nn.init.normal_(self.time.mlp[index].weight, std=0.02)  # type: ignore[arg-type]  # DiT's
        for module in self.modules():
            if isinstance(module, RelativeBias):
                nn.init.trunc_normal_(module.table, std=0.02)
            if isinstance(module, Modulation):
                nn.init.zeros_(module.linear.weight)  # adaLN-Zero: each block starts as the identity
            if isinstance(module, SideInterpolator):
                nn.init.normal_(module.token, std=0.02)
        nn.init.zeros_(self.final.linear.weight)  # epsilon starts at its mean

    def forward(
        self,
        latent: Tensor,
        t: Tensor,
        features: Tensor | None,
        *,
        drop: Tensor | None = None,
        mask: Mask | None = None,
    ) -> Tensor:
        """latent (B, C, F, L) or (B, C, L, F) as the layout says, t (B,), features (B, 32, 512) -> 2C channels.

        Epsilon comes first, then sigma. Where `drop` (B,) is true, and where features are None, there is no condition.
        """
        return self.denoise(latent, t, self.condition(features, drop), mask)

    def condition(self, features: Tensor | None, drop: Tensor | None = None) -> Condition:
        """The part of `forward` that is the same at every step of the sampler."""
        if features is None:
            return Condition()
        kept = features.new_ones(len(features), 1) if drop is None else (~drop).to(features.dtype)[:, None]
        return Condition(
            vector=None if self.prefix else self.reducer(features) * kept,
            columns=None if self.aligned is None else self.aligned(features) * kept[:, :, None],
            rows=self.reducer.rows(features) * kept[:, :, None] if self.prefix else None,
        )

    def denoise(self, latent: Tensor, t: Tensor, condition: Condition, mask: Mask | None = None) -> Tensor:
        """`forward` on a condition that was made before the loop."""
        vector = self.time(t) if condition.vector is None else self.time(t) + condition.vector  # (B, D)
        modulation = vector if self.shared_modulation is None else self._shared(vector)
        columns = self._column_tokens(condition)
        tokens = self._first_tokens(latent, condition, columns)  # (B, P + N, D)
        if mask is not None:
            mask = mask.after_prefix(self.prefix) if self.prefix else mask
            tokens = mask.shown(tokens)  # (B, P + V, D)
        visible = None if mask is None else mask.visible
        first_of_decoder = self.spec.depth - self.spec.decoder_depth
        for block in self.blocks[:first_of_decoder]:
            tokens = block(tokens, modulation, visible)
        places = F.pad(self.decoder_positions, (0, 0, self.prefix, 0))
        tokens = self._filled(tokens, mask, places, columns, modulation)  # (B, P + N, D)
        for block in self.blocks[first_of_decoder:]:
            tokens = block(tokens, modulation)
        return self._latent(self.final(tokens[:, self.prefix :], vector))

    def _shared(self, vector: Tensor) -> Tensor:
        assert self.shared_modulation is not None
        return torch.cat(self.shared_modulation(vector), dim=1)  # (B, chunks, D)

    def _first_tokens(self, latent: Tensor, condition: Condition, columns: Tensor | None) -> Tensor:
        tokens: Tensor = self.embed(self._patches(latent)) + self.positions
        if self.row_positions is not None:
            rows = self.row_positions.expand(len(tokens), -1, -1)
            tokens = torch.cat([rows if condition.rows is None else rows + condition.rows, tokens], dim=1)
        return tokens if columns is None else tokens + columns

    def _column_tokens(self, condition: Condition) -> Tensor | None:
        """Aligned features of every token (B, P + N, D): those of its column."""
        if condition.columns is None:
            return None
        return F.pad(condition.columns.repeat_interleave(self.spec.rows, dim=1), (0, 0, self.prefix, 0))

    def _filled(
        self, tokens: Tensor, mask: Mask | None, places: Tensor, columns: Tensor | None, modulation: Tensor
    ) -> Tensor:
        """All tokens at their second positions, the hidden ones made up."""
        if mask is None:
            return tokens + places
        if self.interpolator is None:
            raise UsageError('this model was made without the masked branch; make it with DitSpec(mask="tam")')
        filled: Tensor = self.interpolator(tokens, mask, places, columns, modulation)
        return filled

    def _patches(self, latent: Tensor) -> Tensor:
        """Latent -> (B, N, C * patch), time first."""
        axes = "(l q) (f p)" if self.spec.layout == "official" else "(f p) (l q)"
        bins, frames = self.spec.patch
        patches: Tensor = rearrange(latent, f"b c {axes} -> b (l f) (c q p)", p=bins, q=frames)
        return patches

    def _latent(self, patches: Tensor) -> Tensor:
        """(B, N, patch * 2C) -> a latent of 2C channels."""
        axes = "(l q) (f p)" if self.spec.layout == "official" else "(f p) (l q)"
        bins, frames = self.spec.patch
        latent: Tensor = rearrange(patches, f"b (l f) (q p c) -> b c {axes}", l=self.spec.columns, p=bins, q=frames)
        return latent


def without_interpolator(spec: DitSpec, state: Mapping[str, Tensor]) -> tuple[DitSpec, dict[str, Tensor]]:
    """The model as inference needs it: no masked branch in the spec, none of its weights."""
    return replace(spec, mask="none"), {k: v for k, v in state.items() if not k.startswith("interpolator.")}


def parameter_count(spec: DitSpec) -> int:
    """Trainable numbers of the model that this spec describes, counted without making them."""
    with torch.device("meta"):
        model = MDSGen(spec)
    return sum(parameter.numel() for parameter in model.parameters())
