"""The texture network: fine structure that is repeatable, local, differs by its noise, and leaves silence silent."""

import math

import pytest
import torch

from foleycli.networks.codecs.vae import MelVae
from foleycli.specs import VaeSpec

SMALL = VaeSpec(
    latent_channels=4, widths=(8, 8, 16), encoder_blocks=(0, 0, 1), decoder_blocks=(0, 0, 1), last_width=4,
    texture_width=8, texture_blocks=1,
)  # fmt: skip


@pytest.fixture
def vae() -> MelVae:
    torch.manual_seed(0)
    return MelVae(SMALL).eval().requires_grad_(False)


def noise_of(vae: MelVae, frames: int, seed: int) -> torch.Tensor:
    return torch.randn(1, vae.noise_maps, 128, frames, generator=torch.Generator().manual_seed(seed))


def test_the_same_noise_draws_the_same_mel_and_another_noise_another(vae: MelVae) -> None:
    latent = torch.randn(1, 4, 16, 8)
    mels = [vae.draw(latent, noise_of(vae, 64, seed)) for seed in (1, 1, 2)]
    assert mels[0].shape == (1, 128, 64)
    assert torch.equal(mels[0], mels[1])
    assert (mels[0] - mels[2]).abs().mean() > 1e-3


def test_windows_that_share_latents_and_noise_agree_away_from_their_ends(vae: MelVae) -> None:
    latent, noise = torch.randn(1, 4, 16, 20), noise_of(vae, 160, 3)
    whole = vae.draw(latent, noise)
    later = vae.draw(latent[..., 5:], noise[..., 40:])
    assert torch.allclose(whole[..., 100:], later[..., 60:], atol=1e-4)


def test_where_the_mean_is_silent_nothing_is_added(vae: MelVae) -> None:
    with torch.no_grad():
        for parameter in vae.decoder[-1].parameters():
            parameter.zero_()
        vae.decoder[-1].bias.fill_((math.log(1e-5) - SMALL.mel_mean) / SMALL.mel_std)
    mel = vae.draw(torch.randn(1, 4, 16, 8), noise_of(vae, 64, 4))
    assert torch.allclose(mel, torch.full_like(mel, math.log(1e-5)), atol=1e-5)


def test_without_a_texture_network_a_mel_is_drawn_with_grain() -> None:
    plain = MelVae(VaeSpec(latent_channels=4, widths=(8, 8, 16), last_width=4, grain=(0.3, 0.2))).eval()
    latent, noise = torch.randn(1, 4, 16, 8), torch.randn(1, 1, 128, 64)
    with torch.no_grad():
        assert plain.noise_maps == 1
        assert torch.equal(plain.draw(latent, noise), plain.grained(plain.decode(latent), noise[:, 0]))
