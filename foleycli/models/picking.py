r"""From curves to a cue sheet: peaks become hits, lasting motion becomes spans. NumPy only.

onset      __/\____/\___      a local maximum over the threshold, alone within 110 ms -> a hit
activity   ____________
         _/            \__    motion that lasts, with no hits in it                   -> spans
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from foleycli.classes import SPAN_CLASSES
from foleycli.cuesheet import Cue
from foleycli.specs import SpotterSpec

Curve = npt.NDArray[np.float32]

MIN_DISTANCE_SECONDS = 0.11  # faster than 9 hits a second is a roll: one sound
STILL = 0.003  # mean |difference| of the busiest cell, of 1: under this nothing moved, so nothing was struck
STILL_REACH_SECONDS = 0.2  # how far from a hit the motion may be
WEAKEST_THRESHOLD = 0.8  # of the spec's: weak hits alone may lower it so far (0.5: twice the hits of silent scenes)
THRESHOLD_REACH_SECONDS = 4.0  # hits this near to each other are judged by the same threshold
CLASS_SURE = 0.5  # pooled probability under which a sound stays unnamed: a wrong name is worse than none
HELD_SECONDS = 0.1  # frames repeated by a slow source: motion comes in jerks this long
SPAN_SMOOTH_SECONDS = 0.3
SPAN_MIN_SECONDS = 1.0
SPAN_QUIET = 0.004  # smoothed mean |difference| of the whole picture at which its strength is 0
SPAN_LOUD = 0.08  # and at which its strength is 1
SPAN_LEAST = 0.1  # strength under which nothing is worth a span
SPAN_SURE = 0.2  # probability that lasting motion sounds at all; most cameras' motion stays under it
SPAN_STEP = 0.2  # a change of strength that starts a new piece
HIT_REACH_SECONDS = 0.6  # motion this near to a hit belongs to the hit


@dataclass(frozen=True)
class Spotting:
    """Curves of T frames at the spotter's rate; the curves of neighbouring chunks may be joined."""

    onset: Curve  # (T,) probability
    strength: Curve  # (T,) 0..1
    classes: Curve  # (T, classes) probability
    span: Curve  # (T,) probability that something sounds unstruck
    activity: Curve  # (T,) mean |difference| of the picture, 0..1
    busiest: Curve  # (T,) the same for the cell that moves most

    def __len__(self) -> int:
        return len(self.onset)

    def crop(self, start: int, stop: int) -> Spotting:
        """Frames start..stop, as of a slice."""
        return Spotting(*(getattr(self, field.name)[start:stop] for field in fields(self)))


def join(parts: Sequence[Spotting]) -> Spotting:
    """Curves laid end to end."""
    return Spotting(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Spotting)))


def pick(curves: Spotting, spec: SpotterSpec, start_seconds: float = 0.0) -> tuple[Cue, ...]:
    """The cue sheet of a clip whose first frame is at `start_seconds`, sorted by time; a still picture gives none."""
    frames = pick_hits(curves, spec)
    rate = spec.frames_per_second
    sound = _pooled_class(curves.classes[np.round(frames).astype(int)], spec.classes) if len(frames) else ""
    hits = [_hit(curves, frame, sound, spec, start_seconds) for frame in frames]
    spans = _spans(curves, np.asarray(frames) / rate, spec, start_seconds)
    return tuple(sorted([*hits, *spans], key=lambda cue: cue.time))


def pick_hits(curves: Spotting, spec: SpotterSpec) -> npt.NDArray[np.float64]:
    """Times of the hits in frames, with fractions."""
    rate = spec.frames_per_second
    peaks = find_peaks(curves.onset, MIN_DISTANCE_SECONDS * rate)
    moved = _windowed_max(curves.busiest, round(STILL_REACH_SECONDS * rate)) > STILL
    bar = _adaptive_threshold(curves.onset, spec)
    kept = [peak for peak in peaks if curves.onset[peak] >= bar[peak] and moved[peak]]
    return np.array([refine_peak(curves.onset, peak) for peak in kept])


def find_peaks(curve: npt.NDArray[np.floating], min_distance: float) -> list[int]:
    """Local maxima, the higher first claiming `min_distance` samples to either side; sorted by place."""
    padded = np.pad(np.asarray(curve, dtype=np.float64), 1, constant_values=-np.inf)
    higher = (padded[1:-1] > padded[:-2]) & (padded[1:-1] >= padded[2:])
    higher[:1] &= padded[1:2] > padded[2:3]  # a level start is no peak
    tops = np.flatnonzero(higher)
    taken: list[int] = []
    for top in tops[np.argsort(-curve[tops], kind="stable")]:
        if all(abs(top - other) >= min_distance for other in taken):
            taken.append(int(top))
    return sorted(taken)


def refine_peak(curve: npt.NDArray[np.floating], peak: int) -> float:
    """Place of the maximum between samples: the vertex of the parabola through the peak and its neighbours."""
    if not 0 < peak < len(curve) - 1:
        return float(peak)
    before, here, after = (float(curve[peak + step]) for step in (-1, 0, 1))
    bend = before - 2 * here + after
    return peak + (0.5 * (before - after) / bend if bend < 0 else 0.0)


