"""Mel spectrograms: the published one to the last digit, and what a spectrogram must do to any sound."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from foleycli.networks.codecs.mel import hz_to_mel, linear_mel, log_mel, mel_bank, mel_to_hz
from foleycli.specs import MelSpec
from foleycli.timeline import WINDOW_SECONDS
from tests.golden import golden

SPECS = [MelSpec.DIFF_FOLEY, MelSpec.AUDIOLDM, MelSpec.FULL_BAND]


def tone(hz: float, spec: MelSpec, seconds: float = 1.0) -> torch.Tensor:
    times = torch.arange(int(seconds * spec.sample_rate)) / spec.sample_rate
    return 0.5 * torch.sin(2 * math.pi * hz * times)[None]


def test_diff_foley_mel_matches_the_published_code() -> None:
    expected = golden("mel")["diff_foley_mel"]  # the frames of a long file that its first second decides
    mel = log_mel(golden("mel")["wav"][None], MelSpec.DIFF_FOLEY)[0, :, : expected.shape[1]]
    torch.testing.assert_close(mel, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("spec", "frames"), [(MelSpec.DIFF_FOLEY, 513), (MelSpec.AUDIOLDM, 819), (MelSpec.FULL_BAND, 512)]
)
def test_a_window_has_the_frames_that_its_latent_needs(spec: MelSpec, frames: int) -> None:
    wav = torch.zeros(2, int(WINDOW_SECONDS * spec.sample_rate))
    assert log_mel(wav, spec).shape == (2, spec.mels, frames)


@pytest.mark.parametrize("spec", SPECS)
def test_a_tone_peaks_in_the_bin_that_holds_its_frequency(spec: MelSpec) -> None:
    lowest, highest = hz_to_mel(np.array([spec.f_min_hz, spec.f_max_hz]))
    centres_hz = mel_to_hz(np.linspace(lowest, highest, spec.mels + 2))[1:-1]
    band = spec.mels // 2
    peak = int(log_mel(tone(float(centres_hz[band]), spec), spec)[0, :, 20].argmax())
    assert abs(peak - band) <= 1


@pytest.mark.parametrize("spec", SPECS)
def test_twice_the_amplitude_is_one_constant_higher(spec: MelSpec) -> None:
    quiet, loud = (log_mel(gain * tone(1000.0, spec), spec)[0, :, 30] for gain in (0.1, 0.2))
    step = math.log(2) if spec.scale == "ln" else 20 * math.log10(2) / 100
    band = int(quiet.argmax())
    assert float(loud[band] - quiet[band]) == pytest.approx(step, abs=1e-4)


@pytest.mark.parametrize("spec", SPECS)
def test_a_click_lands_in_the_frame_of_its_time(spec: MelSpec) -> None:
    frame = 25
    wav = torch.zeros(1, spec.hop_samples * 50)
    wav[0, frame * spec.hop_samples] = 1.0
    assert int(linear_mel(log_mel(wav, spec), spec).sum(1).argmax()) == frame


@pytest.mark.parametrize("spec", SPECS)
def test_the_inverse_log_restores_magnitudes(spec: MelSpec) -> None:
    log = log_mel(tone(700.0, spec), spec)
    loud = linear_mel(log, spec)
    assert float(loud.min()) >= 0 and torch.isfinite(loud).all()
    again = loud.log() if spec.scale == "ln" else (20 * loud.log10() + 80) / 100
    torch.testing.assert_close(again, log, atol=1e-4, rtol=1e-4)


def test_mel_scale_round_trip_and_unit_area() -> None:
    hz = np.linspace(10, 15000, 99)
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz)), hz, rtol=1e-10)
    bank = mel_bank(MelSpec.DIFF_FOLEY)
    bin_hz = MelSpec.DIFF_FOLEY.sample_rate / MelSpec.DIFF_FOLEY.n_fft
    np.testing.assert_allclose(bank[100:].sum(1).numpy() * bin_hz, 1.0, rtol=0.02)


def test_gradients_reach_the_waveform_even_from_silence() -> None:
    wav = torch.zeros(1, 16384, requires_grad=True)
    log_mel(wav, MelSpec.FULL_BAND).sum().backward()  # type: ignore[no-untyped-call]
    assert wav.grad is not None and torch.isfinite(wav.grad).all()
