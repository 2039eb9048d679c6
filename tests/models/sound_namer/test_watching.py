"""Stills on their way to the namer: which are looked at, in which thread, and that the times belong to the scores."""

from __future__ import annotations

import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.models.sound_namer import watching
from foleycli.models.sound_namer.namer import OFF
from foleycli.models.sound_namer.watching import FRAMES, LEAST_FRAMES, NamingThread, PictureWatch, chosen_of
from foleycli.models.sound_namer.watching import naming_thread as thread_of
from foleycli.video.probe import probe
from foleycli.video.watching import View, watched
from tests.video.clips import even, make_clip

HALVES = [Fraction(k, 2) for k in range(32)]


def test_a_shot_alone_has_eight_frames_and_short_ones_have_fewer() -> None:
    alone = chosen_of(HALVES, [Fraction(0), Fraction(16)])
    assert alone == [2, 6, 10, 14, 18, 22, 26, 30]
    assert len(chosen_of(HALVES[:3], [Fraction(0), Fraction(2)])) == 3
    short = chosen_of(HALVES, [Fraction(0), Fraction(2), Fraction(3), Fraction(16)])
    inside = [sum(start <= HALVES[index] < stop for index in short) for start, stop in ((0, 2), (2, 3), (3, 16))]
    assert inside == [2, LEAST_FRAMES, FRAMES]


def test_a_shot_without_stills_has_none() -> None:
    assert chosen_of([Fraction(3)], [Fraction(0), Fraction(1), Fraction(4)]) == [0]


class Brightness:
    """A namer of one class: how bright the picture is."""

    def __init__(self) -> None:
        self.threads: set[str] = set()

    def scores(self, frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        self.threads.add(threading.current_thread().name)
        scores = np.zeros((len(frames), len(SOUND_CLASSES)), np.float32)
        scores[:, 0] = frames.mean(axis=(1, 2, 3)) / 255
        return scores


def test_scores_come_from_a_thread_of_their_own_with_their_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    namer = Brightness()
    monkeypatch.setattr(watching, "open_namer", lambda name, offline: namer)
    info = probe(make_clip(tmp_path / "clip.mp4", times=even(50, 25)))
    watch = PictureWatch(NamingThread())
    with watched(View(info, Fraction(0), info.duration, stills=True)) as chunks:
        stills = []
        for chunk in chunks:
            stills += chunk.stills
            watch.add(chunk, [Fraction(1)])
    seen = watch.pictures()
    assert seen is not None
    kept = {float(time): still.mean() / 255 for time, still in stills}
    assert [kept[time] for time in seen.times] == pytest.approx(seen.shares[:, 0].tolist(), abs=1e-6)
    assert seen.between(0.0, 1.0) is not None and seen.between(5.0, 6.0) is None
    assert {name.split("_")[0] for name in namer.threads} == {"namer"}


def test_no_thread_where_nothing_is_looked_at() -> None:
    assert thread_of(OFF) is None
