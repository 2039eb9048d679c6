r"""From curves to the spans of a cue sheet: motion that lasts, found a block at a time. NumPy only.

level      ______/~~~~~~\____/~~~~~~~~~\___
wanted     ______|======|____|=========|___    loud enough, sure enough, no hit near
pieces           [------]    [---][----]       cut where the level has moved on
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from foleycli.cues.classes import SPAN_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.networks.vision.curves import Curve
from foleycli.specs import SpotterSpec

CLASS_SURE = 0.5  # pooled probability under which a sound stays unnamed: a wrong name is worse than none
HELD_SECONDS = 0.1  # frames repeated by a slow source: motion comes in jerks this long
SPAN_SMOOTH_SECONDS = 0.3
SPAN_MIN_SECONDS = 1.0
SPAN_QUIET = 0.004  # smoothed mean |difference| of the whole picture at which its strength is 0
SPAN_LOUD = 0.08  # and at which its strength is 1
SPAN_LEAST = 0.1  # strength under which nothing is worth a span
SPAN_SURE = 0.2  # probability that lasting motion sounds at all; most cameras' motion stays under it
# A span that is seen so soon after the start or a cut was there before: motion is known from the second frame on.
EDGE_SECONDS = 0.5
SPAN_STEP = 0.2  # a change of strength that starts a new piece


def span_curves(activity: Curve, span: Curve, rate: int) -> tuple[Curve, Curve]:
    """Strength 0..1 of lasting motion, and the probability that it sounds, both smoothed: (T,) each."""
    level = span_level(_smooth(activity, HELD_SECONDS * rate))
    return _smooth(level, SPAN_SMOOTH_SECONDS * rate), _smooth(span, SPAN_SMOOTH_SECONDS * rate)


def span_level(activity: npt.NDArray[np.floating]) -> Curve:
    """Motion energy -> strength 0..1, by the logarithm: twice the motion is a step, not twice the sound."""
    ratio = np.log(np.maximum(activity, 1e-6) / SPAN_QUIET) / np.log(SPAN_LOUD / SPAN_QUIET)
    return np.asarray(np.clip(ratio, 0.0, 1.0), dtype=np.float32)


def agreed_class(summed: npt.NDArray[np.float64], count: float, classes: Sequence[str]) -> str:
    """The class that so many frames, their probabilities summed, agree on, or "" when they don't."""
    if not classes or not count:
        return ""
    best = int(summed.argmax())
    return classes[best] if summed[best] / count >= CLASS_SURE else ""


class SpanPicker:
    """Takes curves block by block and keeps what is found; of a span, sums of each second and its last one whole."""

    def __init__(self, spec: SpotterSpec, start_seconds: float) -> None:
        self.spec, self.start_seconds = spec, start_seconds
        self.found: list[_Run] = []
        self._shortest = round(SPAN_MIN_SECONDS * spec.frames_per_second)
        self._frames = 0  # taken so far
        self._run: _Run | None = None

    def add(self, level: Curve, sounding: Curve, classes: Curve, free: npt.NDArray[np.bool_]) -> None:
        """The next T frames: smoothed curves (T,), class probabilities (T, classes), where no hit is near (T,)."""
        wanted = free & (level > SPAN_LEAST) & (sounding > SPAN_SURE)
        if not wanted[:1].all():
            self._end()
        for start, stop in _stretches(wanted):
            run = self._run = self._run or _Run(self._frames + start, self._shortest, classes.shape[1])
            lasting = _only_spans(classes[start:stop], self.spec.classes)
            run.extend(np.stack([level[start:stop], sounding[start:stop]], axis=1), lasting)
            if stop < len(wanted):
                self._end()
        self._frames += len(wanted)

    def finish(self, cuts: Sequence[int] = (), priors: Sequence[npt.NDArray[np.float64]] = ()) -> list[Cue]:
        """The spans, in order; where shots, between the frames at `cuts`, sound differently a span is two.

        `priors`, weights (C,) of the classes for each shot, say what its picture makes likely.
        """
        self._end()
        cues = []
        for run in self.found:
            parts = run.named(cuts, self.spec.classes, priors)
            shown = self._shown_from(run.start, cuts)
            for begin, last, strength, sure in run.pieces:
                first = shown if begin == run.start else begin
                for start, stop, sound in _within(parts, first, last, shortest=self._shortest):
                    level = round(max(strength, 0.05), 3)
                    cues.append(
                        Cue(self._seconds(start), level, sound, stop=self._seconds(stop), confidence=round(sure, 3))
                    )
        return cues

    def _shown_from(self, frame: int, cuts: Sequence[int]) -> int:
        """The first frame of the shot if it is near: nearer than the reach of a hit, so none lies between."""
        edge = max([cut for cut in cuts if cut <= frame], default=0)
        return edge if frame - edge <= EDGE_SECONDS * self.spec.frames_per_second else frame

    def _seconds(self, frame: int) -> float:
        return round(self.start_seconds + frame / self.spec.frames_per_second, 3)

    def _end(self) -> None:
        run, self._run = self._run, None
        if run is not None and run.stop - run.start >= self._shortest:
            run.close()
            self.found.append(run)


