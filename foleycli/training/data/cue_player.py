"""Plays a cue list with real sounds laid at the cue times.

Strength sets the level: a hit of strength 1 has its loudest 50 ms at -17 dBFS, a span of
strength 1 is at -20 dBFS, strength 0 is 24 dB below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch

from foleycli.audio.level_rider import HIT_LEVEL_DB, MAKE_UP_DB, SPAN_LEVEL_DB
from foleycli.audio.limit import soft_limit
from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.library.attacks import find_hits
from foleycli.library.shaping import faded_into_silence
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.mdsgen.timbre import HEARD_FRAMES, hit_timbre, span_timbre
from foleycli.specs import MelSpec
from foleycli.timeline import WINDOW_SECONDS
from foleycli.training.data.effects import (
    RATE,
    box_smooth,
    darkened,
    gain_of,
    in_a_room,
    levelled,
    repitched,
)
from foleycli.training.data.sounds import Sound, SoundCache, Split
from foleycli.types import Wave

WINDOW_SAMPLES = int(WINDOW_SECONDS * RATE)
REHEARSED_HIT_DB, REHEARSED_SPAN_DB = HIT_LEVEL_DB - MAKE_UP_DB, SPAN_LEVEL_DB - MAKE_UP_DB


@dataclass(frozen=True)
class Hit:
    """One struck sound inside a recording: `start` to `stop` in samples, the attack within 5 ms of `start`."""

    sound: Sound
    start: int
    stop: int


@dataclass(frozen=True)
class SoundBank:
    """Recordings of one split, sorted into hits and textures by class."""

    cache: SoundCache
    split: Split

    @cached_property
    def hits(self) -> dict[str, list[list[Hit]]]:
        """class -> recordings -> the hits in each."""
        bank: dict[str, list[list[Hit]]] = {name: [] for name in SOUND_CLASSES}
        for sound in self.cache.of(self.split):
            found = [Hit(sound, a, b) for a, b in find_hits(self.cache.waveform(sound), RATE)]
            if found:
                bank[sound.sound_class].append(found)
        return bank

    @cached_property
    def textures(self) -> dict[str, list[Sound]]:
        """class -> recordings that last over 1.2 s (or any, where none does)."""
        bank: dict[str, list[Sound]] = {name: [] for name in SOUND_CLASSES}
        for sound in self.cache.of(self.split):
            bank[sound.sound_class].append(sound)
        return {name: [s for s in of if s.length > 1.2 * RATE] or of for name, of in bank.items()}

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes that have a recording in this split."""
        return tuple(name for name in SOUND_CLASSES if self.textures[name])

    def waveform(self, hit: Hit) -> Wave:
        """The hit (S,) up to where it falls below its recording's background noise, faded out."""
        wave = faded_into_silence(self.cache.waveform(hit.sound, hit.start, hit.stop - hit.start), RATE)
        fade = min(len(wave) // 2, RATE // 2)
        wave[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        return wave

    def texture(self, sound: Sound) -> Wave:
        """A whole recording at REHEARSED_SPAN_DB."""
        wave = self.cache.waveform(sound)
        return np.asarray(wave / (np.sqrt((wave**2).mean()) + 1e-6) * 10 ** (REHEARSED_SPAN_DB / 20), np.float32)


@dataclass
class Played:
    """A window as it was played: the sound (262144,), and the timbre (240,) of each cue that sounds in it."""

    wave: Wave = field(default_factory=lambda: np.zeros(WINDOW_SAMPLES + 2 * RATE, np.float32))
    timbres: list[tuple[Cue, Wave]] = field(default_factory=list)


def perform(bank: SoundBank, cues: Sequence[Cue], rng: np.random.Generator) -> Played:
    """Lays real sounds at the cues' times, float32 within -1..1."""
    played = Played()
    for sound in sorted({cue.sound for cue in cues}):
        mine = [cue for cue in cues if cue.sound == sound]
        _play_hits(played, bank, [cue for cue in mine if cue.stop is None], rng=rng)
        _play_spans(played, bank, [cue for cue in mine if cue.stop is not None], rng=rng)
    if rng.random() < 0.15:
        played.wave = in_a_room(played.wave, rng)
    played.wave = soft_limit(played.wave[:WINDOW_SAMPLES])
    return played


def timbre_of_hit(wave: Wave) -> Wave:
    """What a hit (S,) is like at full strength: (240,)."""
    heard = np.zeros(HEARD_FRAMES * MelSpec.FULL_BAND.hop_samples, np.float32)
    heard[: len(wave)] = levelled(wave, REHEARSED_HIT_DB)[: len(heard)]
    return hit_timbre(log_mel(torch.from_numpy(heard)[None], MelSpec.FULL_BAND)[0]).numpy()


def timbre_of_span(texture: Wave) -> Wave:
    """What a lasting sound (S,) is like: (240,), of eight seconds at the most."""
    heard = np.resize(texture[: 8 * RATE], max(len(texture[: 8 * RATE]), RATE))
    return span_timbre(log_mel(torch.from_numpy(heard)[None], MelSpec.FULL_BAND)[0]).numpy()


def _play_hits(played: Played, bank: SoundBank, cues: Sequence[Cue], rng: np.random.Generator) -> None:
    if not cues:
        return
    sound = cues[0].sound
    takes = bank.hits[sound]
    take = takes[rng.integers(len(takes))] if takes else []
    one_take = rng.random() < 0.75  # a walk is one pair of shoes; a mess is many things
    pitch = rng.uniform(0.85, 1.18)
    for cue in cues:
        if takes and not one_take:
            take = takes[rng.integers(len(takes))]
        wave = bank.waveform(take[rng.integers(len(take))]) if take else burst(bank, sound, rng)
        wave = repitched(wave, pitch * rng.uniform(0.97, 1.03))
        played.timbres.append((cue, timbre_of_hit(wave)))
        wave = darkened(levelled(wave, REHEARSED_HIT_DB), cue.strength)
        wave = wave * gain_of(cue.strength)
        _lay(played.wave, wave, cue.time)


def _lay(mix: Wave, wave: Wave, seconds: float) -> None:
    start = round(seconds * RATE)
    mix[start : start + len(wave)] += wave[: len(mix) - start]


def _play_spans(played: Played, bank: SoundBank, cues: Sequence[Cue], rng: np.random.Generator) -> None:
    if not cues:
        return
    first, last = cues[0].time, max(cue.stop or 0.0 for cue in cues)
    texture = _texture(bank, cues[0].sound, round((last - first) * RATE) + 1, rng=rng)
    timbre = timbre_of_span(texture)
    played.timbres += [(cue, timbre) for cue in cues]
    envelope = np.zeros(len(texture), np.float32)
    for cue in cues:
        a, b = round((cue.time - first) * RATE), round(((cue.stop or cue.time) - first) * RATE)
        envelope[a:b] = gain_of(cue.strength)
    envelope = box_smooth(envelope, RATE // 16)  # levels glide over 60 ms, as the cue curves do
    _lay(played.wave, texture * envelope, first)


def _texture(bank: SoundBank, sound: str, length: int, rng: np.random.Generator) -> Wave:
    """A recording of the class looped under cross-fades to `length` samples, at REHEARSED_SPAN_DB."""
    recordings = bank.textures[sound]
    source = repitched(bank.texture(recordings[rng.integers(len(recordings))]), rng.uniform(0.9, 1.1))
    fade = min(RATE // 5, len(source) // 3)
    ramp = np.sqrt(np.linspace(0, 1, fade, dtype=np.float32))
    out = np.zeros(length + len(source), np.float32)
    position = -int(rng.integers(0, max(1, len(source) - 2 * fade)))
    while position < length:
        piece = source.copy()
        piece[:fade] *= ramp
        piece[-fade:] *= ramp[::-1]
        skip = max(0, -position)
        out[position + skip : position + len(piece)] += piece[skip:]
        position += len(piece) - fade
    limited: Wave = np.clip(out[:length], -0.9, 0.9)
    return limited


def burst(bank: SoundBank, sound: str, rng: np.random.Generator) -> Wave:
    """A short struck version of a sound that has no attacks of its own: a slice with a sharp start and a decay."""
    recordings = bank.textures[sound]
    recording = recordings[rng.integers(len(recordings))]
    length = min(recording.length, round(RATE * rng.uniform(0.15, 0.5)))
    wave = bank.cache.waveform(recording, int(rng.integers(0, recording.length - length + 1)), length)
    return wave * np.exp(-np.linspace(0, 5, length, dtype=np.float32))
