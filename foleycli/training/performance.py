"""Plays a cue list with real sounds laid at the cue times.

Levels mean something, so that strength can be heard: a hit of strength 1 has its loudest 50 ms at -17 dBFS, a span of
strength 1 is at -20 dBFS, strength 0 is 24 dB below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foleycli.classes import SOUND_CLASSES
from foleycli.cuesheet import Cue
from foleycli.media.leveller import HIT_LEVEL_DB, SPAN_LEVEL_DB, STRENGTH_RANGE_DB
from foleycli.media.limit import soft_limit
from foleycli.specs import WINDOW_SECONDS, MelSpec
from foleycli.training.sounds import Sound, SoundCache, Split

Wave = npt.NDArray[np.float32]

RATE = MelSpec.FULL_BAND.sample_rate
WINDOW_SAMPLES = int(WINDOW_SECONDS * RATE)


@dataclass(frozen=True)
class Hit:
    """One struck sound inside a recording: `start` to `stop` in samples, the attack within 5 ms of `start`."""

    sound: Sound
    start: int
    stop: int


def find_hits(wave: Wave, longest_seconds: float = 1.5) -> list[tuple[int, int]]:
    """Attacks in a recording (S,), rises of 10 dB within 30 ms: each (start, stop) in samples, to the next one."""
    hop = RATE // 200
    frames = len(wave) // hop
    if frames < 4:
        return []
    energy = 10 * np.log10((wave[: frames * hop].reshape(frames, hop) ** 2).mean(1) + 1e-9)
    padded = np.concatenate([np.full(6, -90.0), energy])
    before = np.lib.stride_tricks.sliding_window_view(padded, 6)[:frames].max(1)  # the 30 ms up to this frame
    loud = energy > energy.max() - 26
    rising = loud & (energy > before + 10)
    starts: list[int] = []
    for frame in np.flatnonzero(rising):
        if not starts or (frame - starts[-1]) * hop > 0.09 * RATE:
            starts.append(int(frame))
    edges = [*(start * hop for start in starts), len(wave)]
    longest = int(longest_seconds * RATE)
    return [(a, min(b, a + longest)) for a, b in pairwise(edges) if b - a > 0.05 * RATE]


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
            found = [Hit(sound, a, b) for a, b in find_hits(self.cache.waveform(sound))]
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
        wave = self.cache.waveform(hit.sound, hit.start, hit.stop - hit.start)
        fade = min(len(wave) // 4, RATE // 3)
        wave[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        return wave


def perform(bank: SoundBank, cues: Sequence[Cue], rng: np.random.Generator) -> Wave:
    """Lays real sounds at the cues' times: waveform (262144,) float32 within -1..1."""
    mix = np.zeros(WINDOW_SAMPLES + 2 * RATE, np.float32)
    for sound in sorted({cue.sound for cue in cues}):
        mine = [cue for cue in cues if cue.sound == sound]
        _play_hits(mix, bank, [cue for cue in mine if cue.stop is None], rng)
        _play_spans(mix, bank, [cue for cue in mine if cue.stop is not None], rng)
    if rng.random() < 0.15:
        mix = _room(mix, rng)
    return soft_limit(mix[:WINDOW_SAMPLES])


def _play_hits(mix: Wave, bank: SoundBank, cues: Sequence[Cue], rng: np.random.Generator) -> None:
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
        wave = bank.waveform(take[rng.integers(len(take))]) if take else _burst(bank, sound, rng)
        wave = _repitch(wave, pitch * rng.uniform(0.97, 1.03))
        wave = _brightness(_levelled(wave, HIT_LEVEL_DB), cue.strength)
        wave = wave * _gain(cue.strength)
        start = round(cue.time * RATE)
        mix[start : start + len(wave)] += wave[: len(mix) - start]


