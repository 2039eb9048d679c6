"""The figure: things lie where their time is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from foleycli.cuesheet import Cue
from foleycli.evaluation.figure import CURVE_HEIGHT, GAP, HIT, STRIP_HEIGHT, draw
from foleycli.media.probe import probe
from foleycli.timeline import plan_windows
from tests.media.clips import make_clip


def test_a_hit_and_its_sound_stand_at_their_second(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", [Fraction(k, 10) for k in range(40)]))
    samples = np.zeros(4 * 32000, np.float32)
    samples[3 * 32000 : 3 * 32000 + 800 : 2] = 0.9
    picture = draw(info, [Cue(1.0), Cue(2.0, stop=2.5)], samples, 32000, plan_windows(info.duration), width=800)
    assert picture.shape[1:] == (800, 3)
    curve = picture[STRIP_HEIGHT + GAP : STRIP_HEIGHT + GAP + CURVE_HEIGHT]
    red = np.flatnonzero((curve == HIT).all(axis=2).any(axis=0))
    assert red.min() == int(800 / info.duration)
    wave = picture[STRIP_HEIGHT + CURVE_HEIGHT + 2 * GAP :][:100]
    tall = np.flatnonzero((wave.sum(axis=2) < 300).sum(axis=0) > 20)
    assert 600 <= tall.min() <= tall.max() <= 606  # the track is four seconds long, and drawn over the whole width


def test_a_video_without_a_track_has_a_shorter_figure(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "one.mp4", [Fraction(0)]))
    assert draw(info, [], width=400).shape[0] < draw(info, [], np.zeros(1000, np.float32), width=400).shape[0]
