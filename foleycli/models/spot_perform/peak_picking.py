r"""From curves to a cue sheet: peaks become hits, lasting motion becomes spans. NumPy only.

onset      __/\____/\___      a local maximum over the threshold, alone within 110 ms -> a hit
activity   ____________
         _/            \__    motion that lasts, with no hits in it                   -> spans
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foleycli.cues.classes import SPAN_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.models.sound_namer.watching import Pictures
from foleycli.models.spot_perform.naming import (
    lasting_spans,
    name_hits,
    name_spans,
    named_shots,
    span_priors,
    windowed_max,
)
from foleycli.models.spot_perform.spans import SpanPicker, span_curves
from foleycli.networks.vision.curves import Curve, Spotting, join
from foleycli.specs import SpotterSpec

HalfCurve = npt.NDArray[np.float16]
MIN_DISTANCE_SECONDS = 0.11  # faster than 9 hits a second is a roll: one sound
STILL = 0.003  # mean |difference| of the busiest cell, of 1: under this nothing moved, so nothing was struck
STILL_REACH_SECONDS = 0.2  # how far from a hit the motion may be
WEAKEST_THRESHOLD = 0.8  # of the spec's: weak hits alone may lower it so far (0.5: twice the hits of silent scenes)
THRESHOLD_REACH_SECONDS = 4.0  # hits this near to each other are judged by the same threshold
LASTING = 0.5  # mean probability that hits around are of a lasting sound (fire, engine), at which they are its flicker
LASTING_SPAN = 0.57  # the same, averaged with the span head's: a waterfall has 0.6, bongos 0.2
LASTING_AROUND = 0.6  # of both heads, over all frames around: 0.91 at a waterfall, under 0.35 at hits on 24 other clips
LASTING_REACH_SECONDS = 3.0
HIT_REACH_SECONDS = 0.6  # motion this near to a hit belongs to the hit
# What decides about a frame: hits near it, the threshold of those, and which of their peaks claim which.
CONTEXT_SECONDS = HIT_REACH_SECONDS + LASTING_REACH_SECONDS + THRESHOLD_REACH_SECONDS + 1.4


def pick(curves: Spotting, spec: SpotterSpec, start_seconds: float = 0.0) -> tuple[Cue, ...]:
    """The cue sheet of a clip whose first frame is at `start_seconds`, sorted by time; a still picture gives none."""
    picker = Picker(spec, start_seconds)
    picker.add(curves, last=True)
    return picker.cues()


class Picker:
    """Picks as the curves come, and keeps cues and the last seconds of the curves: memory is flat in the length.

    added     |---------------|---------------|
    picked    |---------|---------------|           up to where all is known that decides: CONTEXT_SECONDS behind
    kept            |=========================|     and as much before it

    The cues are those of the whole picked at once, unless maxima two frames apart, each lower than the next, run on for
    over a second.
    """

    def __init__(self, spec: SpotterSpec, start_seconds: float = 0.0) -> None:
        self.spec, self.start_seconds = spec, start_seconds
        self._context = round(CONTEXT_SECONDS * spec.frames_per_second)
        self._kept: Spotting | None = None
        self._first = self._picked = 0  # frames of the film: where the kept curves start, up to where all is picked
        self._hits: list[Cue] = []  # what they sound like is known when all are
        self._classes: list[Curve] = []  # class probabilities of each
        self._spans = SpanPicker(spec, start_seconds)
        self._motion: tuple[list[HalfCurve], list[HalfCurve]] = ([], [])  # level and busiest cell: 360 kB an hour

    def add(self, curves: Spotting, *, last: bool) -> None:
        """Takes the curves that follow; `last` says that none do."""
        kept = curves if self._kept is None else join([self._kept, curves])
        stop = self._first + len(kept) - (0 if last else self._context)
        if stop > self._picked:
            self._pick(kept, stop)
        drop = max(0, self._picked - self._context - self._first)
        self._kept = kept.crop(drop, len(kept)).copy()
        self._first += drop

    def cues(self, cuts: Sequence[float] = (), pictures: Pictures | None = None) -> tuple[Cue, ...]:
        """The cue sheet, sorted by time, once the last curves are added; `cuts` between shots in the same seconds.

        The hits of a shot have one name, which its frames and its hits agree on.
        """
        times = np.array([cue.time - self.spec.lag_seconds for cue in self._hits])
        classes = np.asarray(self._classes, np.float64).reshape(len(self._hits), len(self.spec.classes))
        shots = named_shots([-np.inf, *cuts, np.inf], times, classes, spec=self.spec, pictures=pictures)
        frames = [round((cut - self.start_seconds) * self.spec.frames_per_second) for cut in cuts]
        hits = name_hits(self._hits, shots, self.spec.lag_seconds)
        spans = name_spans(self._spans.finish(frames, span_priors(shots, self.spec, pictures)), shots)
        if pictures is not None and self._picked:
            level, busiest = (np.concatenate(parts).astype(np.float32) for parts in self._motion)
            spans += lasting_spans(shots, level, busiest, spec=self.spec, start_seconds=self.start_seconds)
        return tuple(sorted([*hits, *spans], key=lambda cue: cue.time))

    def _pick(self, curves: Spotting, stop: int) -> None:
        """Picks up to the frame `stop`, by curves that begin at the first frame kept."""
        rate, start = self.spec.frames_per_second, self._picked
        peaks = hit_peaks(curves, self.spec)
        hits = [self._first + refine_peak(curves.onset, peak) for peak in peaks]
        for peak, hit in zip(peaks, hits, strict=True):
            if start <= self._first + peak < stop:
                self._hits.append(self._hit(curves, peak, hit))
                self._classes.append(curves.classes[peak].copy())
        frames = np.arange(start, stop)
        free = np.ones(len(frames), dtype=bool)
        for hit in hits:
            free &= np.abs(frames - hit) > HIT_REACH_SECONDS * rate
        level, sounding = span_curves(curves.activity, curves.span, rate)
        new = slice(start - self._first, stop - self._first)
        self._spans.add(level[new], sounding[new], curves.classes[new], free)
        for kept, curve in zip(self._motion, (level, curves.busiest), strict=True):
            kept.append(curve[new].astype(np.float16))
        self._picked = stop

    def _hit(self, curves: Spotting, peak: int, frame: float) -> Cue:
        seconds = self.start_seconds + max(0.0, frame / self.spec.frames_per_second + self.spec.lag_seconds)
        strength = float(np.clip(curves.strength[peak], 0.05, 1.0))
        sure = confidence_of(float(curves.onset[peak]), self.spec.calibration)
        return Cue(round(seconds, 3), round(strength, 3), confidence=round(sure, 3))


def confidence_of(onset: float, calibration: tuple[float, float]) -> float:
    """The share of peaks of this onset probability that are hits, by the spec's calibration."""
    slope, intercept = calibration
    return float(1 / (1 + np.exp(-(slope * logit(np.array(onset)) + intercept))))


