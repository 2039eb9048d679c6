"""Types that several packages share. NumPy is named for the type checker alone: `foley --help` does not load it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Wave: TypeAlias = "npt.NDArray[np.float32]"  # samples (S,), or (C, S), in -1..1
Progress = Callable[[str, int, int], None]  # (stage, done, total)
