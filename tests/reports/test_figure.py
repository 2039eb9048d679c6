"""The figure: things lie where their time is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

from foleycli.cues.sheet import Cue
from foleycli.reports.figure.canvas import HIT, SPAN, WAVE, Axis
from foleycli.reports.figure.draw import CURVE, GAP, HEAD, LEFT, OUTLINE, RIGHT, STRIP, Plot, Sound, draw
from foleycli.reports.figure.picture import motion
from foleycli.reports.figure.sound import measure_sound
from foleycli.timeline import plan_windows
from foleycli.video.probe import probe
from tests.video.clips import even, make_clip

RATE = 48000
CURVE_TOP = HEAD + STRIP + GAP
OUTLINE_TOP = CURVE_TOP + CURVE + GAP


def columns(picture: np.ndarray, top: int, height: int, colour: tuple[int, int, int]) -> np.ndarray:
    """Columns of the time axis that hold the colour between two rows."""
    return np.flatnonzero((picture[top : top + height, LEFT:-RIGHT] == colour).all(axis=2).any(axis=0))


def test_a_hit_a_span_and_a_sound_stand_at_their_second(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(40, 10)))
    track = np.zeros(4 * RATE, np.float32)
    track[3 * RATE : 3 * RATE + 1200 : 2] = 0.9
    soundfile.write(tmp_path / "t.wav", track, RATE)
    windows = plan_windows(Fraction(3))
    sound = Sound(tmp_path / "t.wav", Fraction(0))
    cues = [Cue(2.0), Cue(2.5, stop=3.5), Cue(0.5), Cue(3.0, mute=True)]
    plot = Plot(info, cues, windows, Fraction(1), Fraction(4), "a.mp4", ("one", "two"), sound)
    picture = np.asarray(draw(plot, width=LEFT + RIGHT + 600))
    hit = columns(picture, CURVE_TOP, CURVE, HIT)
    assert 196 <= hit.min() <= 200 <= hit.max() <= 205  # one second of three: 600 columns from 1 s to 4 s
    span = columns(picture, CURVE_TOP, CURVE, SPAN)
    assert (span.min(), span.max()) == (300, 500)
    wave = picture[OUTLINE_TOP : OUTLINE_TOP + OUTLINE, LEFT:-RIGHT]
    tall = np.flatnonzero((wave == WAVE).all(axis=2).sum(axis=0) > OUTLINE // 4)
    assert 399 <= tall.min() <= tall.max() <= 406


def test_a_video_without_a_track_has_no_sound_rows(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "one.mp4", [Fraction(0)]))
    picture = draw(Plot(info, [], (), Fraction(0), info.duration, "one.mp4"), width=600)
    assert picture.height < OUTLINE_TOP + OUTLINE
    assert not columns(np.asarray(picture), CURVE_TOP, CURVE, HIT).size


def test_a_tone_is_loudest_in_its_bin_and_silence_is_dark(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE).astype(np.float32)
    tone[RATE:] = 0
    soundfile.write(tmp_path / "t.wav", tone, RATE)
    rows = measure_sound(tmp_path / "t.wav", Fraction(0), Fraction(0), Fraction(4), 80)  # twice as long as the track
    assert len(set(rows.mel[:, 2:18].argmax(0))) == 1
    assert rows.mel[:, :18].max() == 1 and not rows.mel[:, 22:].any() and not rows.high[22:].any()
    assert rows.high[5] > 0.99 and rows.low[5] < -0.99


def test_motion_is_seen_where_it_is(tmp_path: Path) -> None:
    # Each picture is a step lighter than the one before, until they stop.
    still = make_clip(tmp_path / "a.mp4", [Fraction(number, 10) for number in (*range(20), 39)])
    curve = motion(probe(still), Fraction(0), Fraction(4), 400)
    assert curve.shape == (400,) and curve[10:190].max() > 0.2 and curve[220:380].max() == 0


def test_marks_are_even_legible_and_in_the_span() -> None:
    assert [label for _, label in Axis(1, 4, 0, 300).ticks()] == ["1 s", "2 s", "3 s", "4 s"]
    assert [label for _, label in Axis(0, 7200, 0, 800).ticks()][:3] == ["0:00:00", "0:20:00", "0:40:00"]
    assert [label for _, label in Axis(59.9, 61.2, 0, 700).ticks()][:2] == ["1:00.0", "1:00.2"]
    assert Axis(1, 4, 10, 310).column(2.5) == 160
