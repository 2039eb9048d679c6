"""The log-mel spectrogram."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Literal


@dataclass(frozen=True)
class MelSpec:
    """A log-mel spectrogram: |STFT| -> mel bank -> log."""

    sample_rate: int
    n_fft: int
    hop_samples: int
    mels: int
    f_min_hz: float
    f_max_hz: float
    scale: Literal["db01", "ln"]  # clip((20 log10 m + 80) / 100, 0, 1) | ln max(m, floor)
    floor: float = 1e-5

    DIFF_FOLEY: ClassVar[MelSpec]
    AUDIOLDM: ClassVar[MelSpec]
    FULL_BAND: ClassVar[MelSpec]

    @property
    def frame_seconds(self) -> Fraction:
        """Seconds from one frame to the next."""
        return Fraction(self.hop_samples, self.sample_rate)


MelSpec.DIFF_FOLEY = MelSpec(16000, 1024, 256, mels=128, f_min_hz=125.0, f_max_hz=7600.0, scale="db01")
MelSpec.AUDIOLDM = MelSpec(16000, 1024, 160, mels=64, f_min_hz=0.0, f_max_hz=8000.0, scale="ln")
MelSpec.FULL_BAND = MelSpec(32000, 2048, 512, mels=128, f_min_hz=40.0, f_max_hz=16000.0, scale="ln")
