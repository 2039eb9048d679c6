"""What a rendered scene is: pictures, and the exact truth about what sounds in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
GREY_OF_RGB = np.array([0.299, 0.587, 0.114], dtype=np.float32)  # ITU-R BT.601


@dataclass(frozen=True)
class Event:
    """A hit: `time` in seconds of first contact, `strength` 0..1, contact point `x`, `y` in 0..1 of the picture."""

    time: float
    strength: float
    sound: str
    x: float
    y: float


@dataclass(frozen=True)
class Span:
    """A lasting sound from `start` to `stop` in seconds at `level` 0..1."""

    start: float
    stop: float
    level: float
    sound: str


@dataclass(frozen=True)
class Scene:
    """`frames` uint8 (T,H,W,3), grey (T,H,W,1), at `frames_per_second`, and the events and spans that are heard."""

    kind: str
    frames: npt.NDArray[np.uint8]
    frames_per_second: float
    events: tuple[Event, ...]
    spans: tuple[Span, ...]
