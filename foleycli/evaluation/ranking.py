"""Scores a take against its cues: timing, level, noise between hits, limiting. No network is used.

sync      correlation of the track's onset envelope with the hits, each as tall as it is strong, blurred by 40 ms
level     mean |dB| between what was asked and the loudest 50 ms of a hit, or the mean level of a span; 24 at most
noise     mean dB of the quietest 50 ms after each hit, under the hit's asked level; -60 at least
bent      share of samples over the knee of the soft limiter
quality   (1 - 100 bent) times the mean of 1 - level / 24 and noise / -60
total     mean of sync and quality; what ranks takes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foleycli.audio.level_rider import (
    ATTACK_SECONDS,
    BLOCK_SECONDS,
    LEAD_SECONDS,
    STRENGTH_RANGE_DB,
    wanted_db,
)
from foleycli.audio.limit import KNEE
from foleycli.cues.sheet import Cue
from foleycli.evaluation.metrics import EARLY_SECONDS, ENVELOPE_RATE, SMOOTH_SECONDS, onset_envelope, smooth
from foleycli.types import Wave

Reader = Callable[[float, float], Wave]  # (from, to) in the seconds that the cues count -> (S,)

CHUNK_SECONDS = 20.0  # read at a time, so that memory stays flat
CONTEXT_SECONDS = 0.1  # read on either side of a chunk
REST_SECONDS = 2.0  # after a hit, up to the next one: the part in which the quietest 50 ms are searched
SHORTEST_REST_SECONDS = 0.15
QUIET_DB = -60.0
BENT_SHARE = 0.01  # with 1 % of the samples over the knee the quality is 0


@dataclass(frozen=True)
class TakeScores:
    """Scores of one take; None where the cues give nothing to measure. `sync`, `quality`, `total`: 1 is best."""

    sync: float | None
    level_error_db: float | None
    noise_db: float | None
    bent_share: float
    quality: float
    total: float


def score_take(read: Reader, start: float, stop: float, sample_rate: int, cues: Sequence[Cue]) -> TakeScores:
    """Scores the track from `start` to `stop` seconds against the cues that it was asked to play."""
    heard = [cue for cue in cues if not cue.mute and start <= cue.time < stop]
    hits = sorted((cue for cue in heard if cue.stop is None), key=lambda cue: cue.time)
    spans = [cue for cue in heard if cue.stop is not None]
    envelope, bent = _listen(read, start, stop, sample_rate=sample_rate)
    sync = _sync(envelope, hits, start)
    level = _mean(_level_errors(read, hits, spans, stop=stop, sample_rate=sample_rate))
    noise = _mean(_rests(read, hits, spans, stop=stop, sample_rate=sample_rate))
    marks = [] if level is None else [1 - level / STRENGTH_RANGE_DB]
    marks += [] if noise is None else [noise / QUIET_DB]
    quality = max(0.0, 1 - bent / BENT_SHARE) * (1.0 if not marks else float(np.mean(marks)))
    total = quality if sync is None else (sync + quality) / 2
    return TakeScores(
        _short(sync),
        _short(level),
        _short(noise),
        bent_share=round(bent, 6),
        quality=round(quality, 6),
        total=round(total, 6),
    )


def _short(score: float | None) -> float | None:
    return None if score is None else round(score, 6)


def _listen(read: Reader, start: float, stop: float, sample_rate: int) -> tuple[npt.NDArray[np.float64], float]:
    """The onset envelope of the whole, 200 values a second from `start`, and the share of samples over the knee."""
    pieces, over, samples = [], 0, 0
    for first in np.arange(start, stop, CHUNK_SECONDS):
        last = min(first + CHUNK_SECONDS, stop)
        before = min(CONTEXT_SECONDS, first - start)
        envelope = onset_envelope(read(first - before, min(last + CONTEXT_SECONDS, stop)), sample_rate)
        skip = round(before * ENVELOPE_RATE)
        pieces.append(envelope[skip : skip + round((last - first) * ENVELOPE_RATE)])
        wave = read(first, last)
        over, samples = over + int((np.abs(wave) > KNEE).sum()), samples + len(wave)
    return np.concatenate(pieces), over / max(1, samples)


def _sync(envelope: npt.NDArray[np.float64], hits: Sequence[Cue], start: float) -> float | None:
    if not hits:
        return None
    asked = np.zeros(len(envelope))
    for cue in hits:
        place = round((cue.time - start - EARLY_SECONDS) * ENVELOPE_RATE)
        asked[min(max(0, place), len(asked) - 1)] += cue.strength
    curves = [smooth(curve, SMOOTH_SECONDS * ENVELOPE_RATE) for curve in (envelope, asked)]
    own, other = (curve - curve.mean() for curve in curves)
    norm = float(np.linalg.norm(own) * np.linalg.norm(other))
    return max(0.0, float(own @ other) / norm) if norm > 1e-9 else 0.0


def _level_errors(
    read: Reader, hits: Sequence[Cue], spans: Sequence[Cue], stop: float, sample_rate: int
) -> list[float]:
    found = []
    for cue, after in _followed(hits, stop):
        wave = read(max(0.0, cue.time - LEAD_SECONDS), min(after, cue.time + ATTACK_SECONDS))
        found.append((cue, float(_blocks_db(wave, sample_rate).max())))
    for cue in spans:  # the first of a long one stands for it
        wave = read(cue.time, min(cue.stop or stop, stop, cue.time + CHUNK_SECONDS))
        found.append((cue, _decibels(float(np.square(wave, dtype=np.float64).mean()) if len(wave) else 0.0)))
    return [min(abs(level - wanted_db(cue)), STRENGTH_RANGE_DB) for cue, level in found]


def _rests(read: Reader, hits: Sequence[Cue], spans: Sequence[Cue], stop: float, sample_rate: int) -> list[float]:
    found = []
    for cue, after in _followed(hits, stop):
        end = min(after - LEAD_SECONDS, cue.time + REST_SECONDS)
        covered = any(span.time < end and (span.stop or stop) > cue.time for span in spans)
        if end - cue.time >= SHORTEST_REST_SECONDS and not covered:
            quietest = float(_blocks_db(read(cue.time + BLOCK_SECONDS, end), sample_rate).min())
            found.append(float(np.clip(quietest - wanted_db(cue), QUIET_DB, 0.0)))
    return found


def _blocks_db(wave: Wave, sample_rate: int) -> npt.NDArray[np.float64]:
    """Levels of blocks of 50 ms, a fifth of it apart; one block of what there is if that is shorter."""
    size = max(1, min(len(wave), round(BLOCK_SECONDS * sample_rate)))
    total = np.concatenate([[0.0], np.cumsum(np.square(wave, dtype=np.float64))])
    firsts = np.arange(0, max(1, len(wave) - size + 1), max(1, size // 5))
    power = (total[np.minimum(firsts + size, len(wave))] - total[firsts]) / size
    return np.array([_decibels(float(one)) for one in power])


def _decibels(power: float) -> float:
    return 10 * float(np.log10(power + 1e-12))


def _followed(hits: Sequence[Cue], stop: float) -> list[tuple[Cue, float]]:
    """Each hit with the time of the next one, the last with the end."""
    times = [*(cue.time for cue in hits), stop]
    return [(cue, after) for cue, (_, after) in zip(hits, pairwise(times), strict=True)]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None
