"""Fades: silent at the ends, untouched in between, the same however the track is cut into chunks."""

from __future__ import annotations

import numpy as np

from foleycli.audio.fades import faded


def test_ends_are_silent_the_middle_untouched_and_chunks_make_no_difference() -> None:
    track = np.ones((2, 1000), np.float32)
    (whole,) = faded([track], 200, 300, 1000)
    pieces = np.concatenate([*faded(np.split(track, [1, 150, 640, 999], axis=1), 200, 300, 1000)], axis=1)
    assert np.array_equal(whole, pieces)
    assert np.all(whole[:, [0, -1]] < 1e-4)
    assert np.all(whole[:, 200:700] == 1)
    assert np.allclose(whole[:, [100, 849]], 0.5, atol=0.01)
    assert np.allclose(whole[:, :200] + whole[:, 199::-1], 1, atol=1e-6)


def test_without_fades_the_very_chunks_come_out() -> None:
    chunks = [np.ones(5, np.float32), np.ones(7, np.float32)]
    assert all(a is b for a, b in zip(faded(chunks, 0, 0, 12), chunks, strict=True))
