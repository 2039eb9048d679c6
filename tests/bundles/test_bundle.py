"""A bundle comes back as it was written, and anything that was changed since is noticed before it is used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from foleycli.bundles.format import MANIFEST, Bundle, read_bundle, read_part, spec_from_plain, write_bundle
from foleycli.errors import ModelError
from foleycli.specs import MelSpec, SamplerSpec, SpotterSpec, VaeSpec


def write(folder: Path, weight: float = 1.0) -> Bundle:
    generator = torch.Generator().manual_seed(0)
    state = {"layer.weight": weight * torch.randn(4, 3, generator=generator), "count": torch.tensor(7)}
    return write_bundle(
        folder,
        {"vae": state},
        name="small",
        kind="test",
        specs={"vae": VaeSpec(widths=(8, 16)), "mel": MelSpec.FULL_BAND, "spotter": SpotterSpec(classes=("rain",))},
        licence="Apache-2.0",
        commercial_use=True,
        training_data="none",
        card="# small\n",
    )


def test_specs_and_weights_come_back(tmp_path: Path) -> None:
    bundle = read_bundle(write(tmp_path / "small").folder)
    assert bundle.spec("vae", VaeSpec) == VaeSpec(widths=(8, 16))
    assert bundle.spec("mel", MelSpec) == MelSpec.FULL_BAND
    assert bundle.spec("spotter", SpotterSpec) == SpotterSpec(classes=("rain",))
    state = read_part(bundle, "vae")
    torch.manual_seed(0)
    wanted = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    assert state["layer.weight"].dtype == torch.float32
    assert torch.equal(state["layer.weight"], wanted.half().float())
    assert state["count"].item() == 7
    assert bundle.manifest.parts == {"vae": 13}


def test_rewriting_a_read_bundle_changes_no_weight(tmp_path: Path) -> None:
    first = write(tmp_path / "one")
    state = read_part(first, "vae")
    second = write_bundle(
        tmp_path / "two", {"vae": state}, name="two", kind="test", specs={}, licence="", commercial_use=True,
        training_data="", card="",
    )  # fmt: skip
    assert first.manifest.files["vae.safetensors"].sha256 == second.manifest.files["vae.safetensors"].sha256


def test_sizes_in_the_manifest_are_those_on_disk(tmp_path: Path) -> None:
    bundle = write(tmp_path / "small")
    on_disk = {path.name: path.stat().st_size for path in bundle.folder.iterdir() if path.name != MANIFEST}
    assert {name: record.size_bytes for name, record in bundle.manifest.files.items()} == on_disk
    assert bundle.size_bytes == sum(on_disk.values())


def test_writing_again_replaces_the_bundle_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    one = write(tmp_path / "small", 1.0).manifest.files["vae.safetensors"]
    two = write(tmp_path / "small", 2.0).manifest.files["vae.safetensors"]
    assert one.sha256 != two.sha256
    assert [path.name for path in tmp_path.iterdir()] == ["small"]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "small").iterdir()} == {0o644}


def test_a_folder_of_something_else_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.txt").write_text("a cat")
    with pytest.raises(ModelError, match="not ours to replace"):
        write(tmp_path / "photos")
    assert (tmp_path / "photos" / "cat.txt").read_text() == "a cat"
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_a_changed_byte_is_noticed_before_its_tensor_is_used(tmp_path: Path) -> None:
    bundle = write(tmp_path / "small")
    flip_a_byte(bundle.part_path("vae"))
    same_size = read_bundle(bundle.folder)
    with pytest.raises(ModelError, match="damaged"):
        read_part(same_size, "vae")
    with pytest.raises(ModelError, match="damaged"):
        same_size.verify()


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_missing_or_short_files_are_noticed_at_once(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    bundle = write(tmp_path / "small")
    damage(bundle.part_path("vae"))
    with pytest.raises(ModelError, match=r"vae\.safetensors: (missing|\d+ bytes)"):
        read_bundle(bundle.folder)


def changed(folder: Path, **values: object) -> Path:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    return folder


def test_manifests_of_the_future_or_with_paths_outside_are_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "small").folder
    with pytest.raises(ModelError, match="format 2"):
        read_bundle(changed(folder, format=2))
    record = {"sha256": "", "size_bytes": 0}
    with pytest.raises(ModelError, match="outside"):
        read_bundle(changed(folder, format=1, files={"../../etc/passwd": record}))
    with pytest.raises(ModelError, match="manifest"):
        read_bundle(changed(folder, files=None))
    (folder / MANIFEST).write_text("{")
    with pytest.raises(ModelError, match="can't be read"):
        read_bundle(folder)


def test_a_spec_with_unknown_fields_is_refused() -> None:
    assert spec_from_plain(SamplerSpec, {"steps": 4}, "here") == SamplerSpec(steps=4)
    with pytest.raises(ModelError, match="here: unknown fields colour"):
        spec_from_plain(SamplerSpec, {"colour": "blue"}, "here")


def test_values_too_large_for_half_precision_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="float16"):
        write(tmp_path / "small", 1e9)
    assert list(tmp_path.iterdir()) == []
