"""The inverse-STFT vocoder and Griffin-Lim: lengths, levels, silence, determinism, agreement with the mel."""

import math

import pytest
import torch

from foleycli.networks.codecs.griffin_lim import griffin_lim, magnitude_of, retrieve_phase
from foleycli.networks.codecs.mel import linear_mel, log_mel, magnitude, mel_bank
from foleycli.networks.codecs.vocoder import IstftVocoder, envelope_map
from foleycli.specs import MelSpec, VocoderSpec

FULL = MelSpec.FULL_BAND
SMALL = VocoderSpec(width=16, blocks=3, subframe_blocks=1)
FLOOR = math.log(FULL.floor)


@pytest.fixture(scope="module")
def vocoder() -> IstftVocoder:
    torch.manual_seed(0)
    return IstftVocoder(SMALL).eval()


def noise(rms: float, samples: int = 32768, seed: int = 0) -> torch.Tensor:
    return rms * torch.randn(1, samples, generator=torch.Generator().manual_seed(seed))


def test_a_window_gives_exactly_its_samples(vocoder: IstftVocoder) -> None:
    with torch.no_grad():
        assert vocoder(torch.full((2, 128, 40), -6.0)).shape == (2, 40 * 512)


def test_silence_stays_silent(vocoder: IstftVocoder) -> None:
    with torch.no_grad():
        assert vocoder(torch.full((1, 128, 64), FLOOR)).abs().max() < 10 ** (-70 / 20)


def test_the_same_mel_sounds_the_same_alone_or_in_a_batch(vocoder: IstftVocoder) -> None:
    mel = log_mel(torch.cat([noise(0.1), noise(0.01, seed=1)]), FULL)
    with torch.no_grad():
        together, again, alone = vocoder(mel), vocoder(mel), vocoder(mel[1:])
    assert torch.equal(together, again)
    assert torch.allclose(together[1:], alone, atol=1e-6)


@pytest.mark.parametrize("rms", [0.2, 0.02, 0.002])
def test_the_untrained_vocoder_already_follows_the_level_of_noise(vocoder: IstftVocoder, rms: float) -> None:
    with torch.no_grad():
        out = vocoder(log_mel(noise(rms), FULL))
    assert abs(20 * math.log10(float(out.square().mean().sqrt()) / rms)) < 3.0


def test_the_envelope_reads_white_noise_as_flat_at_the_heads_own_resolution() -> None:
    weights, bias = envelope_map(FULL, 513)
    read = (weights @ log_mel(noise(0.1, 131072), FULL)[0] + bias[:, None]).mean(dim=1)
    short = MelSpec(32000, 1024, 256, 128, 40.0, 16000.0, "ln")
    true = magnitude(noise(0.1, 131072), short)[0].log().mean(dim=1)
    assert (read - true)[8:-8].abs().mean() < 0.25


def test_a_silent_head_leaves_the_retrieved_phases_as_they_are(vocoder: IstftVocoder) -> None:
    mel = log_mel(noise(0.1), FULL)
    blind = IstftVocoder(SMALL).eval()
    torch.nn.init.zeros_(blind.head.weight)
    torch.nn.init.zeros_(blind.head.bias)
    with torch.no_grad():
        start = blind.excite(mel, noise(1.0))
        refined = blind.refine(mel, start)
    inside = slice(2048, -2048)
    assert torch.allclose(refined[:, inside], start[:, inside], atol=1e-4)


def test_where_the_mel_is_silent_nothing_gets_through(vocoder: IstftVocoder) -> None:
    mel = log_mel(noise(0.1), FULL)
    mel[..., 20:44] = FLOOR
    with torch.no_grad():
        out = vocoder.refine(mel, noise(0.1, seed=2))
    assert out[:, 22 * 512 : 41 * 512].abs().max() < 1e-5


def test_each_correction_brings_the_sounds_own_mel_nearer(vocoder: IstftVocoder) -> None:
    wanted = log_mel(noise(0.05) * torch.linspace(0.1, 1, 32768), FULL)
    start = noise(0.05, seed=3)
    with torch.no_grad():
        errors = [(log_mel(vocoder.agree(start, wanted, n), FULL) - wanted).abs().mean() for n in (0, 1, 2, 4)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.5 * errors[0]


def test_a_sound_that_agrees_is_left_alone(vocoder: IstftVocoder) -> None:
    wav = noise(0.1)
    assert torch.allclose(vocoder.agree(wav, log_mel(wav, FULL), 2)[:, :-2048], wav[:, :-2048], atol=1e-3)


def test_a_hop_that_does_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match="sub-frames"):
        IstftVocoder(VocoderSpec(subframes=3))


@pytest.mark.parametrize("spec", [FULL, MelSpec.DIFF_FOLEY])
def test_the_inverted_magnitude_has_the_mel_asked_for(spec: MelSpec) -> None:
    log = log_mel(noise(0.1, 16384), spec)
    again = mel_bank(spec) @ magnitude_of(log, spec)
    wanted = linear_mel(log, spec)
    assert (again - wanted).abs().mean() < 0.05 * wanted.mean()


@pytest.mark.parametrize(("spec", "samples"), [(FULL, 16384), (MelSpec.DIFF_FOLEY, 16384)])
def test_griffin_lim_keeps_length_pitch_and_level(spec: MelSpec, samples: int) -> None:
    seconds = torch.arange(samples) / spec.sample_rate
    wav = 0.1 * torch.sin(2 * math.pi * 1000 * seconds)[None]
    out = griffin_lim(log_mel(wav, spec), spec, torch.Generator().manual_seed(0), iterations=16)
    assert out.shape == wav.shape
    peak_hz = float(torch.fft.rfft(out[0]).abs().argmax()) * spec.sample_rate / samples
    assert abs(peak_hz - 1000) < 20
    assert abs(20 * math.log10(float(out.std() / wav.std()))) < 2


def test_phase_retrieval_keeps_a_sound_that_already_has_the_magnitude() -> None:
    wav = noise(0.1, 16384)
    kept = retrieve_phase(wav, magnitude(wav, FULL), FULL, iterations=4)
    assert torch.allclose(kept, wav, atol=1e-3)


def test_griffin_lim_is_repeatable_by_its_generator() -> None:
    mel = log_mel(noise(0.1, 8192), FULL)
    one, two, three = (griffin_lim(mel, FULL, torch.Generator().manual_seed(s), iterations=2) for s in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, three)


def test_more_iterations_agree_better_with_the_mel() -> None:
    mel = log_mel(noise(0.1, 16384), FULL)
    errors = []
    for iterations in (1, 16):
        out = griffin_lim(mel, FULL, torch.Generator().manual_seed(0), iterations)
        errors.append(float((log_mel(out, FULL) - mel).abs().mean()))
    assert errors[1] < errors[0]
