"""Replaces a part of a track by that of another. Outside the part every sample stays the same, bit for bit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from foleycli.audio.files import AudioWriter
from foleycli.errors import InputError
from foleycli.timeline import to_samples

FADE_SECONDS = Fraction(1, 50)
BLOCK_SAMPLES = 1 << 18


def splice(old: Path, new: Path, out: Path, start: Fraction, stop: Fraction) -> None:
    """Writes `old` with [start, stop) seconds of `new` in its place, both of one rate and length, 24 bit.

    old  ─────────╲              ╱──────────
    new           ╱──────────────╲             the fades lie inside the span, of equal power; none where both are equal
    """
    with soundfile.SoundFile(str(old)) as kept, soundfile.SoundFile(str(new)) as fresh:
        if (kept.samplerate, kept.frames, kept.channels) != (fresh.samplerate, fresh.frames, fresh.channels):
            raise InputError(f"{old}: not the track it was when its sidecar was written; dub the video again")
        rate = kept.samplerate
        first, last = to_samples(start, rate), min(to_samples(stop, rate), kept.frames)
        fade = min(to_samples(FADE_SECONDS, rate), (last - first) // 2)
        with AudioWriter(out, rate, kept.channels, seconds=kept.frames / rate) as writer:
            at = 0
            while at < kept.frames:
                # Integers, since 24-bit samples may change on the way to floats and back.
                here, there = (file.read(BLOCK_SAMPLES, dtype="int32", always_2d=True) for file in (kept, fresh))
                samples = np.arange(at, at + len(here))
                mixed = _mixed(here, there, _share(samples, first, last, fade=fade))
                for border in (first, last - fade):
                    faded = (samples >= border) & (samples < border + fade)
                    if np.array_equal(here[faded], there[faded]):
                        mixed[faded] = here[faded]  # two equal sounds add up to 3 dB more
                writer.write(mixed.T)
                at += len(here)


def copy_track(track: Path, out: Path) -> None:
    """The same 24-bit samples in the kind of file that `out` names, WAV or FLAC."""
    with (
        soundfile.SoundFile(str(track)) as file,
        AudioWriter(out, file.samplerate, file.channels, seconds=file.frames / file.samplerate) as writer,
    ):
        for block in file.blocks(BLOCK_SAMPLES, dtype="int32", always_2d=True):
            writer.write(block.T)


def _share(samples: Any, first: int, last: int, fade: int) -> Any:
    """How far into the span each sample is, 0..1 as an angle of the fade: 0 is all old, 1 is all new."""
    edge = np.minimum(samples - first, last - 1 - samples)
    return np.clip((edge + 0.5) / fade if fade else edge + 1.0, 0.0, 1.0)


def _mixed(old: Any, new: Any, share: Any) -> Any:
    angle = share[:, None] * (np.pi / 2)
    mixed = np.rint(old * np.cos(angle) + new * np.sin(angle))
    inside = np.clip(mixed, -(2**31), 2**31 - 1).astype(np.int32)
    return np.where(share[:, None] == 0, old, np.where(share[:, None] == 1, new, inside))
