"""The codec's data and losses: splits by recording, mixes, and what the spectral distance prefers."""

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.codecs.vocoder import IstftVocoder
from foleycli.specs import VaeSpec, VocoderSpec
from foleycli.training.codec.codec import SpectralDistance, VaeRecipe, VocoderRecipe, levels
from foleycli.training.data.mixes import WindowMixer, onset_samples
from foleycli.training.data.sounds import SoundCache, build_sound_cache, source_of, split_of

RATE = 48000


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> SoundCache:
    """Twelve knocks and twelve noises, made here, written as files and cached."""
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    rows = []
    for number in range(24):
        knock = number % 2 == 0
        seconds = np.arange(RATE) / RATE
        sound = rng.standard_normal(RATE) * (np.exp(-30 * (seconds - 0.25)) if knock else 1.0) * 0.2
        sound[: RATE // 4] *= 0.0 if knock else 1.0
        name = f"{'knock' if knock else 'rain'}_{number}.wav"
        soundfile.write(folder / name, np.clip(sound, -1, 1), RATE)
        rows.append((name, "door_knock" if knock else "rain", f"me, https://freesound.org/s/{number}/"))
    with (folder / "manifest.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows([("file", "sound_class", "attribution"), *rows])
    return build_sound_cache(folder, tmp_path_factory.mktemp("cache"))


def test_the_cache_holds_every_file_at_32_khz_and_opens_again(cache: SoundCache) -> None:
    assert len(cache.sounds) == 24
    assert all(sound.length == 32000 for sound in cache.sounds)
    assert all(cache.waveform(sound).std() > 0.01 for sound in cache.sounds)
    assert cache.waveform(cache.sounds[0], 31000, 5000).shape == (1000,)


def test_files_of_one_recording_share_a_split() -> None:
    link = '"x.wav" by me, http://www.freesound.org/people/me/sounds/100032/'
    assert source_of("dog/esc50_dog_1_100032_A_3d44.opus", link) == source_of("dog/other_77.opus", link)
    assert source_of("a/olpc_ber_door_slam1_ca68.opus", "") == source_of("a/olpc_ber_door_slam2_11ff.opus", "")
    shares = [split_of(f"source {number}") == "test" for number in range(2000)]
    assert 0.05 < np.mean(shares) < 0.11


def test_a_broken_build_is_not_taken_for_a_cache(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("file,sound_class,attribution\nnothing.wav,rain,me\n")
    with pytest.raises(Exception, match="nothing"):
        build_sound_cache(tmp_path, tmp_path / "cache")
    assert not (tmp_path / "cache" / "index.json").exists()


def test_onsets_are_where_the_sound_begins() -> None:
    wave = np.zeros(32000, np.float32)
    for start in (8000, 20000):
        wave[start : start + 4000] = np.exp(-np.arange(4000) / 600) * np.random.default_rng(0).standard_normal(4000)
    assert np.abs(onset_samples(wave) - np.array([8000, 20000])).max() <= 128


def test_windows_are_repeatable_bounded_and_of_many_levels(cache: SoundCache) -> None:
    mixer = WindowMixer(cache, "train")
    windows = [mixer.window(np.random.default_rng(seed), 16384) for seed in range(40)]
    assert np.array_equal(windows[3], mixer.window(np.random.default_rng(3), 16384))
    peaks = np.array([np.abs(window).max() for window in windows])
    assert all(window.shape == (16384,) and window.dtype == np.float32 for window in windows)
    assert peaks.max() <= 1.0 + 1e-6
    assert peaks.max() > 10 * peaks.min()


def test_levels_read_the_rms_of_noise_at_every_resolution() -> None:
    wav = 0.1 * torch.randn(1, 65536, generator=torch.Generator().manual_seed(0))
    for size in (128, 1024, 4096):
        assert float(levels(wav, size).square().mean().sqrt()) == pytest.approx(0.1, rel=0.05)


def test_the_distance_is_zero_at_the_truth_and_grows_with_an_error_of_time_or_level() -> None:
    distance = SpectralDistance()
    wav = torch.zeros(1, 16384)
    wav[:, 8000:8400] = 0.5 * torch.randn(1, 400, generator=torch.Generator().manual_seed(0))
    true = distance.analyse(wav)
    moved = [float(distance.between(distance.analyse(wav.roll(by, -1)), true, true)) for by in (0, 64, 320, 1600)]
    quieter = [float(distance.between(distance.analyse(wav * gain), true, true)) for gain in (1.0, 0.7, 0.2)]
    assert moved[0] == pytest.approx(0.0, abs=0.01)
    assert moved == sorted(moved)
    assert quieter == sorted(quieter)


def test_thinned_keeps_one_of_each_neighbouring_pair() -> None:
    thin = SpectralDistance().thinned(np.random.default_rng(0)).resolutions
    assert all(size in pair for size, pair in zip(thin, ((128, 256), (512, 1024), (2048, 4096)), strict=True))


def test_with_a_vae_half_of_the_mels_come_out_of_it_and_sounds_keep_their_place(cache: SoundCache) -> None:
    mixer, recipe = WindowMixer(cache, "train"), VocoderRecipe(batch_size=4, frames=16)
    vae = MelVae(VaeSpec(4, (8, 8, 16), (0, 0, 1), (0, 0, 1), 4)).eval()
    plain_mel, plain_wav, _ = recipe.batch_at(mixer)(0)
    mel, wav, _ = recipe.batch_at(mixer, vae=vae)(0)
    assert torch.equal(wav, torch.cat([plain_wav[::2], plain_wav[1::2]]))
    assert torch.equal(mel[2:], plain_mel[1::2])
    assert torch.equal(mel[:2], vae.decode(vae.encode(plain_mel[::2])).detach())


def test_a_few_steps_lower_both_losses_on_one_batch(cache: SoundCache) -> None:
    torch.manual_seed(0)
    mixer = WindowMixer(cache, "train")
    vocoder_recipe, vae_recipe = VocoderRecipe(batch_size=2, frames=16), VaeRecipe(batch_size=2, frames=16)
    vocoder = IstftVocoder(VocoderSpec(width=16, blocks=2, subframe_blocks=1))
    vae = MelVae(VaeSpec(4, (8, 8, 16), (0, 0, 1), (0, 0, 1), 4))
    sound, mel = vocoder_recipe.batch_at(mixer)(0), vae_recipe.batch_at(mixer)(0)
    assert sound[0].shape[-1] * 512 == sound[1].shape[-1] == 16 * 512
    for model, loss in (
        (vocoder, lambda: vocoder_recipe.loss(vocoder, sound)),
        (vae, lambda: vae_recipe.loss(vae, mel)),
    ):
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
        losses = []
        for _ in range(12):
            optimizer.zero_grad()
            total = loss()["loss"]
            total.backward()
            optimizer.step()
            losses.append(float(total.detach()))
        assert losses[-1] < losses[0]
