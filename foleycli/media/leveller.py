"""Brings each performed cue to the loudness that its strength asks for, as a mixer's hand on the fader would.

    gain  ____      ________
              \\____/        \\___    one level per hit, changed in the 10 ms before it; one per span

Strength 1 is a loudest 50 ms of -17 dBFS for a hit and -20 dBFS for a span; strength 0 lies 24 dB below.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foleycli.cuesheet import Cue

HIT_LEVEL_DB, SPAN_LEVEL_DB, STRENGTH_RANGE_DB = -17.0, -20.0, 24.0
MOST_CUT_DB, MOST_LIFT_DB = 30.0, 12.0
ABSENT_DB = 35.0  # what lies this far below was not performed: lifting it would lift noise
BLOCK_SECONDS = 0.05
LEAD_SECONDS = 0.01  # the fader moves before the attack
ATTACK_SECONDS = 0.4  # where the loudest of a hit is looked for

Wave = npt.NDArray[np.float32]


def wanted_db(cue: Cue) -> float:
    """The level in dBFS that this cue's strength means."""
    return (HIT_LEVEL_DB if cue.stop is None else SPAN_LEVEL_DB) + STRENGTH_RANGE_DB * (cue.strength - 1)


def ride(wave: Wave, cues: Sequence[Cue], start_seconds: float, sample_rate: int) -> Wave:
    """The window (S,) that begins at `start_seconds`, each of its cues at its level; timing and silence unchanged."""
    seconds = len(wave) / sample_rate
    heard = [cue for cue in cues if not cue.mute]
    spans = [cue for cue in heard if cue.stop is not None and cue.time < start_seconds + seconds]
    spans = [cue for cue in spans if (cue.stop or 0.0) > start_seconds]
    hits = sorted(cue.time - start_seconds for cue in heard if cue.stop is None)
    hits = [time for time in hits if -LEAD_SECONDS <= time < seconds]
    by_time = {cue.time - start_seconds: cue for cue in heard if cue.stop is None}
    gain_db = np.zeros(len(wave), np.float32)
    for time, after in zip(hits, [*hits[1:], seconds + 1.0], strict=False):
        first, last = (max(0, round((at - LEAD_SECONDS) * sample_rate)) for at in (time, after))
        loudest = wave[first : min(last, first + round(ATTACK_SECONDS * sample_rate))]
        lift = 0.0 if any(_overlap(cue, start_seconds + time) for cue in spans) else MOST_LIFT_DB
        gain_db[first:last] = _change(_loudest_db(loudest, sample_rate), wanted_db(by_time[time]), lift)
    for cue in spans if not hits else ():
        first, last = (round((at - start_seconds) * sample_rate) for at in (cue.time, cue.stop or 0.0))
        part = wave[max(0, first) : max(0, last)]
        gain_db[max(0, first) : max(0, last)] = _change(_rms_db(part), wanted_db(cue), MOST_LIFT_DB)
    smooth = _glide(gain_db, round(LEAD_SECONDS * sample_rate))
    return (wave * 10 ** (smooth / 20)).astype(np.float32)


def _overlap(span: Cue, time: float) -> bool:
    return span.time - 0.1 <= time <= (span.stop or 0.0) + 0.1


def _change(found_db: float, wanted: float, most_lift_db: float) -> float:
    if found_db < wanted - ABSENT_DB:
        return 0.0
    return float(np.clip(wanted - found_db, -MOST_CUT_DB, most_lift_db))


def _rms_db(wave: Wave) -> float:
    return float(10 * np.log10((wave.astype(np.float64) ** 2).mean() + 1e-12)) if len(wave) else -120.0


def _loudest_db(wave: Wave, sample_rate: int) -> float:
    """Level of the loudest 50 ms, at steps of 10 ms."""
    step, block = round(0.01 * sample_rate), round(BLOCK_SECONDS * sample_rate)
    total = np.concatenate([[0.0], np.cumsum(wave.astype(np.float64) ** 2)])
    firsts = np.arange(0, max(1, len(wave) - block + 1), step)
    power = (total[np.minimum(firsts + block, len(wave))] - total[firsts]) / block
    return float(10 * np.log10(power.max() + 1e-12))


def _glide(curve: Wave, width: int) -> Wave:
    """Each step of the curve as a straight line over the `width` samples before it."""
    padded = np.concatenate([curve, np.full(width, curve[-1] if len(curve) else 0.0, np.float32)])
    total = np.concatenate([[0.0], np.cumsum(padded, dtype=np.float64)])
    glided: Wave = ((total[width:] - total[:-width])[: len(curve)] / width).astype(np.float32)
    return glided