def _within(parts: Sequence[tuple[int, str]], first: int, last: int, shortest: int) -> Iterator[tuple[int, int, str]]:
    """The frames first..last, divided where the parts (start, name) they lie in have other names, nowhere too short."""
    edges = [first]
    for start, _ in parts:
        if start - edges[-1] >= shortest and last - start >= shortest:
            edges.append(start)
    starts = [start for start, _ in parts]
    pieces = [(a, b, parts[bisect_right(starts, (a + b) // 2) - 1][1]) for a, b in pairwise([*edges, last])]
    for name, alike in groupby(pieces, key=lambda piece: piece[2]):
        begin, *_, end = [edge for a, b, _ in alike for edge in (a, b)]
        yield begin, end, name


class _Run:
    """A stretch of wanted frames that grows, cut where its level has moved by SPAN_STEP since the last cut."""

    def __init__(self, start: int, shortest: int, classes: int) -> None:
        self.start = self.stop = start
        self._shortest = shortest  # frames: of a piece, so whether one ends is known only so much later
        self._classes: list[npt.NDArray[np.float64]] = []  # class probabilities summed over each `shortest` frames
        self._none = np.zeros(classes)
        self._waiting = np.empty((0, 2), np.float32)  # level and sounding of the last frames, not yet in a piece
        self.pieces: list[tuple[int, int, float, float]] = []  # first and last frame, mean level, mean probability
        self._cut, self._sum = start, np.zeros(2)
        self._level_at_cut = np.float32(0)

    def extend(self, rows: Curve, lasting: Curve) -> None:
        """Level and sounding (T, 2) and class probabilities (T, classes) of the frames that follow."""
        for frame, row in enumerate(lasting, start=self.stop - self.start):
            if frame % self._shortest == 0:
                self._classes.append(self._none.copy())
            self._classes[-1] += row
        self.stop += len(rows)
        self._waiting = np.concatenate([self._waiting, rows])
        self._settle(len(self._waiting) - self._shortest + 1)

    def close(self) -> None:
        """The last piece ends with the stretch."""
        self._sum += self._waiting.sum(axis=0, dtype=np.float64)
        self._close(self.stop)

    def named(
        self, cuts: Sequence[int], classes: Sequence[str], priors: Sequence[npt.NDArray[np.float64]] = ()
    ) -> list[tuple[int, str]]:
        """First frame and name of what lies in each shot; one that has no name of its own has that of the stretch.

        Where pictures have a say, each shot stands for itself.
        """
        whole = "" if priors else agreed_class(np.sum(self._classes, axis=0), self.stop - self.start, classes)
        starts = [self.start, *(cut for cut in cuts if self.start < cut < self.stop)]
        parts = []
        for start, stop in pairwise([*starts, self.stop]):
            first, last = (round((frame - self.start) / self._shortest) for frame in (start, stop))
            mine = self._classes[first:last]
            frames = min(last * self._shortest, self.stop - self.start) - first * self._shortest
            summed = np.sum(mine, axis=0) if mine else self._none
            if priors:
                summed = summed * priors[bisect_right(cuts, start)]
                summed *= frames / max(float(summed.sum()), 1e-9)
            own = agreed_class(summed, frames, classes) if mine else ""
            parts.append((start, own or whole))
        return parts

    def _settle(self, count: int) -> None:
        """Puts the first `count` of the waiting frames into their pieces."""
        if count <= 0:
            return
        first = self.stop - len(self._waiting)
        for frame, row in enumerate(self._waiting[:count], start=first):
            if frame == self.start:
                self._level_at_cut = row[0]
            elif frame - self._cut >= self._shortest and abs(row[0] - self._level_at_cut) > SPAN_STEP:
                self._close(frame)
                self._cut, self._level_at_cut = frame, row[0]
            self._sum += row
        self._waiting = self._waiting[count:].copy()

    def _close(self, stop: int) -> None:
        level, sounding = self._sum / (stop - self._cut)
        self.pieces.append((self._cut, stop, float(level), float(sounding)))
        self._sum = np.zeros(2)


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


def _stretches(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(start, stop) of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.pad(mask.astype(np.int8), 1)))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]
