from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from foleycli.audio.crossfades import crossfade, fade_in_gain, stitch
from foleycli.timeline import Window, plan_windows, to_samples


def noise_of(window: Window, rate: int, extra: int = 0) -> np.ndarray:
    count = to_samples(window.stop, rate) - to_samples(window.start, rate) + extra
    return np.random.default_rng(window.index).standard_normal(count).astype(np.float32)


@settings(max_examples=40, deadline=None)
@given(
    some.fractions(min_value=Fraction(1, 100), max_value=40, max_denominator=90000),
    some.fractions(min_value=0, max_value=4, max_denominator=1000),
    some.lists(some.fractions(min_value=0, max_value=40, max_denominator=1000), max_size=3),
    some.sampled_from([8000, 11025, 16000]),
)
def test_length_is_exact(duration: Fraction, overlap: Fraction, cuts: list[Fraction], rate: int) -> None:
    windows = plan_windows(duration, overlap=overlap, cuts=cuts)
    pieces = list(stitch(((window, noise_of(window, rate, extra=7)) for window in windows), rate))
    assert sum(len(piece) for piece in pieces) == to_samples(duration, rate)


def test_power_is_even_through_the_crossfades() -> None:
    rate = 8000
    windows = plan_windows(Fraction(60), overlap=Fraction(4))
    track = np.concatenate(list(stitch(((window, noise_of(window, rate)) for window in windows), rate)))
    for window in windows[1:]:
        begin = to_samples(window.start, rate)
        across = track[begin : begin + to_samples(window.fade_in, rate)]
        assert abs(float(np.mean(across**2)) - 1) < 0.05


def test_gains_are_complementary_in_power() -> None:
    for count in (1, 2, 999, 48000):
        gain = fade_in_gain(count).astype(np.float64)
        assert np.abs(gain**2 + gain[::-1] ** 2 - 1).max() < 1e-6


def test_outside_the_overlap_a_window_is_as_it_was() -> None:
    rate = 8000
    windows = plan_windows(Fraction(20), overlap=Fraction(1), cuts=[Fraction(5)])
    track = np.concatenate(list(stitch(((window, noise_of(window, rate)) for window in windows), rate)))
    for window in windows:
        begin, end = to_samples(window.start + window.fade_in, rate), to_samples(window.stop - window.fade_out, rate)
        skip = begin - to_samples(window.start, rate)
        assert np.array_equal(track[begin:end], noise_of(window, rate)[skip : skip + end - begin])


def test_one_window_at_a_time_is_asked_for() -> None:
    asked: list[int] = []

    def parts() -> Iterator[tuple[Window, np.ndarray]]:
        for window in plan_windows(Fraction(60)):
            asked.append(window.index)
            yield window, noise_of(window, 8000)

    for number, _ in zip(range(4), stitch(parts(), 8000), strict=False):
        assert asked == list(range(number + 1))


def test_too_short_a_window_is_refused() -> None:
    (window,) = plan_windows(Fraction(1))
    with pytest.raises(ValueError, match="window 0"):
        list(stitch([(window, np.zeros(7999, np.float32))], 8000))


def test_sounds_that_agree_come_through_a_crossfade_unchanged_and_others_at_equal_power() -> None:
    old, new = np.random.default_rng(0).normal(size=(2, 32000)).astype(np.float32)
    np.testing.assert_allclose(crossfade(old, old), old, rtol=1e-5, atol=1e-6)
    for alike in (0.0, 0.5):
        mixed = crossfade(old, alike * old + np.sqrt(1 - alike**2).astype(np.float32) * new)
        assert np.square(mixed[12000:20000]).mean() == pytest.approx(1.0, abs=0.05)
