"""Random sound windows mixed where the training runs: what `mixes.WindowMixer` draws, many at a time on a GPU.

All sounds lie on the device as one array (1.2 GB for five hours). A window is a raw crop, up to six hits laid after
silence or over a bed, a texture with a moving level, or near silence; classes with few recordings come as often as
others within a factor (`RARITY`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as nnf
from torch import Tensor

from foleycli.cues.classes import SPAN_CLASSES
from foleycli.training.data.mixes import FADE_SAMPLES, LEAD_SAMPLES, onset_samples
from foleycli.training.data.sounds import SAMPLE_RATE, Sound, SoundCache, Split

KINDS = (0.25, 0.48, 0.23, 0.04)  # crops, hits, textures, near silence
RARITY = -0.5  # a recording's weight is (recordings of its class) to this power
MOST_HITS, HITS_PER_SECOND = 6, 1.6
QUIET, LEAST_SAMPLES = 1e-4, 640


@dataclass(frozen=True)
class Draw:
    """The random numbers of one batch, made on the device."""

    generator: torch.Generator
    size: int

    def uniform(self, *shape: int) -> Tensor:
        """Numbers (B, *shape) in 0..1."""
        return torch.rand(self.size, *shape, device=self.generator.device, generator=self.generator)

    def chance(self, share: float) -> Tensor:
        """True (B, 1) with probability `share`."""
        return self.uniform(1) < share

    def pick(self, weights: Tensor) -> Tensor:
        """Numbers (B,) of rows, as often as `weights` (n,) say."""
        return torch.multinomial(weights, self.size, replacement=True, generator=self.generator)


def gain(level_db: Tensor) -> Tensor:
    """Levels in dB as factors of amplitude, of any shape."""
    return torch.pow(10.0, level_db / 20.0)


class DeviceMixer:
    """Draws batches of windows (B, S) of one split; a batch is a function of (seed, step)."""

    def __init__(self, cache: SoundCache, split: Split, device: torch.device | str) -> None:
        self.device = torch.device(device)
        sounds = [one for one in cache.of(split) if one.peak > 1e-3 and one.length > LEAST_SAMPLES]
        self.samples = torch.from_numpy(np.array(cache.samples)).to(self.device)
        onsets = [onset_samples(cache.waveform(one)) for one in sounds]
        self.onsets = self._numbers(np.concatenate(onsets))
        counts = np.array([len(one) for one in onsets])
        self.onset_count, self.first_onset = self._numbers(counts), self._numbers(np.cumsum(counts) - counts)
        self.offset = self._numbers(np.array([one.offset for one in sounds]))
        self.length = self._numbers(np.array([one.length for one in sounds]))
        lasting = np.array([one.sound_class in SPAN_CLASSES for one in sounds])
        weights = _class_weights(sounds)
        self.hits = torch.from_numpy(weights * _or_all(~lasting)).to(self.device)
        self.spans = torch.from_numpy(weights * _or_all(lasting)).to(self.device)

    def _numbers(self, values: npt.NDArray[np.integer]) -> Tensor:
        return torch.from_numpy(values.astype(np.int64)).to(self.device)

    def batch(self, seed: int, step: int, size: int, samples: int) -> Tensor:
        """Windows (B, S) of this step, each at a random level of -36..0 dB below full scale (a few near silence)."""
        generator = torch.Generator(self.device).manual_seed(seed * 1_000_003 + step)
        draw = Draw(generator, size)
        kind = draw.pick(torch.tensor(KINDS, device=self.device))[:, None]
        texture = self._texture(draw, samples)
        noise = torch.randn(size, samples, device=self.device, generator=generator)
        silence = noise * gain(-(60 + 70 * draw.uniform(1))) * draw.chance(0.5)
        crop, struck = self._crop(draw, samples), self._struck(draw, texture)
        mixed = torch.where(kind == 0, crop, torch.where(kind == 1, struck, torch.where(kind == 2, texture, silence)))
        peak, level = mixed.abs().amax(1, keepdim=True), gain(-36 * draw.uniform(1) ** 1.5)
        return torch.where((peak > QUIET) & (kind != 3), mixed * level / peak.clamp_min(QUIET), mixed)

    def _read(self, which: Tensor, start: Tensor, samples: int, *, looped: bool = False) -> Tensor:
        """Samples (B, S) of sounds `which` (B,) from `start` (B,): looped, or silent before and behind the sound."""
        place = start[:, None] + torch.arange(samples, device=self.device)
        length = self.length[which][:, None]
        inside = (place >= 0) & (place < length)
        place = place % length if looped else place.clamp_min(0).minimum(length - 1)
        wave = self.samples[self.offset[which][:, None] + place].float() / 32768
        return wave if looped else wave * inside

    def _crop(self, draw: Draw, samples: int) -> Tensor:
        which = torch.where(draw.chance(0.6)[:, 0], draw.pick(self.hits), draw.pick(self.spans))
        start = (draw.uniform() * self.length[which]).long() - samples // 2
        return self._read(which, start, samples)

    def _texture(self, draw: Draw, samples: int) -> Tensor:
        which = draw.pick(self.spans)
        levels = nnf.interpolate(-30 * draw.uniform(1, 5), samples, mode="linear", align_corners=True)[:, 0]
        start = (draw.uniform() * self.length[which]).long()
        wave = self._read(which, start, samples, looped=True) * gain(levels)
        edge = (draw.uniform(1) * samples).long()
        begins_late = draw.chance(0.15) & (torch.arange(samples, device=self.device) < edge)
        return torch.where(begins_late, 0.0, wave)

    def _struck(self, draw: Draw, texture: Tensor) -> Tensor:
        samples = texture.shape[1]
        loudest = texture.abs().amax(1, keepdim=True).clamp_min(QUIET)
        mixed = texture * (gain(-(12 + 33 * draw.uniform(1))) / loudest) * draw.chance(0.35)
        rate = torch.full((draw.size,), HITS_PER_SECOND * samples / SAMPLE_RATE, device=self.device)
        count = 1 + torch.poisson(rate, generator=draw.generator)
        which = draw.pick(self.hits)
        for number in range(MOST_HITS):
            which = torch.where(draw.chance(0.2)[:, 0], draw.pick(self.hits), which)
            mixed = mixed + self._hit(draw, which, samples) * (number < count)[:, None]
        return mixed

    def _hit(self, draw: Draw, which: Tensor, samples: int) -> Tensor:
        """One hit of each sound at a random time of the window, cut at its attack and faded out: (B, S)."""
        number = (draw.uniform() * self.onset_count[which]).long()
        begin = (self.onsets[self.first_onset[which] + number] - LEAD_SAMPLES).clamp_min(0)
        length = (SAMPLE_RATE * torch.exp(math.log(0.04) + draw.uniform() * math.log(50.0))).long()  # 0.04 to 2 s
        length = length.minimum(self.length[which] - begin).clamp_min(2)
        at = (draw.uniform() * (samples + length // 4)).long() - length // 4
        age = torch.arange(samples, device=self.device) - at[:, None]
        wave = self._read(which, begin - at, samples) * ((age >= 0) & (age < length[:, None]))
        fade = (length // 4).clamp_min(FADE_SAMPLES).minimum(length)[:, None]
        wave = wave * ((length[:, None] - age) / fade).clamp(0, 1) ** 2
        return wave * (gain(-20 * draw.uniform() ** 2) / wave.abs().amax(1).clamp_min(QUIET))[:, None]


def _or_all(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """What is chosen, or everything where nothing is."""
    return chosen if chosen.any() else ~chosen


def _class_weights(sounds: list[Sound]) -> npt.NDArray[np.float32]:
    counts: dict[str, int] = {}
    for one in sounds:
        counts[one.sound_class] = counts.get(one.sound_class, 0) + 1
    return np.array([counts[one.sound_class] ** RARITY for one in sounds], np.float32)
