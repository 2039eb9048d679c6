"""The data of the sound rows of a figure: outline and mel spectrogram of a track, for each column of pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from foleycli.networks.codecs.mel import mel_bank
from foleycli.specs import MelSpec
from foleycli.timeline import to_samples

BINS, LOWEST_HZ, HIGHEST_HZ = 128, 40.0, 16000.0
FFT_SAMPLES = 2048
RANGE_DB = 70.0
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class SoundRows:
    """A track per column of pixels: its lows and highs (columns,), and mel levels 0..1 (BINS, columns), low first."""

    low: Floats
    high: Floats
    mel: Floats


def measure_sound(track: Path, track_start: Fraction, first: Fraction, last: Fraction, columns: int) -> SoundRows:
    """Measures [first, last) of a sound file whose first sample is at `track_start` seconds; memory stays flat."""
    with soundfile.SoundFile(str(track)) as file:
        rate = file.samplerate
        spec = MelSpec(
            rate,
            FFT_SAMPLES,
            hop_samples=FFT_SAMPLES // 4,
            mels=BINS,
            f_min_hz=LOWEST_HZ,
            f_max_hz=min(HIGHEST_HZ, rate / 2),
            scale="ln",
        )
        bank, window = mel_bank(spec).numpy(), np.hanning(FFT_SAMPLES).astype(np.float32)
        edges = [
            to_samples(first - track_start + (last - first) * Fraction(column, columns), rate)
            for column in range(columns + 1)
        ]
        low, high = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
        mel = np.zeros((BINS, columns), np.float32)
        for column in range(columns):
            begin, stop = edges[column], max(edges[column + 1], edges[column] + 1)
            margin = max(0, FFT_SAMPLES - (stop - begin) + 1) // 2
            samples = _read(file, begin - margin, stop + margin)
            here = samples[margin : len(samples) - margin]
            low[column], high[column] = here.min(initial=0.0), here.max(initial=0.0)
            frames = samples[: len(samples) // FFT_SAMPLES * FFT_SAMPLES].reshape(-1, FFT_SAMPLES)
            mel[:, column] = (bank @ np.abs(np.fft.rfft(frames * window)).T).max(1)
    level = 20 * np.log10(np.maximum(mel, 1e-6))
    loudest = max(float(level.max()), -40.0)  # next to silence is drawn as silence
    return SoundRows(low, high, np.clip((level - loudest) / RANGE_DB + 1, 0, 1).astype(np.float32))


def _read(file: soundfile.SoundFile, begin: int, stop: int) -> Floats:
    """(S,) of [begin, stop), one channel, silent where the file holds nothing."""
    first, last = min(max(0, begin), file.frames), max(0, min(stop, file.frames))
    file.seek(first)
    samples = file.read(max(0, last - first), dtype="float32", always_2d=True).mean(1)
    return (
        np.pad(samples, (first - begin, stop - first - len(samples))) if len(samples) else np.zeros(stop - begin, "f4")
    )