def _play_spans(mix: Wave, bank: SoundBank, cues: Sequence[Cue], rng: np.random.Generator) -> None:
    if not cues:
        return
    first, last = cues[0].time, max(cue.stop or 0.0 for cue in cues)
    texture = _texture(bank, cues[0].sound, round((last - first) * RATE) + 1, rng)
    envelope = np.zeros(len(texture), np.float32)
    for cue in cues:
        a, b = round((cue.time - first) * RATE), round(((cue.stop or cue.time) - first) * RATE)
        envelope[a:b] = _gain(cue.strength)
    envelope = _box_smooth(envelope, RATE // 16)  # levels glide over 60 ms, as the cue curves do
    start = round(first * RATE)
    mix[start : start + len(texture)] += (texture * envelope)[: len(mix) - start]


def _box_smooth(curve: Wave, width: int) -> Wave:
    total = np.cumsum(np.pad(curve, (width // 2 + 1, width - width // 2 - 1)), dtype=np.float64)
    smooth: Wave = ((total[width - 1 :] - total[: 1 - width])[: len(curve)] / width).astype(np.float32)
    return smooth


def _texture(bank: SoundBank, sound: str, length: int, rng: np.random.Generator) -> Wave:
    """A recording of the class looped under cross-fades to `length` samples, at SPAN_LEVEL_DB."""
    recordings = bank.textures[sound]
    source = bank.cache.waveform(recordings[rng.integers(len(recordings))])
    source = _repitch(source, rng.uniform(0.9, 1.1))
    source = source / (np.sqrt((source**2).mean()) + 1e-6) * np.float32(10 ** (SPAN_LEVEL_DB / 20))
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


def _burst(bank: SoundBank, sound: str, rng: np.random.Generator) -> Wave:
    """A short struck version of a sound that has no attacks of its own: a slice with a sharp start and a decay."""
    recordings = bank.textures[sound]
    recording = recordings[rng.integers(len(recordings))]
    length = min(recording.length, round(RATE * rng.uniform(0.15, 0.5)))
    wave = bank.cache.waveform(recording, int(rng.integers(0, recording.length - length + 1)), length)
    return wave * np.exp(-np.linspace(0, 5, length, dtype=np.float32))


def _levelled(wave: Wave, level_db: float) -> Wave:
    """The wave with its loudest 50 ms at `level_db` below full scale."""
    block = RATE // 20
    head = wave[: 8 * block]
    padded = np.pad(head, (0, -len(head) % block))
    loudest = np.sqrt((padded.reshape(-1, block) ** 2).mean(1).max())
    scaled: Wave = wave * np.float32(10 ** (level_db / 20) / (loudest + 1e-4))
    return scaled


def _gain(strength: float) -> np.float32:
    return np.float32(10 ** (STRENGTH_RANGE_DB * (strength - 1) / 20))


def _repitch(wave: Wave, ratio: float) -> Wave:
    places = np.arange(0, len(wave) - 1, ratio)
    moved: Wave = np.interp(places, np.arange(len(wave)), wave).astype(np.float32)
    return moved


def _brightness(wave: Wave, strength: float) -> Wave:
    """Weak hits are duller: a gentle low-pass whose corner falls from 16 to 2.5 kHz with the strength."""
    corner = 2500 * (16000 / 2500) ** strength
    size = _fft_size(len(wave))
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    spectrum = np.fft.rfft(wave, size) / np.sqrt(1 + (frequencies / corner) ** 2)
    duller: Wave = np.fft.irfft(spectrum, size)[: len(wave)].astype(np.float32)
    return duller


def _fft_size(samples: int) -> int:
    """The next power of two: a length with large prime factors takes ten times as long."""
    return 1 << (samples - 1).bit_length()


def _room(mix: Wave, rng: np.random.Generator) -> Wave:
    """A small room: exponentially decaying noise, 4 to 15 % wet."""
    length = round(RATE * rng.uniform(0.1, 0.4))
    decay = np.exp(-np.linspace(0, 6.9, length)) * rng.standard_normal(length)
    size = _fft_size(len(mix) + length)
    wet = np.fft.irfft(np.fft.rfft(mix, size) * np.fft.rfft(decay, size), size)[: len(mix)]
    loudness = np.sqrt((mix**2).mean() / ((wet**2).mean() + 1e-12))
    roomy: Wave = (mix + rng.uniform(0.04, 0.15) * loudness * wet).astype(np.float32)
    return roomy
