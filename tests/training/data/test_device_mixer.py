"""Windows mixed on the device: a function of seed and step, of all kinds, at levels that are not clipped."""

import numpy as np
import pytest
import torch

from foleycli.training.data.device_mixer import DeviceMixer, Draw
from foleycli.training.data.sounds import Sound, SoundCache

RATE, SAMPLES = 32000, 16000


@pytest.fixture
def mixer() -> DeviceMixer:
    """Four clicks at 0.25 s and two noises."""
    rng, sounds, waves = np.random.default_rng(0), [], []
    seconds = np.arange(RATE) / RATE
    for number in range(6):
        click = number < 4
        wave = 0.1 * rng.normal(size=RATE)
        if click:
            wave *= np.exp(-40 * (seconds - 0.25).clip(0)) * (seconds >= 0.25)
        waves.append((wave.clip(-1, 1) * 32767).astype(np.int16))
        name = "impact_wood" if click else "rain"
        sounds.append(Sound(f"{number}.wav", name, str(number), "train", number * RATE, RATE, float(abs(wave).max())))
    return DeviceMixer(SoundCache(np.concatenate(waves), tuple(sounds)), "train", "cpu")


def test_a_batch_is_a_function_of_seed_and_step(mixer: DeviceMixer) -> None:
    assert torch.equal(mixer.batch(1, 2, 4, SAMPLES), mixer.batch(1, 2, 4, SAMPLES))
    assert not torch.equal(mixer.batch(1, 2, 4, SAMPLES), mixer.batch(1, 3, 4, SAMPLES))


def test_windows_are_of_all_kinds_and_never_clipped(mixer: DeviceMixer) -> None:
    waves = mixer.batch(0, 0, 64, SAMPLES)
    assert waves.shape == (64, SAMPLES) and waves.abs().max() <= 1.0 and torch.isfinite(waves).all()
    silent = (waves.abs() < 1e-6).float().mean(1)
    assert (silent > 0.3).any()  # hits after silence
    assert (silent < 0.01).sum() > 10  # textures
    peaks = waves.abs().amax(1)
    assert peaks.max() > 0.5 and ((peaks < 0.1) & (peaks > 0.01)).any()


def test_a_hit_starts_at_its_attack(mixer: DeviceMixer) -> None:
    hits = mixer._hit(Draw(torch.Generator().manual_seed(0), 32), torch.zeros(32, dtype=torch.long), SAMPLES)
    began = 0
    for hit in hits:
        heard = torch.nonzero(hit.abs() > 0.05 * hit.abs().max()).flatten()
        if len(heard) and heard[0] > 100:  # not one that began before the window
            began += 1
            assert hit.abs().argmax() - heard[0] < 2000
    assert began > 10
