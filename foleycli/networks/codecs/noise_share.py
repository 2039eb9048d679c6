"""How much of a decoded mel is noise, whose fine structure the decoder averages out.

    between partials = no partial of a tone in this bin
    noise share      = between partials x the level is steady around this frame

Both 0 to 1 for each bin and frame, from the mean mel that a decoder gives, and from nothing further away than 0.2 s.
"""

from __future__ import annotations

import torch.nn.functional as nnf
from torch import Tensor

PARTIAL_NAT = (0.4, 0.9)  # above the bins around it: all noise below, all tone above
PARTIAL_BINS, PARTIAL_FRAMES = 5, 3  # to each side: what a bin is compared with, how long a partial lasts
MOVING_NAT = (0.6, 1.4)  # between the highest and the lowest level around: steady below, an attack above
MOVING_BINS, MOVING_FRAMES = 4, 6  # to each side
AUDIBLE = -9.0  # log-mel: what moves below it does not count


def between_partials(mel: Tensor) -> Tensor:
    """0 where a partial stands in a mean log-mel (B, M, K), 1 where none does: (B, M, K)."""
    held = _mean(mel, 0, PARTIAL_FRAMES)
    above = held - _mean(held, PARTIAL_BINS, 0)
    return _under(nnf.max_pool2d(above, (3, 1), stride=1, padding=(1, 0)), PARTIAL_NAT)


def noise_share(mel: Tensor) -> Tensor:
    """How much of each bin and frame of a mean log-mel (B, M, K) is steady noise: (B, M, K), 0 to 1."""
    level = _mean(mel.clamp_min(AUDIBLE), MOVING_BINS, 1)
    around = (1, 2 * MOVING_FRAMES + 1)
    highest, lowest = (
        sign * nnf.max_pool2d(sign * level, around, stride=1, padding=(0, MOVING_FRAMES)) for sign in (1, -1)
    )
    return between_partials(mel) * _under(highest - lowest, MOVING_NAT)


def _mean(mel: Tensor, bins: int, frames: int) -> Tensor:
    """Over so many bins and frames to each side; at the borders the outermost values go on."""
    padded = nnf.pad(mel, (frames, frames, bins, bins), mode="replicate")
    return nnf.avg_pool2d(padded, (2 * bins + 1, 2 * frames + 1), stride=1)


def _under(values: Tensor, between: tuple[float, float]) -> Tensor:
    """1 up to the first of two values, 0 from the second on."""
    low, high = between
    return ((high - values) / (high - low)).clamp(0, 1)
