"""Plays the recordings of a library at the cues of a film.

hit    one group of takes for the film (one pair of shoes), of it the take whose level suits the strength, never the
       same twice in a row; its attack on the cue; pitch and treble a little different each time
span   one recording for the film, looped under a crossfade; where it is in the loop follows the time of the film

What a cue gets depends on the seed, the cue and the cues of its sound before it.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
import soxr

from foleycli.audio.crossfades import crossfade
from foleycli.audio.level_rider import FADE_SECONDS, loudest_db, wanted_db
from foleycli.cues.sheet import Cue
from foleycli.library.analysis import Hit
from foleycli.library.index import Kind, Library, Recording
from foleycli.library.naming import group_of
from foleycli.library.reading import mono
from foleycli.library.shaping import faded_into_silence, tilted
from foleycli.timeline import to_samples
from foleycli.types import Wave

LEAD_SECONDS = 0.003  # over which a hit is faded in; at least so much is kept before its attack
MOST_RISE_SECONDS = 0.08  # a hit begins this much before its attack at most
TAIL_SECONDS = 0.25  # of fade at a hit's end, at most half of it
MOST_PITCH = 0.03  # up or down
MOST_TREBLE_DB, SOFT_TREBLE_DB = 1.5, 6.0  # at random, and how much duller strength 0 is
NEAR_SHARE, NEAR_TAKES = 1 / 3, 3  # of a group by level: those whose level suits a strength
FEW_TAKES = 4  # a group with fewer is rather not chosen
HIGHEST_PEAK = 1.0
LOOP_SECONDS, SEAM_SECONDS = 60, 0.5


UsedKind = Literal["hit", "span", "like"]  # like: the model imitates it


@dataclass(frozen=True)
class Take:
    """One hit in a recording."""

    recording: Recording
    hit: Hit


@dataclass(frozen=True)
class Used:
    """A recording that hits or spans were chosen from, and for how many cues it is played; 0 for one not chosen."""

    recording: Recording
    kind: UsedKind
    cues: int


@dataclass(frozen=True)
class _Laid:
    """A hit as it will be played: `start` is the sample of its attack, counted from the first picture."""

    start: int
    cue: Cue
    take: Take
    pitch: float
    treble_db: float


class LibraryPlayer:
    """Plays those cues for which the library has recordings; read it block by block, forward."""

    def __init__(
        self, library: Library, cues: Sequence[Cue], *, seed: int, start: Fraction, stop: Fraction, sample_rate: int
    ) -> None:
        """The part from `start` to `stop` seconds is played; `rest` are the cues that are left to others."""
        self.library, self.seed, self.rate = library, seed, sample_rate
        mine = [cue for cue in cues if not cue.mute and library.of(cue.sound, _kind(cue))]
        self.rest = tuple(cue for cue in cues if cue.mute or not library.of(cue.sound, _kind(cue)))
        self._at, end = to_samples(start, sample_rate), to_samples(stop, sample_rate)
        self._hits: list[_Laid] = []
        self._spans: dict[str, list[Cue]] = {}
        self._loops: dict[str, tuple[Wave, int]] = {}
        self._ringing: list[tuple[int, Wave]] = []
        used: list[Used] = []
        for sound in sorted({cue.sound for cue in mine}):
            hits = [cue for cue in mine if cue.sound == sound and cue.stop is None]
            takes = _group(library.of(sound, "hit"), seed) if hits else []
            laid = [one for one in self._laid(hits, takes) if self._at <= one.start < end]
            counts = Counter(one.take.recording for one in laid)
            used += [Used(one, "hit", counts[one]) for one in dict.fromkeys(take.recording for take in takes)]
            self._hits += laid
            spans = [cue for cue in mine if cue.sound == sound and cue.stop is not None]
            if spans:
                self._spans[sound] = spans
                heard = sum(cue.time < stop and (cue.stop or 0.0) > start for cue in spans)
                used.append(Used(self._texture(sound), "span", heard))
        self._hits.sort(key=lambda laid: laid.start)
        self.used = tuple(sorted(used, key=lambda one: (one.recording.sound, one.kind, one.recording.file)))

    def read(self, count: int) -> Wave:
        """The next (count,) samples."""
        first, last = self._at, self._at + count
        block = np.zeros(count, np.float32)
        while self._hits and self._hits[0].start - round(MOST_RISE_SECONDS * self.rate) < last:
            self._ringing.append(self._struck(self._hits.pop(0)))
        for start, wave in self._ringing:
            begin, end = max(first, start), min(last, start + len(wave))
            if begin < end:
                block[begin - first : end - first] += wave[begin - start : end - start]
        self._ringing = [(start, wave) for start, wave in self._ringing if start + len(wave) > last]
        for sound, cues in self._spans.items():
            if (gain := self._envelope(cues, first, count)).any():
                if sound not in self._loops:
                    self._loops[sound] = _loop(self.library, self._texture(sound), self.seed, sample_rate=self.rate)
                loop, offset = self._loops[sound]
                block += gain * loop[(np.arange(first, last) + offset) % len(loop)]
        self._at = last
        return block

    def _laid(self, cues: Sequence[Cue], takes: Sequence[Take]) -> list[_Laid]:
        """The hits of one sound, in time order."""
        found: list[_Laid] = []
        last = -1
        for cue in sorted(cues, key=lambda cue: cue.time):
            rng = np.random.default_rng((self.seed, zlib.crc32(f"{cue.sound} {round(cue.time * 1000)}".encode())))
            near = _near(len(takes), cue.strength)
            chosen = near[int(rng.integers(len(near)))]
            if chosen == last and len(near) > 1:
                chosen = near[(near.index(chosen) + 1) % len(near)]
            last = chosen
            pitch = 1 + rng.uniform(-MOST_PITCH, MOST_PITCH)
            treble = rng.uniform(-MOST_TREBLE_DB, MOST_TREBLE_DB) - SOFT_TREBLE_DB * (1 - cue.strength)
            start = to_samples(Fraction(cue.time), self.rate)
            found.append(_Laid(start, cue, takes[chosen], pitch=float(pitch), treble_db=float(treble)))
        return found

    def _struck(self, laid: _Laid) -> tuple[int, Wave]:
        """A hit and the sample at which it begins."""
        recording, hit = laid.take.recording, laid.take.hit
        own = recording.content.rate
        edge = round(LEAD_SECONDS * own)
        lead = max(edge, hit.start - hit.rise)
        wave = _mono(self.library, recording, hit.start - lead, count=hit.stop - hit.start + lead)
        wave = soxr.resample(wave, own * laid.pitch, self.rate, quality="HQ").astype(np.float32)
        before = round(lead * self.rate / (own * laid.pitch))
        wave = tilted(faded_into_silence(wave, self.rate), self.rate, laid.treble_db)
        edge = round(LEAD_SECONDS * self.rate)
        wave[:edge] *= np.sin(np.linspace(0, np.pi / 2, edge, endpoint=False)).astype(np.float32) ** 2
        tail = min(len(wave) // 2, round(TAIL_SECONDS * self.rate))
        wave[len(wave) - tail :] *= np.linspace(1, 0, tail, dtype=np.float32)
        gain = 10 ** ((wanted_db(laid.cue) - loudest_db(wave[: round(0.4 * self.rate)], self.rate)) / 20)
        peak = float(np.abs(wave).max(initial=1e-9))
        return laid.start - before, wave * np.float32(min(gain, HIGHEST_PEAK / peak))

    def _envelope(self, cues: Sequence[Cue], first: int, count: int) -> Wave:
        """Gain (count,) of a sound's spans: each fades in and out, two that meet pass into each other."""
        gain = np.zeros(count, np.float32)
        times = (np.arange(first, first + count) + 0.5) / self.rate
        for cue in cues:
            start, stop = cue.time, cue.stop or cue.time
            fade = min(FADE_SECONDS, (stop - start) / 2)
            start -= fade * any(one is not cue and one.time < start <= (one.stop or 0) for one in cues)
            stop += fade * any(one is not cue and one.time <= stop < (one.stop or 0) for one in cues)
            if fade <= 0 or start > times[-1] or stop < times[0]:
                continue
            inside = np.clip(np.minimum(times - start, stop - times) / fade, 0, 1)
            shape = np.sin(inside * (np.pi / 2)) ** 2 * 10 ** (wanted_db(cue) / 20)
            gain = np.maximum(gain, shape.astype(np.float32))
        return gain

    def _texture(self, sound: str) -> Recording:
        recordings = self.library.of(sound, "span")
        return recordings[zlib.crc32(f"{self.seed} {sound}".encode()) % len(recordings)]


