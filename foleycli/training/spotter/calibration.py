"""What a spotter's probability is worth: a logistic curve over its logit, fitted on scenes that it was not trained on.

peaks of the onset curve -> was there a hit within 0.1 s? -> slope and intercept (Platt, 1999)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from foleycli.models.spot_perform.peak_picking import MIN_DISTANCE_SECONDS, are_true, find_peaks, logit
from foleycli.networks.vision.spotter import Spotter
from foleycli.training.spotter.spotter import SceneClips

TOLERANCE_SECONDS = 0.1
LEAST = 0.2  # onset probability of a peak that counts: well under what makes a cue
BATCH = 32
NEWTON_STEPS = 25

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Peaks:
    """The onset probability at each peak of a spotter's curve, and whether there was a hit."""

    onset: Array  # (P,)
    true: Array  # (P,) 0 or 1


@torch.inference_mode()
def peaks_of(spotter: Spotter, clips: SceneClips) -> Peaks:
    """The peaks of the spotter's onset curves on these clips, each beside the truth."""
    found = [pair for first in range(0, len(clips), BATCH) for pair in _batch(spotter, clips, first)]
    return Peaks(*np.array(found, float).reshape(-1, 2).T)


def _batch(spotter: Spotter, clips: SceneClips, first: int) -> Iterator[tuple[float, bool]]:
    rate = spotter.spec.frames_per_second
    grid, truth = clips.read(range(first, min(first + BATCH, len(clips))))
    curves = spotter(grid).onset_logit.sigmoid().numpy()
    for curve, events in zip(curves, truth.event_frame, strict=True):
        peaks = sorted(find_peaks(curve, MIN_DISTANCE_SECONDS * rate), key=lambda one: -curve[one])
        for peak, hit in zip(peaks, are_true(peaks, events[events >= 0], TOLERANCE_SECONDS * rate), strict=True):
            if curve[peak] >= LEAST:
                yield float(curve[peak]), hit


def calibrate(peaks: Peaks) -> tuple[float, float]:
    """Slope and intercept by which the logit of an onset becomes that of a hit: the most likely, by Newton's steps.

    Without peaks they are 1 and 0.
    """
    inputs = np.stack([logit(peaks.onset), np.ones(len(peaks.onset))], axis=1)  # (P, 2)
    line = np.array([1.0, 0.0])
    for _ in range(NEWTON_STEPS):
        sure = 1 / (1 + np.exp(-inputs @ line))
        bend = (inputs * (sure * (1 - sure))[:, None]).T @ inputs + 1e-3 * np.eye(2)
        line = line - np.linalg.solve(bend, inputs.T @ (sure - peaks.true) + 1e-3 * (line - [1.0, 0.0]))
    slope, intercept = (round(float(value), 3) for value in line)
    return slope, intercept
