"""Fades at the start and the end of a track."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def faded(chunks: Iterable[Samples], fade_in: int, fade_out: int, length: int) -> Iterator[Samples]:
    """The chunks (..., S_i) of a track of `length` samples, with its first and last samples faded.

    gain   ___________        half a cosine at either end: silent at the ends, half way at the middle of a fade,
         /             \\      smooth in between
    """
    at = 0
    for chunk in chunks:
        count = chunk.shape[-1]
        from_start = np.arange(at, at + count) + 0.5
        at += count
        if from_start[0] < fade_in or from_start[-1] > length - fade_out:
            chunk = chunk * (_rise(from_start, fade_in) * _rise(length - from_start, fade_out)).astype(np.float32)
        yield chunk


def _rise(samples: NDArray[np.float64], fade: int) -> NDArray[np.float64]:
    share = np.clip(samples / fade, 0.0, 1.0) if fade else np.ones_like(samples)
    return np.asarray(np.sin(share * (np.pi / 2)) ** 2)
