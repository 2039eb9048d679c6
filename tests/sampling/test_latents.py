"""Noise belongs to the time it stands at: windows that overlap have the same where they do."""

from fractions import Fraction

import torch

from foleycli.sampling.latents import film_grain, film_phases
from foleycli.timeline import WINDOW_SECONDS

COLUMN = WINDOW_SECONDS / 64


def test_windows_that_overlap_share_grain_and_phases() -> None:
    later = 5
    for noise, step in ((lambda at: film_grain(at, 64, 2, 128, 512), 8), (lambda at: film_phases(at, 64, 4096), 4096)):
        first, second = noise(Fraction(0)), noise(later * COLUMN)
        assert torch.equal(first[..., later * step :], second[..., : -later * step])
        assert not torch.equal(first, second) and abs(float(first.std()) - 1) < 0.02
