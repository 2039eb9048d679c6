"""What is in a recording: its hits, and the part of it that lasts. A block at a time, for recordings of any length.

power of every ms -> attacks -> each hit: start at its attack, stop at the next one, loudest 50 ms
                  -> body: without the silence at both ends
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foleycli.errors import InputError
from foleycli.library.attacks import FRAMES_PER_SECOND, SHORTEST_SECONDS, attack_frames
from foleycli.library.reading import opened
from foleycli.types import Wave

Powers = npt.NDArray[np.float64]

PER_SECOND = 1000  # powers a second
LONGEST_SECONDS = 4.0  # of a hit
ATTACK_DB = 10.0  # an attack is where the level first comes this near to the highest of its first 60 ms
BEFORE_MS, HIGHEST_MS = 6, 60
LOUDEST_MS, SEARCHED_MS = 50, 400
DECAYED_DB, SURE_SECONDS = 6.0, 0.5  # the middle third of a longer hit is this much softer; else it is a texture
SILENT_DB, BODY_DB = -70.0, 40.0
CANCELLED_DB = 9.0  # channels whose mean is this much softer than the loudest of them are not mixed
MOST_CHANNELS = 64


@dataclass(frozen=True)
class Hit:
    """A struck sound in samples of its recording, and the level of its loudest 50 ms in dB.

    It begins to rise at `rise`, its attack is at `start`, it ends at `stop`.
    """

    rise: int
    start: int
    stop: int
    level_db: float


@dataclass(frozen=True)
class Content:
    """What a recording holds, in samples at its own rate; `channel` None is the mean of its channels."""

    rate: int
    samples: int
    channel: int | None
    hits: tuple[Hit, ...]
    body: tuple[int, int]  # from the first to the last that is heard


def analyse(path: Path) -> Content:
    """Reads a recording once from end to end; raises InputError for one that can't be read or is silent."""
    with opened(path) as (rate, blocks):
        if rate < PER_SECOND:
            raise InputError(f"{path}: {rate} samples a second are too few; replace the recording")
        rows, samples = _powers(blocks, rate)
    if not samples or 10 * np.log10(rows.max(initial=0.0) + 1e-12) < SILENT_DB:
        raise InputError(f"{path}: silence; replace the recording")
    means = rows.mean(1)
    loudest = int(means[1:].argmax())
    cancelled = means[0] < means[1 + loudest] * 10 ** (-CANCELLED_DB / 10)
    power = rows[1 + loudest if cancelled else 0]
    heard = np.flatnonzero(power > power.max() * 10 ** (-BODY_DB / 10))
    body = _sample(int(heard[0]), rate), min(samples, _sample(int(heard[-1]) + 1, rate))
    return Content(rate, samples, loudest if cancelled else None, hits=hits_in(power, rate, samples), body=body)


def _powers(blocks: Iterator[Wave], rate: int) -> tuple[Powers, int]:
    """Mean power of every ms, (1 + C, M): of the mean of the channels, then of each; and the number of samples."""
    found, samples = [np.zeros((2, 0))], 0
    starts = np.arange(PER_SECOND) * rate // PER_SECOND
    for block in blocks:
        if not 1 <= len(block) <= MOST_CHANNELS:
            raise InputError(f"{len(block)} channels can't be read; replace the recording")
        if not block.shape[1]:
            continue
        level = block.astype(np.float64) - block.mean(1, keepdims=True)  # a constant offset is no sound
        here = starts[starts < block.shape[1]]
        lengths = np.diff([*here, block.shape[1]])
        found.append(np.add.reduceat(np.vstack([level.mean(0), level]) ** 2, here, axis=1) / lengths)
        samples += block.shape[1]
    rows = max(map(len, found))
    return np.concatenate([part for part in found if len(part) == rows], axis=1), samples


def hits_in(power: Powers, rate: int, samples: int) -> tuple[Hit, ...]:
    """The hits of a recording of so many samples, from its power of every ms (M,)."""
    step = PER_SECOND // FRAMES_PER_SECOND
    frames = len(power) // step
    if frames < 4:
        return ()
    level_db = 10 * np.log10(power[: frames * step].reshape(frames, step).mean(1) + 1e-9)
    rises = [frame * step for frame in attack_frames(level_db)]
    found = []
    for rise, after in pairwise([*rises, len(power)]):
        start = _attack(power, rise)
        stop = min(after if after == len(power) else after - BEFORE_MS, start + round(LONGEST_SECONDS * PER_SECOND))
        here = power[start:stop]
        loudest = _loudest(here[:SEARCHED_MS])
        if len(here) < SHORTEST_SECONDS * PER_SECOND or not _decays(here, loudest):
            continue
        level = round(float(10 * np.log10(loudest + 1e-12)), 2)
        first = max(0, rise - BEFORE_MS)
        found.append(
            Hit(_sample(first, rate), _sample(start, rate), stop=min(samples, _sample(stop, rate)), level_db=level)
        )
    return tuple(found)


def _attack(power: Powers, start: int) -> int:
    """The ms at which the level comes within 10 dB of the highest of the first 60 ms."""
    first = max(0, start - BEFORE_MS)
    highest = power[start : start + HIGHEST_MS].max()
    return first + int(np.argmax(power[first : start + HIGHEST_MS] >= highest * 10 ** (-ATTACK_DB / 10)))


def _loudest(power: Powers) -> float:
    width = min(LOUDEST_MS, len(power))
    total = np.concatenate([[0.0], np.cumsum(power)])
    return float((total[width:] - total[:-width]).max() / width) if width else 0.0


def _decays(power: Powers, loudest: float) -> bool:
    middle = power[len(power) // 3 : 2 * len(power) // 3]
    return len(power) < SURE_SECONDS * PER_SECOND or float(middle.mean()) < loudest * 10 ** (-DECAYED_DB / 10)


def _sample(ms: int, rate: int) -> int:
    return ms * rate // PER_SECOND
