"""What the spotter says of each frame, as NumPy curves. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Curve = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Spotting:
    """Curves of T frames at the spotter's rate; the curves of neighbouring chunks may be joined."""

    onset: Curve  # (T,) probability
    strength: Curve  # (T,) 0..1
    classes: Curve  # (T, classes) probability
    span: Curve  # (T,) probability that something sounds unstruck
    activity: Curve  # (T,) mean |difference| of the picture, 0..1
    busiest: Curve  # (T,) the same for the cell that moves most

    def __len__(self) -> int:
        return len(self.onset)

    def crop(self, start: int, stop: int) -> Spotting:
        """Frames start..stop, as of a slice."""
        return Spotting(*(getattr(self, field.name)[start:stop] for field in fields(self)))

    def copy(self) -> Spotting:
        """The same in arrays of its own: a crop holds on to the whole."""
        return Spotting(*(getattr(self, field.name).copy() for field in fields(self)))


def join(parts: Sequence[Spotting]) -> Spotting:
    """Curves laid end to end."""
    return Spotting(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Spotting)))
