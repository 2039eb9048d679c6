"""What a batch of rendered scenes contains, as arrays: the targets of the spotter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Truth:
    """What sounds in N clips, as arrays: E events (unused rows have frame -1000), T frames."""

    event_frame: npt.NDArray[np.float32]  # (N, E) frames, with fractions
    event_strength: npt.NDArray[np.float32]  # (N, E)
    event_class: npt.NDArray[np.int16]  # (N, E)
    event_place: npt.NDArray[np.float32]  # (N, E, 2) x, y in 0..1
    span_level: npt.NDArray[np.float32]  # (N, T)
    span_class: npt.NDArray[np.int16]  # (N, T)
