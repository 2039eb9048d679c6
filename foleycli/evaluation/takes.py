"""The tracks of one model for one case, by itself and from the true cues, and their synchrony scores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from foleycli.cues.sheet import Cue
from foleycli.evaluation.cases import Case
from foleycli.evaluation.sync import SyncScore, frame_difference, random_curve, score_curve, score_track
from foleycli.networks.judges.sound_classifier import LEAD_FRAMES
from foleycli.pipeline.track import Track
from foleycli.specs import MelSpec
from foleycli.video.frames import FrameReader
from foleycli.video.probe import probe

BASELINE_RATE, BASELINE_PIXELS = 25, (64, 64)
RANDOM_DRAWS = 8
SPAN_STEP_SECONDS = 1.0  # between two excerpts of a lasting sound
EXCERPT_SECONDS = 1.0


class Player(Protocol):
    """The model under evaluation: a FoleyPipeline, or in a test an object whose scores are known."""

    def generate(self, video: Path, *, seed: int, cues: Sequence[Cue] | None = None) -> Track:
        """The track of a video, from the given cues, or from those that it spots."""
        ...


@dataclass(frozen=True)
class Take:
    """The two tracks of a case, and the seconds that the first took."""

    case: Case
    own: Track
    obeyed: Track  # from the true cues
    seconds: float

    @property
    def struck(self) -> bool:
        """Whether there are enough true onsets to score synchrony."""
        return len(self.case.onset_seconds) >= 2


def take(player: Player, case: Case, seed: int) -> Take:
    """Performs one case, by itself and from the true cues."""
    started = time.perf_counter()
    own = player.generate(case.video, seed=seed)
    seconds = time.perf_counter() - started
    return Take(case, own, player.generate(case.video, seed=seed, cues=case.cues), seconds=seconds)


def sync_scores(take: Take, other: Take | None) -> dict[str, SyncScore]:
    """The scores of the take's track and of the baselines, by the kind of track."""
    truth = take.case.truth
    grey = baseline_pictures(take.case.video)
    scores = {
        "model": score_track(take.own.samples, take.own.sample_rate, truth),
        "from_true_cues": score_track(take.obeyed.samples, take.obeyed.sample_rate, truth),
        "frame_difference": score_curve(frame_difference(grey), BASELINE_RATE, truth),
        "random": _mean(
            [score_curve(random_curve(len(grey), seed), BASELINE_RATE, truth) for seed in range(RANDOM_DRAWS)]
        ),
    }
    if other is not None:  # the same model shown another clip: its track, looped or cut to this length
        wave = np.resize(other.own.samples, len(take.own.samples))
        scores["another_clip"] = score_track(wave, other.own.sample_rate, truth)
    return scores


def baseline_pictures(video: Path) -> npt.NDArray[np.uint8]:
    """Grey pictures (T, 64, 64) at 25 frames per second."""
    info = probe(video)
    with FrameReader(info, BASELINE_RATE, BASELINE_PIXELS, grey=True) as reader:
        return reader.read(Fraction(0), info.duration)


def _mean(scores: Sequence[SyncScore]) -> SyncScore:
    table = np.array([[one.f1_50ms, one.f1_100ms, one.auc, one.lag_seconds] for one in scores])
    return SyncScore(*(float(value) for value in table.mean(axis=0)))


def excerpt_times(cues: Sequence[Cue], sound: str | None = None) -> list[float]:
    """The times at which a sound (any, if None) is classified: each hit, and every second of each span.

    A second in which another sound has a cue is left out, unless none would remain.
    """
    mine = [cue for cue in cues if sound is None or cue.sound == sound]
    lead = LEAD_FRAMES * float(MelSpec.FULL_BAND.frame_seconds)
    times: list[float] = []
    for cue in mine:
        if cue.stop is None:
            times.append(cue.time)
        else:
            last = max(cue.time + lead, cue.stop - EXCERPT_SECONDS)
            times += list(np.arange(cue.time + lead, last + 1e-6, SPAN_STEP_SECONDS))
    others = [cue for cue in cues if sound is not None and cue.sound != sound]
    alone = [at for at in times if not any(_heard(cue, at - lead, at + EXCERPT_SECONDS - lead) for cue in others)]
    return sorted(alone or times)


def _heard(cue: Cue, start: float, stop: float) -> bool:
    return cue.time < stop and (cue.time + EXCERPT_SECONDS / 2 if cue.stop is None else cue.stop) > start


def borders(track: Track) -> list[float]:
    """The middles of the overlaps between neighbouring windows, in seconds."""
    return [float(window.start + window.fade_in / 2) for window in track.windows[1:]]
