"""A soft limiter without memory: a track in chunks gives the same samples as the whole track."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

KNEE = 0.8  # below it nothing changes


def soft_limit(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Samples of any shape, bent by a tanh above the knee so that none reaches 1; smooth, odd, increasing."""
    over = np.maximum(np.abs(samples) - KNEE, 0.0)
    bent = KNEE + (1 - KNEE) * np.tanh(over / (1 - KNEE)) * (1 - 1e-6)
    return np.where(over > 0, np.sign(samples) * bent, samples).astype(np.float32)
