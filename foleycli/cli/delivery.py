"""From a track that is still being made to the file that was asked for, whole or not at all."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile

from foleycli.cli.options import Original
from foleycli.cli.say import Say
from foleycli.cli.targets import SOUND_SUFFIXES
from foleycli.errors import ModelError
from foleycli.media.atomic import atomic_file
from foleycli.media.audio import AudioWriter
from foleycli.media.mux import mux
from foleycli.timeline import to_samples

if TYPE_CHECKING:
    from foleycli.media.probe import VideoInfo
    from foleycli.pipeline import TrackStream

BLOCK_SAMPLES = 1 << 18
CEILING = 10 ** (-1 / 20)  # -1 dBFS: a lossy encoder overshoots a little


@dataclass(frozen=True)
class Mix:
    """What happens to the track on its way into the file: levels, and the video's own sound."""

    original: Original = "replace"
    gain_db: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """One file that was written; `target` None is stdout."""

    target: Path | None
    seed: int
    seconds: Fraction
    sample_rate: int
    windows: int
    warnings: tuple[str, ...] = ()

    def facts(self) -> dict[str, Any]:
        return {
            "output": "-" if self.target is None else str(self.target),
            "seed": self.seed,
            "seconds": self.seconds,
            "sample_rate": self.sample_rate,
            "windows": self.windows,
            "warnings": list(self.warnings),
        }


def deliver(
    stream: TrackStream, info: VideoInfo, target: Path | None, mix: Mix, start: Fraction, overwrite: bool
) -> Outcome:
    """Records the track as it comes, levels it, then puts it into `target`; memory stays flat."""
    with tempfile.TemporaryDirectory(prefix="foley-") as folder:
        raw, track = Path(folder) / "raw.wav", Path(folder) / "track.wav"
        in_video = target is not None and target.suffix.lower() not in SOUND_SUFFIXES
        peak = _record(stream, raw, silence=start if in_video else Fraction(0))
        factor, warnings = _level(peak, mix.gain_db)
        if target is None:
            _write_levelled(raw, track, factor)
            Say().file(track)
        elif in_video:
            _write_levelled(raw, track, factor)
            warnings += mux(info, track, target, original=mix.original, overwrite=overwrite).warnings
        else:
            with atomic_file(target, overwrite=overwrite) as draft:
                _write_levelled(raw, draft, factor)
    return Outcome(target, stream.seeds[0], stream.duration, stream.sample_rate, len(stream.windows), warnings)


def _record(stream: TrackStream, path: Path, silence: Fraction) -> float:
    """Writes the track as floats after `silence` seconds of nothing (it starts with the first picture); its peak."""
    peak = 0.0
    with AudioWriter(path, stream.sample_rate, kind="float", seconds=float(silence + stream.duration)) as writer:
        for second in range(0, to_samples(silence, stream.sample_rate), stream.sample_rate):
            left = to_samples(silence, stream.sample_rate) - second
            writer.write(np.zeros(min(left, stream.sample_rate), np.float32))
        for chunk in stream:
            if not np.isfinite(chunk).all():
                raise ModelError("the model's sound is not finite; try --precision fp32, or another model")
            peak = max(peak, float(np.abs(chunk).max(initial=0.0)))
            writer.write(chunk)
    return peak


def _level(peak: float, gain_db: float) -> tuple[float, tuple[str, ...]]:
    """The factor of the whole track: the gain asked for, or as much of it as stays under the ceiling."""
    factor = 10 ** (gain_db / 20)
    if peak * factor <= CEILING:
        return factor, ()
    lowered = CEILING / peak
    if gain_db == 0:
        return lowered, ()
    return lowered, (f"gain {20 * math.log10(lowered):+.1f} dB instead of {gain_db:+.1f} dB, so that nothing clips",)


def _write_levelled(raw: Path, target: Path, factor: float) -> None:
    """The track times `factor` as 24-bit WAV or FLAC, a block at a time."""
    about = soundfile.info(str(raw))
    with AudioWriter(target, about.samplerate, about.channels, seconds=about.duration) as writer:
        for block in soundfile.blocks(str(raw), blocksize=BLOCK_SAMPLES, dtype="float32", always_2d=True):
            writer.write(block.T * np.float32(factor))
