"""Room tone: a quiet bed under the new sound, so that gaps between sounds do not fall to digital silence.

The bed is noise of a fixed seed, a loop of eleven seconds without a seam. A moment of the film has the same bed in
every dub of it, so takes and retakes fit each other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from foleycli.audio.files import AudioWriter, Samples
from foleycli.audio.loudness import LoudnessMeter, from_decibels
from foleycli.audio.mastering import blocks_of
from foleycli.types import Wave

LOOP_SECONDS, SEED = 11, 5
EDGE_SECONDS = 0.25  # the bed comes and goes over this long at the ends of the part that is dubbed
LOWEST_HZ, HIGHEST_HZ = 40.0, 14_000.0
KNEE_HZ = 60.0  # above it the bed falls with the slope of its surroundings
INDOORS_DB, OUTDOORS_DB = -10.0, -6.0  # per octave; a quiet room's noise falls by 9 to 13 dB from 63 to 500 Hz
OUTDOORS = frozenset((
    "animal_bird_fowl", "animal_bird_wild", "animal_farm", "explosion_gun", "fire", "footsteps", "insects", "rain",
    "stone_gravel_dirt", "thunder", "vehicle_air", "vehicle_engine", "vehicle_siren_horn", "vehicle_train",
    "water_waves", "wind",
))  # fmt: skip


@dataclass(frozen=True)
class RoomTone:
    """A bed of `lufs`, between `start` and `stop` seconds of the track."""

    lufs: float
    outdoors: bool
    start: float
    stop: float
    fade_in: float = 0.0  # seconds, at least `EDGE_SECONDS`
    fade_out: float = 0.0


def heard_outdoors(sounds: Iterable[str]) -> bool:
    """Whether most of these classes are heard out of doors."""
    outside = [sound in OUTDOORS for sound in sounds]
    return 2 * sum(outside) > len(outside)


def room_tone_loop(sample_rate: int, lufs: float, *, outdoors: bool) -> Wave:
    """Noise (S,) of eleven seconds at `lufs` (ITU-R BS.1770) whose end goes on into its start."""
    samples = LOOP_SECONDS * sample_rate
    hertz = np.fft.rfftfreq(samples, 1 / sample_rate)
    octaves = np.log2(np.maximum(hertz, KNEE_HZ) / KNEE_HZ)
    size = 10 ** ((OUTDOORS_DB if outdoors else INDOORS_DB) * octaves / 20)
    size *= (hertz >= LOWEST_HZ) & (hertz <= HIGHEST_HZ)
    phases = np.random.default_rng(SEED).uniform(0, 2 * np.pi, len(hertz))
    loop = np.fft.irfft(size * np.exp(1j * phases), samples)
    loop /= np.sqrt(np.square(loop).mean())
    meter = LoudnessMeter(sample_rate, 1)
    meter.add(loop[None].astype(np.float32))
    found = meter.integrated()
    assert found is not None  # noise at full scale
    level: Wave = (loop * from_decibels(lufs - found)).astype(np.float32)
    return level


def lay_room_tone(track: Path, target: Path, tone: RoomTone) -> None:
    """Writes `track` with the bed in its last channel, as floats, a block at a time."""
    about, at = soundfile.info(str(track)), 0
    loop = room_tone_loop(about.samplerate, tone.lufs, outdoors=tone.outdoors)
    with AudioWriter(target, about.samplerate, about.channels, kind="float", seconds=about.duration) as writer:
        for samples, _ in blocks_of(track):
            mixed: Samples = samples.copy()
            mixed[-1] += np.take(loop, np.arange(at, at + samples.shape[1]), mode="wrap") * _gain(
                tone, at, samples.shape[1], sample_rate=about.samplerate
            )
            writer.write(mixed)
            at += samples.shape[1]


def _gain(tone: RoomTone, first: int, count: int, sample_rate: int) -> Wave | np.float32:
    """Of the bed over `count` samples from `first` on; 1 where no end is near."""
    rise, fall = max(EDGE_SECONDS, tone.fade_in), max(EDGE_SECONDS, tone.fade_out)
    if tone.start + rise < first / sample_rate and (first + count) / sample_rate < tone.stop - fall:
        return np.float32(1)
    seconds = np.arange(first, first + count) / sample_rate
    inside = np.minimum((seconds - tone.start) / rise, (tone.stop - seconds) / fall)
    gain: Wave = np.clip(inside, 0, 1).astype(np.float32)
    return gain
