"""Maxima, minima and means of a window that moves over a curve, in NumPy: scipy's take half a second to import."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]


def moving_maximum(values: Curve, size: int) -> Curve:
    """(S,) -> (S,): the highest of the odd `size` values around each; beyond the ends there are none."""
    highest, covered = np.pad(values, size // 2, constant_values=-np.inf), 1
    while covered < size:  # each pass covers up to twice as many as the one before
        step = min(covered, size - covered)
        highest, covered = np.maximum(highest[:-step], highest[step:]), covered + step
    return highest


def moving_minimum(values: Curve, size: int) -> Curve:
    """(S,) -> (S,): the lowest of the odd `size` values around each; beyond the ends there are none."""
    return -moving_maximum(-values, size)


def moving_mean(values: Curve, size: int) -> Curve:
    """(S,) -> (S,): the mean of the odd `size` values around each; beyond the ends the curve is mirrored.

    Of values that are all 1 it is exactly 1.
    """
    if not len(values):
        return values
    sums = np.cumsum(np.pad(values - 1, (size // 2 + 1, size // 2), mode="symmetric"))
    return 1 + (sums[size:] - sums[:-size]) / size
