"""Changes the gain over time, so that each performed cue has the level that its strength means.

    gain  ____      ________
              \\____/        \\___    one level per hit, changed in the 10 ms before it; spans between them

Strength 1 is a loudest 50 ms of -11 dBFS for a hit and -14 dBFS for a span; strength 0 lies 24 dB below. The models
perform 6 dB lower, as in their training examples.
Gains belong to the time of the film, not to a window: each window uses the gains that its neighbours in the shot found
too, so that two windows have the same gain where they overlap.
Spans of a steady texture (rain, an engine) are held near their level inside a window too: of each deviation in dB up
to 10 a fifth is left, of what is beyond nothing; in the first and last 0.4 s nothing of what is too loud. At its free
edges a span is faded in and out over 60 ms, and cut outside them (`cues/span_edges`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from foleycli.audio.uncued import without_uncued
from foleycli.cues.classes import STEADY_SECONDS
from foleycli.cues.sheet import Cue
from foleycli.cues.span_edges import CLEAR_SECONDS as BEYOND_SECONDS
from foleycli.cues.span_edges import free_edges
from foleycli.timeline import Window
from foleycli.types import Wave

HIT_LEVEL_DB, SPAN_LEVEL_DB, STRENGTH_RANGE_DB = -11.0, -14.0, 24.0
MAKE_UP_DB = 6.0  # from the level of the training examples to the delivered one
MOST_CUT_DB, MOST_LIFT_DB = 24.0, 18.0
ABSENT_DB = 41.0  # what lies this far below the wanted level was not performed: a gain would raise noise
BLOCK_SECONDS = 0.05
LEAD_SECONDS = 0.01  # the gain changes before the attack
ATTACK_SECONDS = 0.4  # after a hit: the part in which its loudest 50 ms are searched
RING_SECONDS, RETURN_SECONDS = 4.0, 1.0  # a hit's gain stays this long, then goes back to that of the span under it
HELD_SHARE = 0.8  # of each deviation of a steady span from its level, in dB, is taken back,
HELD_WHOLLY_DB = 10.0  # and all that is beyond this
END_SECONDS = 0.4  # at both ends of a steady span nothing that is too loud is left
MOST_HELD_LIFT_DB = 27.0  # more would raise the noise of a gap
STEP_SECONDS = 0.005  # between measurements of a steady span
FADE_SECONDS = 0.06  # of a span at its free edges
CLEAR_SECONDS = 0.25  # the least that must be heard of a span alone to measure its level


def wanted_db(cue: Cue) -> float:
    """The level in dBFS that this cue's strength means."""
    return (HIT_LEVEL_DB if cue.stop is None else SPAN_LEVEL_DB) + STRENGTH_RANGE_DB * (cue.strength - 1)


@dataclass(frozen=True)
class Found:
    """The gains in dB measured in one window: one for each hit, by its time, and one for each span."""

    hits: dict[float, tuple[float, bool]]  # dB, and whether the window holds the whole attack
    spans: list[tuple[Cue, float, float]]  # the span, the middle of its part in the window in seconds, dB


def ride(wave: Wave, cues: Sequence[Cue], start_seconds: float, sample_rate: int) -> Wave:
    """One window (S,) from `start_seconds` on, each cue at its level, silent where no cue is; timing stays."""
    wave = without_uncued(wave, cues, start_seconds, sample_rate=sample_rate)
    found = [find_gains(wave, cues, start_seconds, sample_rate=sample_rate)]
    return _edged(
        _moved(wave, found, start_seconds, sample_rate=sample_rate), cues, start_seconds, sample_rate=sample_rate
    )


def ride_windows(
    parts: Iterable[tuple[Window, Wave]], cues: Sequence[Cue], origin: Fraction, sample_rate: int
) -> Iterator[tuple[Window, Wave]]:
    """Windows in order, times counting from `origin`, each at its levels; one is held back until the next comes."""
    before: list[Found] = []  # of the window before the last, if in its shot
    last: tuple[Window, Wave, Found] | None = None

    def moved(window: Window, wave: Wave, found: Sequence[Found]) -> tuple[Window, Wave]:
        start = float(origin + window.start)
        return window, _edged(_moved(wave, found, start, sample_rate=sample_rate), cues, start, sample_rate=sample_rate)

    for window, played in parts:
        wave = without_uncued(played, cues, float(origin + window.start), sample_rate=sample_rate)
        found = find_gains(wave, cues, float(origin + window.start), sample_rate=sample_rate)
        joined = [found] if window.fade_in else []
        if last is not None:
            yield moved(last[0], last[1], [*before, last[2], *joined])
            before = [last[2]] if joined else []
        last = window, wave, found
    if last is not None:
        yield moved(last[0], last[1], [*before, last[2]])


