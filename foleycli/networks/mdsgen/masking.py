"""Which tokens of a latent are hidden while training: whole time columns (TAM), frequency rows (FAM) or any (SAM).

Tokens are numbered time first: token = column * rows + row. Drawn: 5 columns, 2 rows, TAM hiding columns 1 and 3.

    row 1   1 [3] 5 [7] 9
    row 0   0 [2] 4 [6] 8      time ->

The side-interpolator puts something at the hidden places before the last blocks; what was visible passes it untouched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from foleycli.networks.mdsgen.layers import Block
from foleycli.specs import DitSpec

MaskKind = Literal["tam", "sam", "fam", "none"]


@dataclass(frozen=True)
class Mask:
    """`visible` (B, V) ids in ascending order, and `hidden` (B, N) true where a token is not shown."""

    visible: Tensor
    hidden: Tensor

    def after_prefix(self, length: int) -> Mask:
        """The same mask of a sequence that `length` tokens precede, all of them visible."""
        prefix = torch.arange(length, device=self.visible.device).expand(len(self.visible), length)
        return Mask(torch.cat([prefix, self.visible + length], dim=1), F.pad(self.hidden, (length, 0)))

    def shown(self, tokens: Tensor) -> Tensor:
        """The visible ones of tokens (B, N, D): (B, V, D)."""
        return tokens.gather(1, self.visible[:, :, None].expand(-1, -1, tokens.shape[-1]))


def noise_length(kind: MaskKind, columns: int, rows: int) -> int:
    """How many uniform numbers per window order the units that this kind hides."""
    return {"tam": columns, "fam": rows, "sam": columns * rows, "none": 0}[kind]


def mask_from_noise(kind: MaskKind, columns: int, rows: int, ratio: float, noise: Tensor) -> Mask:
    """Keeps the units with the smallest noise (B, units): int(units * (1 - ratio)) of them, at least one."""
    units = noise.shape[1]
    kept = max(1, int(units * (1.0 - ratio) + 1e-6))  # 10 * (1 - 0.9) is 0.99.. in floats
    chosen = noise.argsort(dim=1)[:, :kept]
    hidden_units = torch.ones_like(noise, dtype=torch.bool).scatter(1, chosen, False)
    token = torch.arange(columns * rows, device=noise.device)
    unit_of_token = {"tam": token // rows, "fam": token % rows, "sam": token}[kind]
    hidden = hidden_units[:, unit_of_token]
    visible = hidden.to(torch.uint8).argsort(dim=1, stable=True)[:, : int((~hidden[0]).sum())]
    return Mask(visible, hidden)


def make_mask(
    kind: MaskKind, columns: int, rows: int, ratio: float, batch: int, generator: torch.Generator | None = None
) -> Mask | None:
    """A mask per window, drawn from `generator`, on its device; none for kind "none" or ratio 0."""
    if kind == "none" or ratio <= 0:
        return None
    device = None if generator is None else generator.device
    noise = torch.rand(batch, noise_length(kind, columns, rows), device=device, generator=generator)
    return mask_from_noise(kind, columns, rows, ratio=ratio, noise=noise)


def training_mask(spec: DitSpec, batch: int, generator: torch.Generator | None = None) -> Mask | None:
    """The mask that this spec trains with."""
    return make_mask(spec.mask, spec.columns, spec.rows, ratio=spec.mask_ratio, batch=batch, generator=generator)


class SideInterpolator(nn.Module):
    """Fills the hidden places from the visible tokens: one block, whose output is kept at hidden places only (MDT)."""

    def __init__(self, width: int, block: Block) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.block = block

    def forward(self, shown: Tensor, mask: Mask, places: Tensor, columns: Tensor | None, condition: Tensor) -> Tensor:
        """shown (B, V, D) -> (B, N, D); `places` are positions of all tokens, `columns` the aligned features of all."""
        token = self.token if columns is None else self.token + columns
        everywhere = token.to(shown.dtype).expand(*mask.hidden.shape, -1)
        where = mask.visible[:, :, None].expand(-1, -1, shown.shape[-1])
        before = everywhere.scatter(1, where, shown) + places
        filled = self.block(before, condition)
        return torch.where(mask.hidden[:, :, None], filled, before)