def _kind(cue: Cue) -> Kind:
    return "hit" if cue.stop is None else "span"


def _group(recordings: Sequence[Recording], seed: int) -> list[Take]:
    """The hits of one group of takes, softest first: of those with enough hits if there are any."""
    groups: dict[str, list[Take]] = {}
    for one in recordings:
        groups.setdefault(group_of(one.file), []).extend(Take(one, hit) for hit in one.content.hits)
    enough = [group for group in groups.values() if len(group) >= FEW_TAKES]
    among = enough or list(groups.values())
    chosen = among[zlib.crc32(f"{seed} {recordings[0].sound}".encode()) % len(among)]
    return sorted(chosen, key=lambda take: take.hit.level_db)


def _near(takes: int, strength: float) -> range:
    """The takes, of so many sorted by level, whose level suits a strength."""
    width = min(takes, max(NEAR_TAKES, round(takes * NEAR_SHARE)))
    first = round(min(1.0, max(0.0, strength)) * (takes - width))
    return range(first, first + width)


def _mono(library: Library, recording: Recording, first: int, count: int) -> Wave:
    path, channel = library.folder / recording.file, recording.content.channel
    return mono(path, first, count, channel=channel, stamp=recording.stamp)


def _loop(library: Library, recording: Recording, seed: int, sample_rate: int) -> tuple[Wave, int]:
    """A recording as a loop (P,) at 0 dBFS RMS whose end goes on into its start, and where in it the film begins."""
    own, (first, last) = recording.content.rate, recording.content.body
    place = zlib.crc32(f"{seed} {recording.file}".encode(errors="surrogateescape"))
    length = min(last - first, LOOP_SECONDS * own)
    first += place % (last - first - length + 1)
    wave = _mono(library, recording, first, count=length)
    wave = soxr.resample(wave - wave.mean(), own, sample_rate, quality="HQ").astype(np.float32)
    seam = min(len(wave) // 4, round(SEAM_SECONDS * sample_rate))
    loop = wave[: len(wave) - seam].copy()
    loop[:seam] = crossfade(wave[len(loop) :], wave[:seam])
    loop /= np.float32(np.sqrt(np.square(loop, dtype=np.float64).mean()) + 1e-9)
    return loop, place % len(loop)
