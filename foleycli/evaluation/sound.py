"""Artefacts: sound where nothing happens, clipping, and audible borders of windows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from foleycli.evaluation.metrics import Array
from foleycli.networks.codecs.mel import log_mel
from foleycli.specs import MelSpec

FULL_SCALE = 0.999
QUIETEST_DB = -120.0
SIDE_SECONDS = 0.1  # compared before and after a place
APART_SECONDS = 0.5  # from a border: elsewhere
RANK_STEP_SECONDS = 0.05
SAME = 1e-6  # differences of log-mel under this are none


def rms_db(wave: Array) -> float:
    """Level of a waveform (S,) in dB under full scale, at least -120."""
    power = float(np.mean(np.square(np.asarray(wave, np.float64)))) if len(wave) else 0.0
    return max(QUIETEST_DB, 10 * math.log10(power + 1e-30))


def peak_db(wave: Array) -> float:
    """Largest sample in dB under full scale, at least -120."""
    return max(QUIETEST_DB, 20 * math.log10(float(np.abs(wave).max(initial=0.0)) + 1e-15))


def clipped_share(wave: Array) -> float:
    """Share of samples at full scale."""
    return float(np.mean(np.abs(wave) >= FULL_SCALE)) if len(wave) else 0.0


def seam_rank(wave: Array, sample_rate: int, border_seconds: Sequence[float]) -> npt.NDArray[np.float64]:
    """How much each border stands out, 0..1: the share of other places where the spectrum changes less.

    Change: mean |difference| of the log-mel, 0.1 s before against 0.1 s after. About 0.5 is a border that can't be
    told from elsewhere; so is a track that is too short to have an elsewhere.
    """
    seconds = len(wave) / sample_rate
    inside = [border for border in border_seconds if SIDE_SECONDS < border < seconds - SIDE_SECONDS]
    borders = np.asarray(inside, np.float64)
    places = np.arange(SIDE_SECONDS, seconds - SIDE_SECONDS, RANK_STEP_SECONDS)
    if len(borders):
        places = places[np.abs(places[:, None] - borders).min(axis=1) > APART_SECONDS]
    if not len(borders) or not len(places):
        return np.full(len(borders), 0.5)
    mel = log_mel(torch.from_numpy(np.asarray(wave, np.float32))[None], MelSpec.FULL_BAND)[0].numpy()
    rate = sample_rate / MelSpec.FULL_BAND.hop_samples
    elsewhere, here = (_changes(mel, spots * rate, SIDE_SECONDS * rate) for spots in (places, borders))
    less = elsewhere < here[:, None] - SAME
    same = np.abs(elsewhere - here[:, None]) <= SAME
    return np.asarray((less + 0.5 * same).mean(axis=1))


def _changes(mel: Array, frames: Array, side: float) -> npt.NDArray[np.float64]:
    """Mean |difference| of the mean log-mel (M, K) of `side` frames before and after each frame."""
    found = []
    for frame in frames:
        at, reach = round(float(frame)), max(1, round(side))
        found.append(np.abs(mel[:, max(0, at - reach) : at].mean(1) - mel[:, at : at + reach].mean(1)).mean())
    return np.array(found)
