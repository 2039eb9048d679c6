"""Videos with bursts of noise, as small as they can be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

from foleycli.video.encode import write_video
from foleycli.video.mux import mux
from foleycli.video.probe import probe


def write_noise(path: Path, seconds: int = 9, seed: int = 0, *, level: float = 0.3) -> Path:
    """A video of noise, 64 x 96 at 10 pictures a second, with a burst of noise each second at 16 kHz."""
    rng = np.random.default_rng(seed)
    silent, track = path.with_suffix(".silent.mkv"), path.with_suffix(".wav")
    write_video(silent, rng.integers(0, 255, (10 * seconds, 64, 96, 3)).astype(np.uint8), Fraction(10))
    loud = np.arange(seconds * 16000) % 16000 < 4000
    wave = level * loud * rng.standard_normal(seconds * 16000)
    soundfile.write(track, wave.clip(-1, 1).astype(np.float32), 16000)
    mux(probe(silent), track, path)
    for made in (silent, track):
        made.unlink()
    return path
