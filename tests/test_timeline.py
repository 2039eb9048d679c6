from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from foleycli.timeline import WINDOW_SECONDS, plan_windows, seconds_of, to_samples

durations = some.fractions(min_value=Fraction(1, 1000), max_value=200, max_denominator=90000)
overlaps = some.fractions(min_value=0, max_value=4, max_denominator=100)
cut_lists = some.lists(some.fractions(min_value=-1, max_value=210, max_denominator=1000), max_size=5)


@given(durations, overlaps, cut_lists)
def test_windows_cover_the_clip_once(duration: Fraction, overlap: Fraction, cuts: list[Fraction]) -> None:
    windows = plan_windows(duration, overlap=overlap, cuts=cuts)
    assert windows[0].start == 0 and windows[-1].stop == duration
    assert windows[0].fade_in == 0 == windows[-1].fade_out
    assert [window.index for window in windows] == list(range(len(windows)))
    for window in windows:
        assert 0 < window.seconds <= WINDOW_SECONDS
        assert window.fade_in + window.fade_out <= window.seconds
    for before, after in pairwise(windows):
        assert before.stop - after.start == before.fade_out == after.fade_in


@given(durations, cut_lists)
def test_nothing_fades_across_a_cut(duration: Fraction, cuts: list[Fraction]) -> None:
    windows = plan_windows(duration, cuts=cuts)
    for cut in cuts:
        if 0 < cut < duration:
            assert any(window.start == cut and window.fade_in == 0 for window in windows)
            assert not any(window.start < cut < window.stop for window in windows)


@given(durations, some.sampled_from([16000, 32000, 44100, 48000]))
def test_samples_are_the_nearest(duration: Fraction, rate: int) -> None:
    assert abs(to_samples(duration, rate) - duration * rate) <= Fraction(1, 2)


def test_one_window_is_enough_for_a_short_clip() -> None:
    (window,) = plan_windows(Fraction(1, 30))
    assert (window.start, window.stop, window.fade_in, window.fade_out) == (0, Fraction(1, 30), 0, 0)


@pytest.mark.parametrize(("duration", "overlap"), [(0, 1), (-1, 1), (9, 5), (9, -1)])
def test_nonsense_is_refused(duration: int, overlap: int) -> None:
    with pytest.raises(ValueError):
        plan_windows(Fraction(duration), overlap=Fraction(overlap))


def test_a_time_is_seconds_or_minutes_and_seconds() -> None:
    assert [seconds_of(text) for text in (".5", "1:23.5", "0:01:00")] == [Fraction(1, 2), Fraction(167, 2), 60]


@pytest.mark.parametrize("text", ["-1", "-0:01", "-0:01.000", "0:-1", "1:-0:30", "1e-999999999", "1:2:3:4", "1e10", ""])
def test_what_is_no_time_from_the_start_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time.*; write seconds"):
        seconds_of(text)
