"""Sound as samples: resampled, cut to a length, written to files block by block."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from foleycli.errors import OutputError
from foleycli.timeline import to_samples

Samples = NDArray[np.float32]

WAV_BYTES = 2**32 - 2**16  # a WAV header can't count further; RF64 can


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """(S,) or (C, S) at another rate; the length in seconds stays the same to the nearest sample."""
    if from_rate == to_rate:
        return samples
    wanted = to_samples(Fraction(samples.shape[-1], from_rate), to_rate)
    changed: Samples = soxr.resample(samples.T, from_rate, to_rate, quality="HQ").T
    return fit(np.ascontiguousarray(changed, np.float32), wanted)


def fit(samples: Samples, length: int) -> Samples:
    """(..., S) cut or padded with silence to (..., length)."""
    missing = length - samples.shape[-1]
    if missing <= 0:
        return samples[..., :length]
    return np.pad(samples, [(0, 0)] * (samples.ndim - 1) + [(0, missing)])


class AudioWriter:
    """Appends samples to a WAV or FLAC file; memory does not grow with its length."""

    def __init__(
        self, path: str | Path, sample_rate: int, channels: int = 1, *, kind: str | None = None, seconds: float = 0
    ) -> None:
        """`kind` "wav" (24 bit), "flac" (24 bit) or "float" (32-bit WAV), else by suffix; `seconds` expected."""
        self.path = Path(path)
        self.kind = kind or self.path.suffix.lstrip(".").lower()
        if self.kind not in ("wav", "flac", "float"):
            raise OutputError(f"{self.path}: sound is written as .wav or .flac; choose one of them")
        large = seconds * sample_rate * channels * 4 > WAV_BYTES
        try:
            self._file = soundfile.SoundFile(
                str(self.path),
                "w",
                sample_rate,
                channels,
                subtype="FLOAT" if self.kind == "float" else "PCM_24",
                format="FLAC" if self.kind == "flac" else "RF64" if large else "WAV",
            )
        except (soundfile.LibsndfileError, OSError) as error:
            raise OutputError(f"{self.path}: {error}; choose a folder that can be written") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, samples: Samples) -> None:
        """Appends (S,) or (C, S); integers clip at full scale."""
        try:
            self._file.write(samples.T)
        except (soundfile.LibsndfileError, OSError) as error:
            # libsndfile knows no more than "System error."
            reason = str(error).rstrip(".")
            elsewhere = ", or set TMPDIR to another folder" if Path(tempfile.gettempdir()) in self.path.parents else ""
            raise OutputError(f"{self.path}: can't be written ({reason}); check the disk's space{elsewhere}") from error