def _adaptive_threshold(onset: Curve, spec: SpotterSpec) -> Curve:
    """The spec's threshold, lowered where the highest peaks around are themselves low, as in dim or tiny pictures."""
    highest = _windowed_max(onset, round(THRESHOLD_REACH_SECONDS * spec.frames_per_second))
    return np.asarray(np.clip(0.6 * highest, WEAKEST_THRESHOLD * spec.threshold, spec.threshold), dtype=np.float32)


def _windowed_max(curve: Curve, reach: int) -> Curve:
    """Largest value within `reach` samples to either side, in doubling steps."""
    size, window = 1, np.pad(curve, reach, constant_values=-np.inf)
    while size < 2 * reach + 1:
        step = min(size, 2 * reach + 1 - size)
        window = np.maximum(window[:-step], window[step:])
        size += step
    return np.asarray(window, dtype=np.float32)


def _hit(curves: Spotting, frame: float, sound: str, spec: SpotterSpec, start_seconds: float) -> Cue:
    here = round(frame)
    seconds = start_seconds + max(0.0, frame / spec.frames_per_second + spec.lag_seconds)
    strength = float(np.clip(curves.strength[here], 0.05, 1.0))
    return Cue(round(seconds, 4), round(strength, 3), sound, None, round(float(min(curves.onset[here], 1.0)), 3))


def _pooled_class(probabilities: Curve, classes: Sequence[str]) -> str:
    """The class that the clip's hits agree on, or "" when they don't: one clip mostly shows one thing."""
    if not classes or not len(probabilities):
        return ""
    pooled = probabilities.mean(axis=0)
    best = int(pooled.argmax())
    return classes[best] if pooled[best] >= CLASS_SURE else ""


def _spans(curves: Spotting, hits: npt.NDArray[np.float64], spec: SpotterSpec, start_seconds: float) -> list[Cue]:
    """Cues with a stop wherever the picture keeps moving, away from hits and not merely as a camera does."""
    rate = spec.frames_per_second
    sounding = _smooth(curves.span, SPAN_SMOOTH_SECONDS * rate)
    level = _smooth(span_level(_smooth(curves.activity, HELD_SECONDS * rate)), SPAN_SMOOTH_SECONDS * rate)
    times = np.arange(len(level)) / rate
    free = np.ones(len(level), dtype=bool)
    for hit in hits:
        free &= np.abs(times - hit) > HIT_REACH_SECONDS
    wanted = free & (level > SPAN_LEAST) & (sounding > SPAN_SURE)
    cues = []
    for start, stop in _runs(wanted):
        if stop - start < SPAN_MIN_SECONDS * rate:
            continue
        sound = _pooled_class(_only_spans(curves.classes[start:stop], spec.classes), spec.classes)
        for first, last in _pieces(level, start, stop, round(SPAN_MIN_SECONDS * rate)):
            strength, sure = float(level[first:last].mean()), float(sounding[first:last].mean())
            begin, end = (round(start_seconds + frame / rate, 4) for frame in (first, last))
            cues.append(Cue(begin, round(max(strength, 0.05), 3), sound, end, round(sure, 3)))
    return cues


def span_level(activity: npt.NDArray[np.floating]) -> Curve:
    """Motion energy -> strength 0..1, by the logarithm: twice the motion is a step, not twice the sound."""
    ratio = np.log(np.maximum(activity, 1e-6) / SPAN_QUIET) / np.log(SPAN_LOUD / SPAN_QUIET)
    return np.asarray(np.clip(ratio, 0.0, 1.0), dtype=np.float32)


def _only_spans(probabilities: Curve, classes: Sequence[str]) -> Curve:
    """The distribution over the classes that last."""
    lasting = np.array([name in SPAN_CLASSES for name in classes], dtype=np.float32)
    kept = probabilities * lasting
    return np.asarray(kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-6), dtype=np.float32)


def _smooth(curve: Curve, sigma: float) -> Curve:
    """Gaussian mean, the ends repeated."""
    reach = max(1, round(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    smooth = np.convolve(np.pad(curve, reach, mode="edge"), kernel / kernel.sum(), mode="valid")
    return np.asarray(smooth, dtype=np.float32)


def _runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(start, stop) of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.pad(mask.astype(np.int8), 1)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _pieces(level: Curve, start: int, stop: int, shortest: int) -> list[tuple[int, int]]:
    """Cuts a stretch where its level has moved by SPAN_STEP since the last cut, no piece under `shortest` frames."""
    cuts = [start]
    for frame in range(start + shortest, stop - shortest + 1):
        if frame - cuts[-1] >= shortest and abs(level[frame] - level[cuts[-1]]) > SPAN_STEP:
            cuts.append(frame)
    return list(zip(cuts, [*cuts[1:], stop], strict=True))
