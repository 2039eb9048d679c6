"""The soft limiter: quiet sound is left alone, loud sound stays within full scale and in order."""

from __future__ import annotations

import numpy as np

from foleycli.audio.limit import KNEE, soft_limit


def test_what_lies_below_the_knee_is_untouched() -> None:
    quiet = np.linspace(-KNEE, KNEE, 101, dtype=np.float32)
    assert np.array_equal(soft_limit(quiet), quiet)


def test_what_is_loud_stays_below_full_scale_odd_and_in_order() -> None:
    loud = np.linspace(-20, 20, 2001, dtype=np.float32)
    limited = soft_limit(loud)
    assert np.abs(limited).max() < 1.0
    assert (np.diff(limited) >= 0).all()
    assert np.allclose(limited, -limited[::-1])
    assert limited.dtype == np.float32


def test_the_bend_begins_without_a_step() -> None:
    around = soft_limit(np.float32([KNEE - 1e-4, KNEE + 1e-4]))
    assert abs(float(np.diff(around)[0]) - 2e-4) < 1e-5
