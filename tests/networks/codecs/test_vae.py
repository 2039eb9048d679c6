"""The mel VAE: shapes, scale, floor, and that it is local in time."""

import dataclasses
import math

import pytest
import torch

from foleycli.networks.codecs.vae import MelVae, Moments
from foleycli.specs import VaeSpec

SMALL = VaeSpec(latent_channels=4, widths=(8, 8, 16), encoder_blocks=(0, 0, 1), decoder_blocks=(0, 0, 1), last_width=4)


@pytest.fixture
def vae() -> MelVae:
    torch.manual_seed(0)
    return MelVae(SMALL).eval()


def test_a_window_becomes_the_latent_of_the_design_and_comes_back() -> None:
    vae = MelVae(VaeSpec())
    with torch.no_grad():
        latent = vae.encode(torch.randn(1, 128, 512))
        assert latent.shape == (1, 8, 16, 64)
        assert vae.decode(latent).shape == (1, 128, 512)
    assert 1.5e6 < sum(p.numel() for p in vae.parameters()) < 4e6


def test_encode_is_the_scaled_mean_and_decode_undoes_the_scale(vae: MelVae) -> None:
    mel = torch.randn(2, 128, 64) - 5
    scaled = MelVae(dataclasses.replace(SMALL, latent_scale=3.0)).eval()
    scaled.load_state_dict(vae.state_dict())
    with torch.no_grad():
        assert torch.allclose(scaled.encode(mel), 3.0 * vae.encode_moments(mel).mean)
        assert torch.allclose(scaled.decode(scaled.encode(mel)), vae.decode(vae.encode(mel)), atol=1e-5)


def test_decoded_mel_never_lies_under_the_floor(vae: MelVae) -> None:
    with torch.no_grad():
        mel = vae.decode(torch.randn(1, 4, 16, 16) * 30)
    assert mel.min() >= math.log(1e-5)


def test_sound_far_away_does_not_change_what_is_decoded_here(vae: MelVae) -> None:
    mel = torch.full((1, 128, 256), -11.0)
    struck = mel.clone()
    struck[..., :8] = 1.0
    with torch.no_grad():
        quiet, loud = vae.decode(vae.encode(mel)), vae.decode(vae.encode(struck))
    assert torch.equal(quiet[..., 160:], loud[..., 160:])
    assert not torch.equal(quiet[..., :8], loud[..., :8])


def test_windows_of_a_batch_do_not_touch_each_other(vae: MelVae) -> None:
    mel = torch.randn(3, 128, 32) - 5
    with torch.no_grad():
        together, alone = vae.encode(mel), vae.encode(mel[1:2])
    assert torch.allclose(together[1:2], alone, atol=1e-5)


def test_the_divergence_of_a_unit_gaussian_is_zero_and_grows_with_its_mean() -> None:
    zeros = torch.zeros(1, 4, 2, 2)
    assert Moments(zeros, zeros).divergence() == 0
    assert Moments(zeros + 2.0, zeros).divergence() == pytest.approx(2.0)  # m^2 / 2
    assert torch.equal(Moments(zeros + 1.0, zeros - 60).sample(torch.ones_like(zeros)), zeros + 1.0)


def test_gradients_reach_every_weight(vae: MelVae) -> None:
    mel = torch.randn(1, 128, 32) - 5
    moments = vae.encode_moments(mel)
    # two steps: the second convolution of a block starts at zero and lets nothing through to the first
    for parameter in vae.parameters():
        if parameter.abs().sum() == 0:
            torch.nn.init.normal_(parameter, std=0.1)
    moments = vae.encode_moments(mel)
    loss = (vae.decode_raw(moments.sample(torch.randn_like(moments.mean))) - mel).abs().mean() + moments.divergence()
    loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in vae.parameters())


def test_grain_is_as_strong_as_the_spec_says_and_leaves_silence_alone() -> None:
    grainy = MelVae(dataclasses.replace(SMALL, grain=(0.4, 0.2))).eval()
    noise = torch.randn(2, 128, 256, generator=torch.Generator().manual_seed(3))
    mel = torch.full((2, 128, 256), -5.0)
    mel[..., 128:] = math.log(1e-5)
    added = grainy.grained(mel, noise) - mel
    assert (added[..., 128:] == 0).all()
    deviation = added[..., 1:127].std(dim=(0, 2))  # the outermost frames have fewer neighbours
    assert torch.allclose(deviation[1:-1], torch.linspace(0.4, 0.2, 128)[1:-1], rtol=0.3)
    assert abs(deviation[1:60].mean() / deviation[-60:-1].mean() - 0.353 / 0.247) < 0.15
    assert torch.equal(MelVae(SMALL).grained(mel, noise), mel)


def test_the_partials_of_a_tone_get_no_grain() -> None:
    grainy = MelVae(dataclasses.replace(SMALL, grain=(0.4, 0.4))).eval()
    mel = torch.full((1, 128, 64), -6.0)
    mel[:, [30, 60]] += 3.0
    noise = torch.randn(1, 128, 64, generator=torch.Generator().manual_seed(0))
    added = grainy.grained(mel, noise) - mel
    assert not added[:, [30, 60]].any()
    assert added[:, 40:50].std() > 0.3