def find_gains(wave: Wave, cues: Sequence[Cue], start_seconds: float, sample_rate: int) -> Found:
    """Measures the gains for the window (S,) that begins at `start_seconds`."""
    stop_seconds = start_seconds + len(wave) / sample_rate
    heard = [cue for cue in cues if not cue.mute and cue.time < stop_seconds]
    spans = [cue for cue in heard if (cue.stop or 0.0) > start_seconds]
    by_time = {cue.time: cue for cue in heard if cue.stop is None}
    hits = sorted(time for time in by_time if time >= start_seconds - LEAD_SECONDS)
    gains: dict[float, tuple[float, bool]] = {}
    for time, after in zip(hits, [*hits[1:], stop_seconds + 1.0], strict=False):
        first, last = (max(0, round((at - LEAD_SECONDS - start_seconds) * sample_rate)) for at in (time, after))
        loudest = wave[first : min(last, first + round(ATTACK_SECONDS * sample_rate))]
        lift = MAKE_UP_DB if any(_overlap(cue, time) for cue in spans) else MOST_LIFT_DB
        change = _change(loudest_db(loudest, sample_rate), wanted_db(by_time[time]), lift)
        gains[time] = change, time + ATTACK_SECONDS <= stop_seconds
    return Found(gains, _span_gains(wave, spans, list(by_time), start_seconds=start_seconds, sample_rate=sample_rate))


def _span_gains(
    wave: Wave, spans: Sequence[Cue], hits: Sequence[float], start_seconds: float, sample_rate: int
) -> list[tuple[Cue, float, float]]:
    clear = _clear_of_hits(hits, len(wave), start_seconds, sample_rate=sample_rate)
    found = []
    for cue in spans:
        first, last = (round((at - start_seconds) * sample_rate) for at in (cue.time, cue.stop or 0.0))
        first, last = max(0, first), min(len(wave), last)
        alone = wave[first:last][clear[first:last]]
        if len(alone) and len(alone) >= min(last - first, CLEAR_SECONDS * sample_rate):
            middle = start_seconds + (first + last) / 2 / sample_rate
            found.append((cue, middle, _change(_rms_db(alone), wanted_db(cue), MOST_LIFT_DB)))
    return found


def _clear_of_hits(hits: Iterable[float], samples: int, start_seconds: float, sample_rate: int) -> NDArray[np.bool_]:
    """Where (S,) no hit at the times `hits` is heard."""
    clear = np.ones(samples, bool)
    for time in hits:
        first, last = ((at - start_seconds) * sample_rate for at in (time - 0.1, time + RING_SECONDS + RETURN_SECONDS))
        clear[max(0, round(first)) : max(0, round(last))] = False
    return clear


