"""Windows of sound laid end to end, crossfaded where they overlap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from foleycli.timeline import Window, to_samples

Samples = NDArray[np.float32]


def fade_in_gain(samples: int) -> Samples:
    """(S,) a quarter of a sine; with its reverse, the squares add up to 1: equal power for sounds that differ."""
    gain: Samples = np.sin((np.arange(samples) + 0.5) * (np.pi / 2 / max(1, samples))).astype(np.float32)
    return gain


def crossfade(old: Samples, new: Samples) -> Samples:
    """(S,) crossfaded from old to new, by their correlation: equal sounds pass unchanged, uncorrelated ones at equal
    power.
    """
    fade_in = fade_in_gain(len(new))
    fade_out = fade_in[::-1]
    power = np.square(old, dtype=np.float64).sum() * np.square(new, dtype=np.float64).sum()
    alike = max(0.0, np.multiply(old, new, dtype=np.float64).sum() / power**0.5) if power else 0.0
    mixed: Samples = (new * fade_in + old * fade_out) / np.sqrt(1 + 2 * alike * fade_in * fade_out)
    return mixed.astype(np.float32)


def stitch(parts: Iterable[tuple[Window, Samples]], sample_rate: int) -> Iterator[Samples]:
    """Yields the track piece by piece, (S,) each, from windows in order with their sound (S of the window or more).

    window 0  ────────────╲
    window 1            ╱───────────╲
    yielded   ──────────┊╳┊──────── ┊╳ ...      held back until the next comes: only the overlap
    """
    held = np.empty(0, np.float32)
    for window, samples in parts:
        begin, end = to_samples(window.start, sample_rate), to_samples(window.stop, sample_rate)
        if samples.ndim != 1 or len(samples) < end - begin:
            raise ValueError(f"window {window.index} needs {end - begin} samples, got an array of {samples.shape}")
        piece = samples[: end - begin].astype(np.float32)
        piece[: len(held)] = crossfade(held, piece[: len(held)])
        whole = to_samples(window.stop - window.fade_out, sample_rate) - begin
        held = piece[whole:]
        yield piece[:whole]
    if len(held):
        yield held