def logit(probability: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """log(p / (1 - p)), finite at 0 and 1."""
    held = np.clip(np.asarray(probability, np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(held / (1 - held)))


def are_true(times: Sequence[float], true_times: Sequence[float], tolerance: float) -> list[bool]:
    """Whether each time, the surest first, lies within the tolerance of a true one that none before it has taken."""
    untaken, found = list(true_times), []
    for time in times:
        near = min(untaken, key=lambda true: abs(true - time), default=np.inf)
        found.append(bool(abs(near - time) <= tolerance))
        if found[-1]:
            untaken.remove(near)
    return found


def hit_peaks(curves: Spotting, spec: SpotterSpec) -> list[int]:
    """Frames of the hits."""
    rate = spec.frames_per_second
    peaks = find_peaks(curves.onset, MIN_DISTANCE_SECONDS * rate)
    moved = windowed_max(curves.busiest, round(STILL_REACH_SECONDS * rate)) > STILL
    bar = _adaptive_threshold(curves.onset, spec)
    return _struck([peak for peak in peaks if curves.onset[peak] >= bar[peak] and moved[peak]], curves, spec)


def _struck(peaks: list[int], curves: Spotting, spec: SpotterSpec) -> list[int]:
    """The peaks without those of restless pictures, by what they and those around them would sound like.

    The class decides, or the class and the span head together, at the hits and over all that is seen around them: one
    hit in a waterfall would tear a hole into it.
    """
    lasting = curves.classes[:, [name in SPAN_CLASSES for name in spec.classes]].sum(axis=1)
    reach, places = LASTING_REACH_SECONDS * spec.frames_per_second, np.array(peaks)
    near = [places[np.abs(places - peak) <= reach] for peak in peaks]
    by_class, by_span = ([float(curve[here].mean()) for here in near] for curve in (lasting, curves.span))
    kept = [one < LASTING and (one + span) / 2 < LASTING_SPAN for one, span in zip(by_class, by_span, strict=True)]
    for number, peak in enumerate(peaks):
        around = slice(max(0, peak - round(reach)), peak + round(reach) + 1)
        kept[number] &= min(lasting[around].mean(), curves.span[around].mean()) < LASTING_AROUND
    return [peak for peak, stays in zip(peaks, kept, strict=True) if stays]


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
    highest = windowed_max(onset, round(THRESHOLD_REACH_SECONDS * spec.frames_per_second))
    return np.asarray(np.clip(0.6 * highest, WEAKEST_THRESHOLD * spec.threshold, spec.threshold), dtype=np.float32)
