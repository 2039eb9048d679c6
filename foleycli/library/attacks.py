"""Where something is struck in a recording."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foleycli.types import Wave

FRAMES_PER_SECOND = 200
RISE_DB, RISE_FRAMES = 10.0, 6  # an attack: this much louder than the 30 ms before it
LOUD_DB = 26.0  # under the loudest frame: softer rises are not attacks
APART_SECONDS, SHORTEST_SECONDS = 0.09, 0.05


def attack_frames(level_db: npt.NDArray[np.float64]) -> list[int]:
    """The frames of 5 ms at which attacks begin, from the level in dB of each frame (F,)."""
    padded = np.concatenate([np.full(RISE_FRAMES, -90.0), level_db])
    before = np.lib.stride_tricks.sliding_window_view(padded, RISE_FRAMES)[: len(level_db)].max(1)
    rising = (level_db > level_db.max(initial=-90.0) - LOUD_DB) & (level_db > before + RISE_DB)
    starts: list[int] = []
    for frame in np.flatnonzero(rising):
        if not starts or frame - starts[-1] > APART_SECONDS * FRAMES_PER_SECOND:
            starts.append(int(frame))
    return starts


def find_hits(wave: Wave, sample_rate: int, longest_seconds: float = 1.5) -> list[tuple[int, int]]:
    """Attacks in a recording (S,), rises of 10 dB within 30 ms: each (start, stop) in samples, to the next one."""
    hop = sample_rate // FRAMES_PER_SECOND
    frames = len(wave) // hop
    if frames < 4:
        return []
    level_db = 10 * np.log10((wave[: frames * hop].reshape(frames, hop) ** 2).mean(1) + 1e-9)
    edges = [*(frame * hop for frame in attack_frames(level_db)), len(wave)]
    longest = int(longest_seconds * sample_rate)
    return [(a, min(b, a + longest)) for a, b in pairwise(edges) if b - a > SHORTEST_SECONDS * sample_rate]
