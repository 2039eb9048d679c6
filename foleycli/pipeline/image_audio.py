"""Sound from a picture, a picture from a sound, or both from nothing, in a program:

pipeline = ImageAudioPipeline("echo")
sound = pipeline.image2audio(picture, seconds=8)
picture = pipeline.audio2image(sound.samples, sound.sample_rate)
pairs = pipeline.both(count=4)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from foleycli.audio.files import fit, resample
from foleycli.audio.limit import soft_limit
from foleycli.errors import UsageError
from foleycli.models.visual_echoes.loading import load_echo
from foleycli.models.visual_echoes.model import EchoModel
from foleycli.pipeline.devices import pick_device
from foleycli.specs.visual_echoes import DecodingSpec
from foleycli.timeline import to_samples
from foleycli.types import Wave
from foleycli.video.pictures import Picture, resized

FADE_SECONDS = 0.02  # at the end of a sound, which is cut wherever it is
FULL_SCALE = 0.9  # a sound to be tokenized is brought to this peak: the tokens were learned on loud ones


@dataclass(frozen=True)
class Sound:
    """Samples float32 (S,) in -1..1, the codes (bands, columns) that they were decoded from, and the seed."""

    samples: Wave
    sample_rate: int
    codes: npt.NDArray[np.int64]
    seed: int


@dataclass(frozen=True)
class Seen:
    """A picture uint8 (H, W, 3), the codes (h, w) that it was decoded from, and the seed."""

    picture: Picture
    codes: npt.NDArray[np.int64]
    seed: int


class ImageAudioPipeline:
    """A Visual Echoes model, ready to be asked; the same seed gives the same codes."""

    def __init__(self, model: str | Path | EchoModel = "echo", *, device: str = "auto", offline: bool = False) -> None:
        """Raises UsageError for a device that is not there, ModelError for a model that can't be had."""
        place = str(pick_device(device))
        self.model = model if isinstance(model, EchoModel) else load_echo(model, offline=offline, device=place)

    @property
    def seconds(self) -> Fraction:
        """How long a sound of one decoding is."""
        columns = self.model.layout.sound_grid[1]
        return Fraction(columns * self.model.sounds.column_samples, self.model.sounds.sample_rate)

    def decoding(
        self, steps: int | None = None, temperature: float | None = None, guidance: float | None = None
    ) -> DecodingSpec:
        """The model's decoding with those settings that are given replaced."""
        return self.model.decoding.changed(steps, temperature, guidance)

    @torch.inference_mode()
    def image2audio(
        self, picture: Picture, *, seconds: float | Fraction | None = None, seed: int = 0,
        decoding: DecodingSpec | None = None,
    ) -> Sound:  # fmt: skip
        """The sound of a picture uint8 (H, W, 3); over the length of one decoding it goes on from its own last half."""
        wanted = self.seconds if seconds is None else Fraction(seconds)
        if to_samples(wanted, self.model.sounds.sample_rate) < 1:
            raise UsageError(f"a sound of {float(wanted):g} s; ask for more than 0")
        seen = torch.from_numpy(resized(picture, self.model.pictures.pixels).copy())[None].to(self.model.device)
        samples = to_samples(wanted, self.model.sounds.sample_rate)
        columns = -(-samples // self.model.sounds.column_samples)
        codes = self.model.sound_tokens_of(
            self.model.pictures.encode(seen), decoding or self.model.decoding, [seed], columns
        )
        return self._sound(codes, seed, samples)

    @torch.inference_mode()
    def audio2image(
        self, samples: Wave, sample_rate: int, *, seed: int = 0, decoding: DecodingSpec | None = None
    ) -> Seen:
        """The picture of a sound (S,) or (C, S): of its loudest stretch where it is longer than the model hears."""
        sounds = self.model.sounds
        mono = np.asarray(samples, np.float32)
        mono = mono.mean(0) if mono.ndim == 2 else mono
        if not len(mono) or not np.isfinite(mono).all() or np.abs(mono).max() < 1e-5:
            raise UsageError("the sound is silent; there is nothing to see in it")
        heard = loudest(resample(mono, sample_rate, sounds.sample_rate), sounds.samples)
        heard = heard * np.float32(FULL_SCALE / max(1e-5, float(np.abs(heard).max())))
        codes = sounds.encode(torch.from_numpy(heard)[None].to(self.model.device))
        found = self.model.image_tokens_of(codes, decoding or self.model.decoding, [seed])
        return self._seen(found, seed)

    @torch.inference_mode()
    def both(self, *, count: int = 1, seed: int = 0, decoding: DecodingSpec | None = None) -> list[tuple[Seen, Sound]]:
        """`count` pictures with their sounds, both from nothing, of the seeds from `seed` on."""
        seeds = range(seed, seed + count)
        pair = self.model.both(decoding or self.model.decoding, seeds)
        samples = to_samples(self.seconds, self.model.sounds.sample_rate)
        return [
            (self._seen(pair.image[row : row + 1], one), self._sound(pair.sound[row : row + 1], one, samples))
            for row, one in enumerate(seeds)
        ]

    def _sound(self, codes: torch.Tensor, seed: int, samples: int) -> Sound:
        wave = self.model.sounds.decode(codes, [seed])[0].float().cpu().numpy()
        rate = self.model.sounds.sample_rate
        wave = soft_limit(fit(wave, samples))
        fade = min(len(wave), round(FADE_SECONDS * rate))
        wave[len(wave) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
        return Sound(samples=wave, sample_rate=rate, codes=codes[0].cpu().numpy(), seed=seed)

    def _seen(self, codes: torch.Tensor, seed: int) -> Seen:
        return Seen(self.model.pictures.decode(codes)[0].cpu().numpy(), codes[0].cpu().numpy(), seed)


def loudest(wave: Wave, samples: int) -> Wave:
    """The stretch of `samples` with the most energy of a wave (S,), or all of it and silence after it."""
    if len(wave) <= samples:
        return fit(wave, samples)
    energy = np.concatenate([np.zeros(1), np.cumsum(wave.astype(np.float64) ** 2)])
    start = int((energy[samples:] - energy[:-samples]).argmax())
    return wave[start : start + samples]


def spectrum_picture(sound: Sequence[float] | Wave, height: int, width: int) -> Picture:
    """Levels of a wave (S,) over frequency (upwards, to half its rate) and time, uint8 (height, width, 3), 70 dB."""
    wave = torch.as_tensor(np.asarray(sound, np.float32))
    hop = max(1, len(wave) // width)
    window = torch.hann_window(1024)
    level = torch.stft(wave, 1024, hop, window=window, return_complex=True).abs().clamp_min(1e-6).log10() * 20
    level = torch.nn.functional.interpolate(level[None, None], (height, width), mode="area")[0, 0].flip(0)
    shade = ((level - level.max() + 70) / 70).clamp(0, 1)
    colours = torch.stack([shade.sqrt(), shade.square(), 0.35 * shade + 0.1], -1)
    return (colours * 255).to(torch.uint8).numpy()
