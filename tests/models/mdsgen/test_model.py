"""The authors' path end to end, with random weights: pictures in, sound of the right length out, the same each time."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks.official import SMALL, image, write_random
from foleycli.bundles import published
from foleycli.errors import ModelError
from foleycli.models.loaded import LoadedModel, load_bundle
from foleycli.models.mdsgen.importing import write_mdsgen
from foleycli.models.mdsgen.model import OfficialMdsgen
from foleycli.models.passages import Draft, Passage
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.sampling.runtime import Runtime
from foleycli.specs import KlVaeSpec
from foleycli.specs.settings import Generation
from foleycli.timeline import Window
from foleycli.video.probe import probe
from tests.cli.conftest import Foley, clip, film, foley, models

__all__ = ["clip", "film", "foley", "models"]  # fixtures


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper's default path: Stable Diffusion's VAE and Griffin-Lim."""
    return write_random(tmp_path_factory.mktemp("image") / "random", image("T").small).folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_random(tmp_path_factory.mktemp("official") / "random", SMALL).folder


def test_dub_with_it_is_as_long_as_the_picture(
    foley: Foley, clip: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import soundfile

    # CAVP takes 8 s for the pictures of a window at full size. Its features are held by tests of its own.
    monkeypatch.setattr("foleycli.models.mdsgen.features.FRAME_PIXELS", 64)
    ran = foley("dub", clip, "-m", model, "-o", "out.wav", "--steps", "2")
    assert ran.code == 0, ran.err
    sound = soundfile.info("out.wav")
    assert sound.frames == 2 * sound.samplerate
    assert foley("spot", clip, "-m", model).code == 0


def features(*_: object) -> Tensor:
    """In place of CAVP, which takes long; the first test has the real one."""
    return torch.nn.functional.normalize(torch.ones(1, 32, 512), dim=-1)


def test_the_image_vae_s_path_dubs_too(
    foley: Foley, clip: Path, pictured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import soundfile

    monkeypatch.setattr(OfficialMdsgen, "look", features)
    ran = foley("dub", clip, "-m", pictured, "-o", "out.wav", "--steps", "2")
    assert ran.code == 0, ran.err
    sound, rate = soundfile.read("out.wav")
    assert len(sound) == 2 * rate
    assert sound.any()


@pytest.mark.parametrize("kind", ["model", "pictured"])
def test_a_full_window_is_filled_to_its_last_sample(film: Path, kind: str, request: pytest.FixtureRequest) -> None:
    running = OfficialMdsgen(load_bundle(request.getfixturevalue(kind)), Runtime(torch.device("cpu"), torch.float32))
    window = Window(0, Fraction(0), Fraction(8192, 1000), Fraction(0), Fraction(0))
    running.look = features  # type: ignore[method-assign]
    sampler = running.sampler(Generation(steps=1, guidance=2.0))
    passage = Passage(Draft(probe(film), (), Fraction(0), 5), window)
    (wave,), (again,) = (running.perform([passage], sampler) for _ in range(2))
    assert wave.shape == (131072,)
    assert (wave == again).all()
    assert wave[-256:].any()


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
    assert published.find_published("audioldm-vae") is None


def test_a_model_that_was_trained_becomes_a_bundle_and_names_its_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    spec = image("T").small.dit
    said = {"licence": "Apache-2.0", "commercial_use": True, "training_data": "my own films"}
    state = MDSGen(spec).state_dict()
    bundle = write_mdsgen(tmp_path / "mine", spec, state, **said)
    assert (bundle.manifest.kind, set(bundle.manifest.parts)) == ("mdsgen", {"dit"})
    assert bundle.spec("vae", KlVaeSpec) == KlVaeSpec.STABLE_DIFFUSION
    assert LoadedModel(bundle).sources == {"cavp": "cavp", "vae": "sd-vae"}
    with pytest.raises(ModelError, match="foley models pull cavp"):
        load_bundle(tmp_path / "mine")
    with pytest.raises(ModelError, match="weights of another model"):
        write_mdsgen(tmp_path / "other", replace(spec, width=48), state, **said)
