"""Mels through diffusers' AutoencoderKL: our halves agree with it, whatever the names in the file."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from foleycli.bundles.convert import kl_decoder, kl_encoder
from foleycli.errors import ModelError
from foleycli.networks.codecs.kl_vae import KlDecoder, KlEncoder
from foleycli.specs import DitSpec, KlVaeSpec, MelSpec, VocoderSpec

SMALL = {
    "audioldm": KlVaeSpec(widths=(32, 32, 64), blocks=1),
    "stable diffusion": replace(KlVaeSpec.STABLE_DIFFUSION, widths=(32, 32, 32, 64), blocks=1),
}
BEFORE_2023 = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def theirs(spec: KlVaeSpec):  # noqa: ANN201  # diffusers is untyped
    from diffusers import AutoencoderKL

    torch.manual_seed(0)
    levels = len(spec.widths)
    return AutoencoderKL(
        in_channels=spec.picture_channels, out_channels=spec.picture_channels, latent_channels=spec.latent_channels,
        block_out_channels=spec.widths, layers_per_block=spec.blocks, down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
    ).eval()  # fmt: skip


def as_published(state: dict[str, Tensor], old: bool) -> dict[str, Tensor]:
    for new, before in (BEFORE_2023 if old else {}).items():
        state = {key.replace(f"attentions.0.{new}.", f"attentions.0.{before}."): v for key, v in state.items()}
    return state


@torch.no_grad()
@pytest.mark.parametrize("old", [False, True], ids=["names of today", "names of before 2023"])
@pytest.mark.parametrize("name", list(SMALL))
def test_both_halves_are_those_of_diffusers(name: str, old: bool) -> None:
    spec = SMALL[name]
    vae = theirs(spec)
    state = as_published(dict(vae.state_dict()), old)
    decoder, encoder = KlDecoder(spec).eval(), KlEncoder(spec).eval()
    decoder.load_state_dict(kl_decoder(state))
    encoder.load_state_dict(kl_encoder(state))
    random = torch.Generator().manual_seed(0)
    latent, mel = torch.randn(1, spec.latent_channels, 6, 4, generator=random), torch.rand(1, 32, 48, generator=random)
    picture = vae.decode(latent / spec.latent_divisor).sample
    wanted = picture[:, 1] if spec.picture_channels == 3 else picture[:, 0].transpose(1, 2)
    torch.testing.assert_close(decoder(latent), wanted, atol=1e-5, rtol=0)
    seen = mel[:, None] if spec.layout == "image" else mel[:, None].transpose(2, 3)
    wanted = vae.encode(seen.repeat(1, spec.picture_channels, 1, 1)).latent_dist.mean * spec.latent_divisor
    torch.testing.assert_close(encoder(mel), wanted, atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_channel_that_is_kept_is_a_field_of_the_spec() -> None:
    spec = SMALL["stable diffusion"]
    latent, heard = torch.randn(1, 4, 2, 4), {}
    state = KlDecoder(spec).eval().state_dict()
    for keep in ("red", "green", "blue", "mean"):
        decoder = KlDecoder(replace(spec, keep=keep)).eval()
        decoder.load_state_dict(state)
        heard[keep] = decoder(latent)
    torch.testing.assert_close(heard["mean"], (heard["red"] + heard["green"] + heard["blue"]) / 3)
    assert not torch.allclose(heard["red"], heard["green"])
    assert KlVaeSpec().keep == "green"


def test_stable_diffusion_s_own_file_fits_and_its_shapes_are_the_transformer_s() -> None:
    spec, dit = KlVaeSpec.STABLE_DIFFUSION, DitSpec.sized("B")
    with torch.device("meta"):
        vae, decoder, encoder = theirs(spec), KlDecoder(spec), KlEncoder(spec)
        mel = decoder(torch.zeros(1, *dit.latent_shape))
        assert encoder(mel).shape == (1, *dit.latent_shape) == (1, 4, 16, 64)
    assert mel.shape == (1, MelSpec.DIFF_FOLEY.mels, 512)
    assert sum(value.numel() for value in vae.state_dict().values()) == 83_653_863  # as others count the published file
    decoder.load_state_dict(kl_decoder(vae.state_dict()), assign=True)
    encoder.load_state_dict(kl_encoder(vae.state_dict()), assign=True)
    assert dit.columns * dit.rows == 256


def test_the_authors_transformer_and_audioldm_s_codec_agree_on_their_shapes() -> None:
    dit = DitSpec.sized("B", layout="official")
    assert (dit.columns * dit.rows, dit.latent_shape) == (816, (8, 204, 16))
    with torch.device("meta"):
        mel = KlDecoder(KlVaeSpec())(torch.zeros(1, *dit.latent_shape))
    assert mel.shape == (1, VocoderSpec(mels=64).mels, 816)


@pytest.mark.parametrize("convert", [kl_decoder, kl_encoder])
def test_another_file_is_no_vae(convert) -> None:  # noqa: ANN001
    with pytest.raises(ModelError, match="no AutoencoderKL"):
        convert({"conv.weight": torch.zeros(1)})
