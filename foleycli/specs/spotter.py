"""The network that finds hits in pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SpotterSpec:
    """Frames (T, 64, 64) at 25 fps -> onset, strength and class per frame."""

    frames_per_second: int = 25
    size_pixels: int = 64
    grid_cells: int = 16
    grid_channels: int = 8
    stem_width: int = 48
    width: int = 64  # of each cell of the 4 x 4, through time
    dilations: tuple[int, ...] = (1, 2, 4, 8, 8, 2)  # frames; their sum is what is seen to either side: 1 s
    classes: tuple[str, ...] = ()
    lag_seconds: float = 0.0  # constant added to every spotted time
    threshold: float = 0.65  # onset probability that makes a cue (the weighted loss inflates it)
    calibration: tuple[float, float] = (1.0, 0.0)  # slope and intercept: logit of the onset -> of the confidence
