"""Video features (B, T, 512) to what the transformer reads: one vector, rows as tokens, or columns in time."""

from __future__ import annotations

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from foleycli.specs import DitSpec

_NORM_EPS = 1e-12  # the authors'; the default 1e-5 moves the golden vectors


class Reducer(nn.Module):
    """Many alike rows to one vector (MDSGen, section 3.2): learned weights over frames, their mean, or attention."""

    def __init__(self, spec: DitSpec) -> None:
        super().__init__()
        self.kind = spec.reducer
        self.project = nn.Sequential(
            nn.Linear(spec.features, spec.width), nn.GELU(), nn.LayerNorm(spec.width, eps=_NORM_EPS)
        )
        if self.kind == "learned":
            self.weights = nn.Linear(spec.feature_frames, 1)  # the authors' 1x1 convolution with frames as channels
        if self.kind == "attention":
            self.query = nn.Linear(spec.width, 1, bias=False)
        if self.kind != "none":
            self.finish = nn.Sequential(nn.GELU(), nn.LayerNorm(spec.width, eps=_NORM_EPS))

    def rows(self, features: Tensor) -> Tensor:
        """features (B, T, 512) -> (B, T, D), every row kept."""
        rows: Tensor = self.project(features)
        return rows

    def forward(self, features: Tensor) -> Tensor:
        """features (B, T, 512) -> (B, D)."""
        rows = self.rows(features)
        if self.kind == "learned":
            pooled = self.weights(rows.transpose(1, 2)).squeeze(-1)  # (B, D, T) -> (B, D)
        elif self.kind == "attention":
            pooled = (rows * self.query(rows).softmax(dim=1)).sum(dim=1)
        else:
            pooled = rows.mean(dim=1)
        vector: Tensor = self.finish(pooled)
        return vector


class ColumnFeatures(nn.Module):
    """The feature of its own time for each latent column: 32 rows -> `columns`, each of width D.

    Where a row covers r whole columns, one Linear makes all r of them, so a row can say when within its quarter second:

        row        |    0    |    1    |    2    |      r = 2
        columns    | 0  | 1  | 2  | 3  | 4  | 5  |

    Otherwise one column vector per row, interpolated linearly in time. No bias: absent features add nothing.
    """

    def __init__(self, spec: DitSpec) -> None:
        super().__init__()
        self.columns = spec.columns
        whole, rest = divmod(spec.columns, spec.feature_frames)
        self.columns_per_row = whole if rest == 0 else 0
        self.project = nn.Linear(spec.features, max(1, self.columns_per_row) * spec.width, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """features (B, T, 512) -> (B, columns, D)."""
        projected = self.project(features)
        if self.columns_per_row:
            columns: Tensor = rearrange(projected, "b t (r d) -> b (t r) d", r=self.columns_per_row)
            return columns
        return F.interpolate(projected.transpose(1, 2), self.columns, mode="linear").transpose(1, 2)
