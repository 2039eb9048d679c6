"""The classifiers of the evaluation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SoundClassifierSpec:
    """log-mel (128, frames) -> embedding -> names of sounds, for evaluation."""

    classes: tuple[str, ...]
    mels: int = 128
    frames: int = 64  # 1.024 s
    widths: tuple[int, ...] = (24, 64, 128, 192)  # one per halving of both axes, after the first
    embedding: int = 64
    dropout: float = 0.3
