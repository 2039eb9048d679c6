"""A loaded model is the one that was written, built part by part."""

from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from foleycli.bundles.format import Bundle, read_part, write_bundle
from foleycli.errors import ModelError
from foleycli.models.loaded import load_bundle
from foleycli.models.spot_perform import FAMILY
from foleycli.networks.vision.spotter import Spotter
from tests.tiny_model import SPECS, networks, write_tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny")


def test_every_part_holds_the_weights_that_were_written(tiny: Bundle) -> None:
    loaded = load_bundle(tiny.folder)
    built = {part: loaded.part(part) for part in FAMILY.parts}
    assert built.keys() == networks().keys()
    for part, original in networks().items():
        state = built[part].state_dict()
        for key, value in original.state_dict().items():
            wanted = value.half().float() if value.is_floating_point() else value
            assert torch.equal(state[key], wanted), (part, key)
        assert not built[part].training
        assert not any(weight.requires_grad for weight in built[part].parameters())


def test_specs_come_back_and_parts_are_built_once(tiny: Bundle) -> None:
    loaded = load_bundle(tiny.folder)
    assert (loaded.mel, loaded.sampler) == (SPECS["mel"], SPECS["sampler"])
    assert loaded.part("spotter") is loaded.part("spotter")
    assert loaded.manifest.parts["dit"] == sum(value.numel() for value in networks()["dit"].state_dict().values())


def test_threads_that_ask_at_once_get_the_same_network(tiny: Bundle) -> None:
    loaded = load_bundle(tiny.folder)
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(lambda _: loaded.part("dit"), range(8)))
    assert all(one is built[0] for one in built)


def test_building_all_leaves_nothing_to_be_read_later(tmp_path: Path) -> None:
    bundle = write_tiny(tmp_path / "tiny")
    loaded = load_bundle(bundle.folder)
    loaded.build_all()
    shutil.rmtree(bundle.folder)
    assert all(isinstance(loaded.part(part), torch.nn.Module) for part in FAMILY.parts)


def test_a_part_of_another_class_or_name_is_refused(tiny: Bundle) -> None:
    loaded = load_bundle(tiny.folder)
    with pytest.raises(ModelError, match="tiny: vae is a MelVae, not a Spotter"):
        loaded.part("vae", Spotter)
    with pytest.raises(ModelError, match="no part 'cavp' in a model of this kind; its parts are spotter, cues"):
        loaded.part("cavp")


def test_a_kind_that_no_family_has_is_refused(tmp_path: Path) -> None:
    bundle = write_tiny(tmp_path / "tiny")
    manifest = bundle.folder / "bundle.json"
    manifest.write_text(manifest.read_text().replace(FAMILY.kind, "from-tomorrow"))
    with pytest.raises(ModelError, match="kind 'from-tomorrow' is unknown here; install a newer foleycli"):
        load_bundle(bundle.folder)


def test_spotting_needs_only_the_spotter(tmp_path: Path) -> None:
    bundle = write_tiny(tmp_path / "tiny")
    content = bytearray(bundle.part_path("vocoder").read_bytes())
    content[-1] ^= 1
    bundle.part_path("vocoder").write_bytes(content)
    loaded = load_bundle(bundle.folder)
    assert isinstance(loaded.part("spotter"), Spotter)
    with pytest.raises(ModelError, match=r"vocoder\.safetensors: damaged"):
        loaded.part("vocoder")


def test_missing_parts_and_weights_that_dont_fit_are_refused(tmp_path: Path, tiny: Bundle) -> None:
    def rewritten(folder: Path, parts: dict[str, dict[str, torch.Tensor]]) -> Path:
        about = {"name": "odd", "kind": FAMILY.kind, "licence": "", "training_data": "", "card": ""}
        return write_bundle(folder, parts, specs=SPECS, commercial_use=True, **about).folder  # type: ignore[arg-type]

    parts = {part: read_part(tiny, part) for part in FAMILY.parts}
    with pytest.raises(ModelError, match="no weights for vocoder"):
        load_bundle(rewritten(tmp_path / "a", {part: parts[part] for part in parts if part != "vocoder"}))
    odd = load_bundle(rewritten(tmp_path / "b", parts | {"spotter": parts["vae"]}))
    with pytest.raises(ModelError, match="doesn't fit its spec"):
        odd.part("spotter")


def test_a_model_that_is_not_there_is_said_before_torch_is_imported() -> None:
    code = (
        "import sys\n"
        "from foleycli.models.loaded import load_bundle\n"
        "from foleycli.errors import ModelError\n"
        "try: load_bundle('hf://someone/absent', offline=True)\n"
        "except ModelError as error: print(error)\n"
        "assert not {'torch', 'numpy'} & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert "fetch it without: foley models pull someone/absent" in ran.stdout


def test_networks_are_built_without_random_numbers_and_hold_what_is_stored(tiny: Bundle) -> None:
    before = torch.get_rng_state()
    loaded = load_bundle(tiny.folder)
    networks = {part: loaded.part(part) for part in ("cues", "dit", "vae", "vocoder")}
    assert torch.equal(torch.get_rng_state(), before)
    for part, network in networks.items():
        stored = read_part(tiny, part)
        assert network.state_dict().keys() == stored.keys()
        assert all(torch.equal(value, stored[key]) for key, value in network.state_dict().items())
