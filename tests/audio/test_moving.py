"""Moving windows against scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from foleycli.audio.moving import moving_maximum, moving_mean, moving_minimum


@pytest.mark.parametrize("length", [1, 2, 300, 5000])
@pytest.mark.parametrize("size", [1, 3, 5, 241, 481])
def test_they_are_those_of_scipy(length: int, size: int) -> None:
    values = np.random.default_rng(length + size).normal(size=length)
    assert np.array_equal(moving_maximum(values, size), maximum_filter1d(values, size))
    assert np.array_equal(moving_minimum(values, size), minimum_filter1d(values, size))
    assert moving_mean(values, size) == pytest.approx(uniform_filter1d(values, size), abs=1e-12)


def test_of_nothing_there_is_nothing_and_of_ones_only_ones() -> None:
    for moving in (moving_maximum, moving_minimum, moving_mean):
        assert moving(np.zeros(0), 5).shape == (0,)
    gain = np.ones(500_000)
    gain[1000] = 0.3
    assert np.all(moving_mean(gain, 241)[2000:] == 1) and moving_mean(gain, 241)[1000] < 1
