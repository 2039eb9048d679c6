"""Stills kept aside while a reader reads: the first picture of each slot, square, upright, decoded once."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from foleycli.video.frames import FrameReader
from foleycli.video.probe import probe
from foleycli.video.stills import Stills
from tests.video.clips import even, make_clip


def stills_of(path: Path, every: Fraction, start: Fraction = Fraction(0)) -> list[tuple[Fraction, np.ndarray]]:
    info = probe(path)
    stills = Stills(info, start, every, 32)
    with FrameReader(info, 25, (16, 16), grey=True, aside=stills) as reader:
        reader.read(start, info.duration)
    return stills.take(info.duration)


def test_one_still_a_slot_is_kept_from_the_start_on(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", times=even(50, 25))
    assert [time for time, _ in stills_of(path, Fraction(1, 2))] == [0, Fraction(13, 25), 1, Fraction(38, 25)]
    late = [time for time, _ in stills_of(path, Fraction(1, 2), Fraction(1))]
    assert late == [1, Fraction(38, 25)]


def test_stills_are_squares_of_what_a_reader_shows(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", times=even(10))
    info = probe(path)
    (_, still), *_ = stills_of(path, Fraction(10))
    assert still.shape == (32, 32, 3)
    wide = round(32 * info.width / info.height)
    with FrameReader(info, 25, (32, wide)) as reader:
        whole = reader.read(Fraction(0), Fraction(1, 25))[0]
    left = (wide - 32) // 2
    assert np.abs(still.astype(int) - whole[:, left : left + 32]).mean() < 3


def test_what_was_taken_does_not_come_again(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "clip.mp4", times=even(50, 25)))
    stills = Stills(info, Fraction(0), Fraction(1, 2), 32)
    with FrameReader(info, 25, (16, 16), grey=True, aside=stills) as reader:
        reader.read(Fraction(0), Fraction(2))
        first = [time for time, _ in stills.take(Fraction(1))]
        reader.read(Fraction(0), Fraction(2))
        second = [time for time, _ in stills.take(Fraction(2))]
    assert first == [0, Fraction(13, 25)]
    assert second == [1, Fraction(38, 25)]
