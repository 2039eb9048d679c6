"""Measures a finished file in one pass: levels, outline, onsets; and makes a small copy to play."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foleycli.audio.browser import OPUS_RATE, OpusEncoder
from foleycli.audio.decoding import SoundReader, find_sound
from foleycli.audio.files import Samples
from foleycli.audio.loudness import LoudnessMeter, decibels, true_peaks
from foleycli.evaluation.metrics import onsets
from foleycli.timeline import to_samples

BLOCK_SECONDS = Fraction(20)
MARGIN_SECONDS = Fraction(1, 2)  # read on both sides of a block, so that an onset at its edge is found once
HOP_SAMPLES = OPUS_RATE // 200  # the outline is kept per 5 ms


@dataclass(frozen=True)
class SoundSummary:
    """The sound of a file, which lasts `seconds` from the first picture; `outline` (2, T) is its lows and highs.

    `opus` is the whole sound as an Ogg Opus file, or None if it was not wanted.
    """

    seconds: float
    loudness_lufs: float | None
    true_peak_dbtp: float
    onset_seconds: tuple[float, ...]
    outline: Samples
    opus: bytes | None


def measure_sound(path: Path, start: Fraction, duration: Fraction, *, keep: bool = True) -> SoundSummary:
    """Measures the main sound of the file from `start` (container seconds) on; memory stays flat."""
    meter: LoudnessMeter | None = None
    encoder: OpusEncoder | None = None
    peak, times, outline = 0.0, [], [np.zeros((2, 0), np.float32)]
    for at, samples, inner, layout in _blocks(path, start, duration):
        if meter is None:
            meter = LoudnessMeter(OPUS_RATE, len(samples), layout)
            encoder = OpusEncoder(min(2, len(samples))) if keep else None
        here = samples[:, inner]
        meter.add(here)
        peak = max(peak, float(true_peaks(samples)[inner].max(initial=0.0)))
        mono = samples.mean(0)
        first, last = inner.start / OPUS_RATE, inner.stop / OPUS_RATE
        times += [float(at) + time - first for time in onsets(mono, OPUS_RATE) if first <= time < last]
        outline.append(_outline(mono[inner]))
        if encoder is not None:
            encoder.write(here if len(here) <= 2 else here.mean(0, keepdims=True).repeat(2, axis=0))
    return SoundSummary(
        seconds=float(duration),
        loudness_lufs=meter.integrated() if meter is not None else None,
        true_peak_dbtp=decibels(peak),
        onset_seconds=tuple(times),
        outline=np.concatenate(outline, axis=1),
        opus=encoder.finish() if encoder is not None else None,
    )


def _blocks(path: Path, start: Fraction, duration: Fraction) -> Iterator[tuple[Fraction, Samples, slice, str]]:
    """(seconds from the start, (C, S) with a margin on both sides, where the block lies in it, layout), in order."""
    at, margin = Fraction(0), int(MARGIN_SECONDS * OPUS_RATE)
    with SoundReader(path, find_sound(path), OPUS_RATE, start=start - MARGIN_SECONDS) as reader:
        before = reader.read(2 * margin)
        while at < duration:
            stop = min(at + BLOCK_SECONDS, duration)
            samples = np.concatenate([before, reader.read(to_samples(stop - at, OPUS_RATE))], axis=1)
            yield at, samples, slice(margin, samples.shape[1] - margin), reader.layout
            before, at = samples[:, -2 * margin :], stop


def _outline(mono: Samples) -> Samples:
    whole = -(-len(mono) // HOP_SAMPLES) * HOP_SAMPLES
    hops: npt.NDArray[np.float32] = np.pad(mono, (0, whole - len(mono)), mode="edge").reshape(-1, HOP_SAMPLES)
    return np.stack([hops.min(1), hops.max(1)])
