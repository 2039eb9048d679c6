"""What each shot sounds like, and what that makes of its hits and spans. NumPy only.

a class that is struck (a hammer)     hits bear its name; spans stay what they were
one that lasts (a waterfall)          no hits; a span wherever something moves
one that does both (a bell)           hits and spans bear its name
none that is sure enough              all stay as spotted; suggestions say what it may be
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foleycli.cues.classes import SOUND_CLASSES, may_be_hit, may_last
from foleycli.cues.sheet import MOTION, PICTURE, Cue
from foleycli.models.sound_namer.rule import Name, Scores, in_order, name_of
from foleycli.models.sound_namer.watching import Pictures
from foleycli.models.spot_perform.spans import SPAN_MIN_SECONDS, SpanPicker
from foleycli.networks.vision.curves import Curve
from foleycli.specs import SpotterSpec

OTHER_SHOTS = 2.0  # hits' worth of say in what a shot sounds like, so that one odd hit does not name it alone
MOVES = 0.006  # mean |difference| of the busiest cell, of 1: what is named and lasts sounds where this is reached
MOVES_REACH_SECONDS = 0.5  # or has been, or will be so soon
SURE_FROM = 0.5  # confidence of what is named and lasts, above its score: 16 of 17 names of the dev clips were right
SPAN_FLOOR = 0.02  # share of a class that the picture does not show: what is spotted may sound of it all the same
FAINTEST = 0.35  # strength of what is named and lasts, however little of the picture moves


@dataclass(frozen=True)
class Shot:
    """From one cut to the next, in the cues' seconds."""

    start: float
    stop: float
    name: Name
    seen: Scores | None = None  # mean shares of its frames, (classes,) in the order of SOUND_CLASSES

    def shows(self, sound: str) -> bool:
        """Whether its frames had a say for this sound."""
        return self.seen is not None and bool(self.seen[SOUND_CLASSES.index(sound)] > SPAN_FLOOR)


def named_shots(
    edges: Sequence[float],
    hit_times: npt.NDArray[np.float64],
    hit_classes: npt.NDArray[np.float64],
    spec: SpotterSpec,
    pictures: Pictures | None,
) -> list[Shot]:
    """A shot between each two edges, named by its frames and by the hits in it: times (N,), probabilities (N, C)."""
    shots = []
    for start, stop in pairwise(edges):
        mine = (hit_times >= start) & (hit_times < stop)
        seen = None if pictures is None else pictures.between(start, stop)
        shots.append(Shot(start, stop, name_of(seen, _agreed(hit_classes, mine, spec)), seen=seen))
    return shots


def span_priors(
    shots: Sequence[Shot], spec: SpotterSpec, pictures: Pictures | None
) -> tuple[npt.NDArray[np.float64], ...]:
    """For each shot the weights (C,) that its picture gives to the spotter's classes; none where nothing looked."""
    if pictures is None:
        return ()
    places = [SOUND_CLASSES.index(sound) for sound in spec.classes]
    even = np.ones(len(places))
    return tuple(even if shot.seen is None else np.maximum(shot.seen[places], SPAN_FLOOR) for shot in shots)


def _agreed(classes: npt.NDArray[np.float64], mine: npt.NDArray[np.bool_], spec: SpotterSpec) -> Scores | None:
    """Mean class probabilities of a shot's hits, those of other shots with a small say; None without any of its own."""
    if not mine.any() or not spec.classes:
        return None
    elsewhere = classes[~mine]
    others = min(OTHER_SHOTS, float(len(elsewhere)))
    summed = classes[mine].sum(0) + (others * elsewhere.mean(0) if others else 0.0)
    return in_order(summed / (mine.sum() + others), spec.classes)


def name_hits(hits: Iterable[Cue], shots: Sequence[Shot], lag_seconds: float) -> list[Cue]:
    """The hits with their shots' names; those in a shot of what cannot be struck are left out."""
    starts = [shot.start for shot in shots[1:]]
    kept = []
    for hit in hits:
        shot = shots[int(np.searchsorted(starts, hit.time - lag_seconds, side="right"))]
        if not _only_lasts(shot):
            name = shot.name
            kept.append(replace(hit, sound=name.sound, named_by=name.by, suggestions=name.suggestions))
    return kept


def name_spans(spans: Iterable[Cue], shots: Sequence[Shot]) -> list[Cue]:
    """The spotted spans, as the shots leave them: one that lies in shots of lasting names gives way to theirs."""
    lasting = [shot for shot in shots if _only_lasts(shot)]
    kept = []
    for span in spans:
        for piece in _outside(span, lasting):
            middle = (piece.time + (piece.stop or piece.time)) / 2
            shot = next(shot for shot in shots if shot.start <= middle < shot.stop)
            if shot.name.sound and may_last(shot.name.sound):  # as what only lasts is cut out already
                piece = replace(piece, sound=shot.name.sound, named_by=shot.name.by)
            elif piece.sound:
                piece = replace(piece, named_by=PICTURE if shot.shows(piece.sound) else MOTION)
            else:
                piece = replace(piece, suggestions=shot.name.suggestions)
            kept.append(piece)
    return kept


def lasting_spans(
    shots: Sequence[Shot], level: Curve, busiest: Curve, spec: SpotterSpec, start_seconds: float
) -> list[Cue]:
    """Spans of the shots that are named and last, wherever something moves: level and busiest cell (T,) each."""
    rate = spec.frames_per_second
    moving = windowed_max(busiest, round(MOVES_REACH_SECONDS * rate)) > MOVES
    cues: list[Cue] = []
    for shot in filter(_only_lasts, shots):
        edges = (np.clip((edge - start_seconds) * rate, 0, len(level)) for edge in (shot.start, shot.stop))
        here = slice(*(round(float(edge)) for edge in edges))
        loud = np.maximum(level[here], np.float32(FAINTEST))
        picker = SpanPicker(spec, start_seconds + here.start / rate)
        sure = np.full(len(loud), min(1.0, SURE_FROM + shot.name.score), np.float32)
        picker.add(loud, sure, np.zeros((len(loud), len(spec.classes)), np.float32), moving[here])
        cues += [replace(cue, sound=shot.name.sound, named_by=shot.name.by) for cue in picker.finish()]
    return cues


def windowed_max(curve: Curve, reach: int) -> Curve:
    """Largest value within `reach` samples to either side, in doubling steps."""
    size, window = 1, np.pad(curve, reach, constant_values=-np.inf)
    while size < 2 * reach + 1:
        step = min(size, 2 * reach + 1 - size)
        window = np.maximum(window[:-step], window[step:])
        size += step
    return np.asarray(window, dtype=np.float32)


def _only_lasts(shot: Shot) -> bool:
    """Whether the picture says that nothing is struck; motion alone does not take hits away."""
    return shot.name.by == PICTURE and bool(shot.name.sound) and not may_be_hit(shot.name.sound)


def _outside(span: Cue, shots: Sequence[Shot]) -> Iterator[Cue]:
    """What of a span lies in none of these shots, in pieces that are long enough."""
    start, end = span.time, span.stop or span.time
    touched = False
    for shot in shots:
        if shot.start < end and shot.stop > start:
            touched = True
            if shot.start - start >= SPAN_MIN_SECONDS:
                yield replace(span, time=start, stop=round(shot.start, 3))
            start = max(start, min(shot.stop, end))
    if not touched:
        yield span
    elif end - start >= SPAN_MIN_SECONDS:
        yield replace(span, time=round(start, 3))