def _held_db(
    wave: Wave, clear: NDArray[np.bool_], ends: NDArray[np.bool_], *, wanted: float, seconds: float, sample_rate: int
) -> Wave:
    """Gain (S,) in dB that takes back most of how the level of a steady texture deviates from `wanted` dBFS.

    The level is that of `seconds` around each moment; where a hit sounds the gain is that of the nearest clear moments.
    At the `ends` (S,) of the span nothing is left of what is too loud: it must not swell there.
    """
    step = round(STEP_SECONDS * sample_rate)
    steps = len(wave) // step
    usable = clear[: steps * step].reshape(steps, step).all(axis=1)
    if not usable.any():
        return np.zeros(len(wave), np.float32)
    power = (wave[: steps * step].astype(np.float64) ** 2).reshape(steps, step).mean(axis=1)
    width = max(1, round(seconds / STEP_SECONDS))
    around = np.hanning(width + 2)[1:-1]
    here = slice((width - 1) // 2, (width - 1) // 2 + steps)  # "same" would be as long as `around` in a short span
    weight = np.convolve(usable, around)[here]
    level = np.convolve(power * usable, around)[here] / np.maximum(weight, 1e-9)
    level_db = 10 * np.log10(level[usable] + 1e-12)
    away = wanted - level_db
    left = (1 - HELD_SHARE) * np.clip(away, -HELD_WHOLLY_DB, HELD_WHOLLY_DB)
    left[(away < 0) & ends[: steps * step : step][usable]] = 0.0
    back = np.clip(away - left, -MOST_CUT_DB, MOST_HELD_LIFT_DB)
    middles = (np.flatnonzero(usable) + 0.5) * step
    gain_db: Wave = np.interp(np.arange(len(wave)), middles, back).astype(np.float32)
    return gain_db


def _edged(wave: Wave, cues: Sequence[Cue], start_seconds: float, sample_rate: int) -> Wave:
    """The window with its spans faded in and out at their free edges, and nothing heard for a second outside them."""
    edged = wave
    times = start_seconds + (np.arange(len(wave)) + 0.5) / sample_rate
    for cue in cues:
        if cue.stop is None or cue.mute:
            continue
        for free, edge, inwards in zip(free_edges(cue, cues), (cue.time, cue.stop), (1.0, -1.0), strict=True):
            inside = (times - edge) * inwards
            near = (inside > -BEYOND_SECONDS) & (inside < min(FADE_SECONDS, (cue.stop - cue.time) / 2))
            if free and near.any():
                edged = edged.copy() if edged is wave else edged
                edged[near] *= np.sin(np.clip(inside[near] / FADE_SECONDS, 0, 1) * (np.pi / 2)).astype(np.float32) ** 2
    return edged


def _moved(wave: Wave, found: Sequence[Found], start_seconds: float, sample_rate: int) -> Wave:
    """The window with the gains applied that it and its neighbours found, in order."""
    lead = round(LEAD_SECONDS * sample_rate)
    times = start_seconds + np.arange(len(wave) + lead) / sample_rate
    gain_db, spanned = np.zeros(len(times)), np.zeros(len(times), bool)
    clear = _clear_of_hits(
        (time for one in found for time in one.hits), len(wave), start_seconds, sample_rate=sample_rate
    )
    for cue in dict.fromkeys(cue for one in found for cue, _, _ in one.spans):
        known = [(middle, gain) for one in found for other, middle, gain in one.spans if other == cue]
        part = (times >= cue.time) & (times < (cue.stop or 0.0))
        gain_db[part] = np.interp(times[part], [middle for middle, _ in known], [gain for _, gain in known])
        if (seconds := STEADY_SECONDS.get(cue.sound)) is not None:
            whole = part[: len(wave)]
            heard = (wave[whole] * 10 ** (gain_db[: len(wave)][whole] / 20)).astype(np.float32)
            inside = np.minimum(times - cue.time, (cue.stop or 0.0) - times)[: len(wave)][whole]
            gain_db[: len(wave)][whole] += _held_db(
                heard, clear[whole], inside < END_SECONDS, wanted=wanted_db(cue), seconds=seconds,
                sample_rate=sample_rate,
            )  # fmt: skip
        spanned |= part
    hits: dict[float, tuple[float, bool]] = {}
    for one in found:  # the first window with the whole attack in it; in the next one its start may be cut off
        hits |= {time: gain for time, gain in one.hits.items() if not hits.get(time, (0.0, False))[1]}
    for time, after in zip(sorted(hits), [*sorted(hits)[1:], times[-1] + 1.0], strict=False):
        gain, _ = hits[time]
        first, last = (max(0, round((at - LEAD_SECONDS - start_seconds) * sample_rate)) for at in (time, after))
        back = np.clip((times[first:last] - time - RING_SECONDS) / RETURN_SECONDS, 0, 1) * spanned[first:last]
        gain_db[first:last] = gain + back * (gain_db[first:last] - gain)
    smooth = _glide(gain_db.astype(np.float32), lead)[: len(wave)]
    return (wave * 10 ** (smooth / 20)).astype(np.float32)


def _overlap(span: Cue, time: float) -> bool:
    return span.time - 0.1 <= time <= (span.stop or 0.0) + 0.1


def _change(found_db: float, wanted: float, most_lift_db: float) -> float:
    if found_db < wanted - ABSENT_DB:
        return 0.0
    return float(np.clip(wanted - found_db, -MOST_CUT_DB, most_lift_db))


def _rms_db(wave: Wave) -> float:
    return float(10 * np.log10((wave.astype(np.float64) ** 2).mean() + 1e-12)) if len(wave) else -120.0


def loudest_db(wave: Wave, sample_rate: int) -> float:
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
