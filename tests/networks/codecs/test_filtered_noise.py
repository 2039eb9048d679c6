"""Steady noise: has the mel asked for and noise's own statistics; attacks and partials are left to the vocoder."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from foleycli.networks.codecs.filtered_noise import filtered_noise, with_steady_noise
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.codecs.noise_share import noise_share
from foleycli.specs import MelSpec

SCALE = MelSpec.FULL_BAND
FRAMES = 256
SAMPLES = FRAMES * SCALE.hop_samples


def white(samples: int = SAMPLES, seed: int = 0) -> Tensor:
    return torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


def flat(level: float = -4.0, frames: int = FRAMES) -> Tensor:
    return torch.full((1, SCALE.mels, frames), level)


def test_it_has_the_mel_that_was_asked_for() -> None:
    slope = torch.linspace(-2.0, -8.0, SCALE.mels)[None, :, None]
    rise = torch.linspace(-1.0, 1.0, FRAMES)
    found = log_mel(filtered_noise(slope + rise, white()), SCALE)
    halves = (found - slope - rise)[0, :, 4:-4].unfold(1, 62, 62).mean((0, 2))  # seconds
    assert halves.abs().max() < 0.05
    assert (found - slope - rise)[0, :, 4:-4].mean(1).abs().max() < 0.25


def test_its_samples_are_as_irregular_as_noise() -> None:
    """Gaussian: kurtosis 3, which a flutter of the level or held phases would raise."""
    sound = filtered_noise(flat(), white())[0]
    assert float((sound / sound.std()).pow(4).mean()) == pytest.approx(3.0, abs=0.15)
    steps = sound[: SAMPLES // 800 * 800].view(-1, 800).square().mean(1).log()  # level of each 25 ms
    expected = white(seed=9)[0, : SAMPLES // 800 * 800].view(-1, 800).square().mean(1).log()
    assert float(steps.std()) == pytest.approx(float(expected.std()), rel=0.35)


def test_what_stands_still_is_noise_and_what_does_not_is_left() -> None:
    partial, attack = flat(), flat()
    partial[:, 40] += 3.0
    attack[..., 100:] += 4.0
    assert noise_share(flat()).min() == 1.0
    assert noise_share(partial)[0, 39:42].max() == 0.0 and noise_share(partial)[0, 60:].min() == 1.0
    assert noise_share(attack)[..., 96:104].max() == 0.0  # 64 ms before it and behind it
    assert noise_share(attack)[..., :80].min() == 1.0 and noise_share(attack)[..., 120:].min() == 1.0


def test_attacks_stay_to_the_sample_and_silence_stays_silent() -> None:
    mel = flat(math.log(SCALE.floor))
    hit = torch.zeros(1, SAMPLES)
    hit[:, 100 * SCALE.hop_samples] = 0.5
    mel[..., 99:102] = -3.0
    kept = with_steady_noise(hit, mel, white())
    near = slice(98 * SCALE.hop_samples, 103 * SCALE.hop_samples)
    torch.testing.assert_close(kept[:, near], hit[:, near], atol=1e-4, rtol=0)
    assert kept[:, : 80 * SCALE.hop_samples].abs().max() < 1e-9


def test_windows_that_agree_in_mel_and_noise_agree_in_sound() -> None:
    mel, noise, sound = flat() + torch.linspace(0, 2, FRAMES), white(), torch.zeros(1, SAMPLES)
    whole = with_steady_noise(sound, mel, noise)
    first = 100 * SCALE.hop_samples
    later = with_steady_noise(sound[:, first:], mel[..., 100:], noise[:, first:])
    margin = 16 * SCALE.hop_samples
    torch.testing.assert_close(later[:, margin:], whole[:, first + margin :], atol=1e-5, rtol=0)


def test_sounds_in_one_batch_do_not_meet() -> None:
    mels, noise = torch.cat([flat(), flat(-6.0)]), torch.cat([white(), white(seed=3)])
    both = with_steady_noise(torch.zeros(2, SAMPLES), mels, noise)
    alone = with_steady_noise(torch.zeros(1, SAMPLES), mels[1:], noise[1:])
    torch.testing.assert_close(both[1:], alone, atol=1e-6, rtol=0)


def test_noise_has_a_steady_spectrum_where_it_is_asked_to() -> None:
    """A band whose level varies within a second is steady in the frames that are marked, and only there."""
    wander = flat() + 0.25 * torch.sin(torch.arange(FRAMES) / 6)  # 2.2 dB, 1.7 Hz
    even = torch.zeros(1, FRAMES)
    even[:, 128:] = 1.0
    silent = torch.zeros(1, SAMPLES)
    plain, held = (with_steady_noise(silent, wander, white(), even=one) for one in (None, even))

    def unrest(sound: Tensor, first: int, last: int) -> float:
        level = log_mel(sound, SCALE)[0, 64:, first:last].mean(0)
        return float(level.unfold(0, 6, 3).mean(1).std())

    assert unrest(held, 160, 240) < 0.4 * unrest(plain, 160, 240)
    assert unrest(held, 8, 110) == pytest.approx(unrest(plain, 8, 110), rel=0.05)
