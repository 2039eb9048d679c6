"""The authors' path end to end, with random weights: pictures in, sound of the right length out, the same each time."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from benchmarks.official import SMALL, write_random
from foleycli.bundles import published
from foleycli.bundles.convert import kl_decoder_audioldm
from foleycli.bundles.load import load_bundle
from foleycli.errors import ModelError
from foleycli.media.probe import probe
from foleycli.official import KlDecoder, OfficialMdsgen
from foleycli.performers import Passage
from foleycli.specs import DitSpec, KlVaeSpec, VocoderSpec
from foleycli.timeline import Window
from tests.cli.conftest import Foley, clip, film, foley, models

__all__ = ["clip", "film", "foley", "models"]  # fixtures


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_random(tmp_path_factory.mktemp("official") / "random", SMALL).folder


def test_dub_with_it_is_as_long_as_the_picture(foley: Foley, clip: Path, model: Path) -> None:
    import soundfile

    ran = foley("dub", clip, "-m", model, "-o", "out.wav", "--steps", "2")
    assert ran.code == 0, ran.err
    sound = soundfile.info("out.wav")
    assert sound.frames == 2 * sound.samplerate
    assert foley("spot", clip, "-m", model).code == 0


def test_a_full_window_is_filled_to_its_last_sample(film: Path, model: Path) -> None:
    performer = OfficialMdsgen(load_bundle(model), torch.device("cpu"), "fp32")
    window = Window(0, Fraction(0), Fraction(8192, 1000), Fraction(0), Fraction(0))
    performer.look = lambda *_: torch.nn.functional.normalize(torch.ones(1, 32, 512), dim=-1)  # type: ignore[method-assign]
    sampler = performer.sampler(1, 2.0)
    (wave,), (again,) = (
        performer.perform([Passage(probe(film), (), Fraction(0), window, 5)], sampler) for _ in range(2)
    )
    assert wave.shape == (131072,)
    assert (wave == again).all()
    assert wave[-256:].any()


def test_the_transformer_and_the_codecs_agree_on_their_shapes() -> None:
    dit = DitSpec.sized("B", layout="official")
    assert (dit.columns * dit.rows, dit.latent_shape) == (816, (8, 204, 16))
    with torch.device("meta"):
        mel = KlDecoder(KlVaeSpec())(torch.zeros(1, *dit.latent_shape))
    assert mel.shape == (1, VocoderSpec(mels=64).mels, 816)


@torch.no_grad()
def test_the_decoder_is_that_of_diffusers_by_either_set_of_names() -> None:
    from diffusers import AutoencoderKL

    spec = KlVaeSpec(widths=(32, 32, 64), blocks=1)
    theirs = AutoencoderKL(
        in_channels=1, out_channels=1, latent_channels=8, block_out_channels=spec.widths, layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
    ).eval()  # fmt: skip
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    for names in ({}, old):
        state = dict(theirs.state_dict())
        for new, before in names.items():
            state = {key.replace(f"attentions.0.{new}.", f"attentions.0.{before}."): v for key, v in state.items()}
        ours = KlDecoder(spec).eval()
        ours.load_state_dict(kl_decoder_audioldm(state))
        latent = torch.randn(1, 8, 12, 4, generator=torch.Generator().manual_seed(0))
        expected = theirs.decode(latent / 4).sample[:, 0].transpose(1, 2)  # the authors' divisor, pinned
        torch.testing.assert_close(ours(latent), expected, atol=1e-5, rtol=0)


def test_an_imported_model_is_listed_and_shown(
    foley: Foley, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path / "data" / name)
    (tmp_path / "data" / "foley" / "models").mkdir(parents=True)
    for name in ("mine", "mdsgen-b-audioldm"):
        (tmp_path / "data" / "foley" / "models" / name).symlink_to(model)
    listed = {one["name"]: one["size_bytes"] for one in json.loads(foley("models", "list", "--json").text)}
    assert listed["mine"] == listed["mdsgen-b-audioldm"] == load_bundle(model).bundle.size_bytes
    assert "mine" in foley("models", "list").text
    for name in ("mine", "mdsgen-b-audioldm"):
        assert json.loads(foley("models", "show", name, "--json").text)["kind"] == "mdsgen"
    assert foley("models", "import", "absent.pt", "--as", "mine").code == 2
    refused = foley("models", "import", "absent.pt", "--as", "other")
    assert (refused.code, refused.err.count("\n")) == (4, 1)


def test_a_part_that_was_not_pulled_is_named_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    folder = write_random(tmp_path / "bare", SMALL, without=("cavp", "vocoder")).folder
    with pytest.raises(ModelError, match="foley models pull cavp"):
        load_bundle(folder)
    assert published.find_published("vae") is None
