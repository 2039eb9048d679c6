"""Silences what a model plays where no cue asks for it: seldom, but it is heard as a hit that nobody sees.

    level  |\\            /\\ |\\        after a hit a sound falls; if it rises out of near silence again
           | \\___      /  \\| \\       before the next hit, that is no part of it
    kept   |=========-------|===
           hit              hit

Measured: of 594 hits of 33 classes two (crying) rise by 25 dB after 0.3 s. In 124 windows of 35 clips it happened once.
The one was a clip of the half for tests; the thresholds are from those hits and from clips of the other half.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from foleycli.audio.moving import moving_mean
from foleycli.cues.classes import SPAN_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.types import Wave

OWN_SECONDS = 0.3  # after a hit: its attack and a second part, such as heel and toe
LEAD_SECONDS = 0.03  # before the next hit
SPAN_SECONDS = 1.0  # around a span: it may begin and end softly
LEAST_SECONDS = 0.1  # a rise later than this before the next hit is that hit, a little early
RISE_DB = 25.0  # over the lowest level since the hit
BEGUN_DB = 6.0  # over it: where the rise began
SILENT_DB = -75.0  # dBFS: lower levels are the same
STEP_SECONDS, STEPS = 0.01, 4  # the level is that of 40 ms, so that a low tone does not count as rising
FADE_SECONDS = 0.01


def without_uncued(wave: Wave, cues: Sequence[Cue], start_seconds: float, sample_rate: int) -> Wave:
    """One window (S,) from `start_seconds` on, silent where it rises by 25 dB though no cue is near."""
    step = round(STEP_SECONDS * sample_rate)
    level = _level_db(wave, step)
    kept = np.ones(len(wave))
    for first, last in _gaps(cues, start_seconds, start_seconds + len(wave) / sample_rate):
        begin, end = (round((at - start_seconds) / STEP_SECONDS) for at in (first, last))
        here = level[max(0, begin) : end]
        lowest = np.minimum.accumulate(here)
        risen = np.flatnonzero(here >= lowest + RISE_DB)
        if len(risen):
            low = np.flatnonzero(here[: risen[0]] < lowest[risen[0]] + BEGUN_DB)
            rise = max(0, begin) + int(low[-1])
            if (end - rise) * STEP_SECONDS >= LEAST_SECONDS:
                kept[rise * step : end * step] = 0.0
    if kept.all():
        return wave
    return (wave * moving_mean(kept, round(FADE_SECONDS * sample_rate) | 1)).astype(np.float32)


def _gaps(cues: Sequence[Cue], start_seconds: float, stop_seconds: float) -> Iterator[tuple[float, float]]:
    """Stretches of the window without a cue, in seconds; none after a hit that may go on, as a bell does."""
    heard = [cue for cue in cues if not cue.mute]
    if not heard:
        return  # nothing was asked for, so nothing is out of place
    hits = sorted((cue for cue in heard if cue.stop is None), key=lambda cue: cue.time)
    spans = [(cue.time - SPAN_SECONDS, cue.stop + SPAN_SECONDS) for cue in heard if cue.stop is not None]
    begins = [(start_seconds, True), *((hit.time + OWN_SECONDS, hit.sound not in SPAN_CLASSES) for hit in hits)]
    ends = [*(hit.time - LEAD_SECONDS for hit in hits), stop_seconds]
    for (first, falls), last in zip(begins, ends, strict=True):
        inside = max(first, start_seconds), min(last, stop_seconds)
        if falls and inside[0] < inside[1] and not any(a < inside[1] and inside[0] < b for a, b in spans):
            yield inside


def _level_db(wave: Wave, step: int) -> NDArray[np.float64]:
    """Level of the 40 ms around each step, at least `SILENT_DB`."""
    steps = -(-len(wave) // step)
    power = np.pad(wave.astype(np.float64) ** 2, (0, steps * step - len(wave))).reshape(steps, step).mean(1)
    total = np.concatenate([[0.0], np.cumsum(np.pad(power, (STEPS // 2, STEPS // 2)))])
    level: NDArray[np.float64] = 10 * np.log10((total[STEPS:] - total[:-STEPS])[:steps] / STEPS + 1e-12)
    return np.maximum(level, SILENT_DB)
