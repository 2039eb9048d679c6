"""The authors' file becomes a bundle; anything else is refused in one line, and nothing of it is written or run."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from foleycli.bundles import store
from foleycli.bundles.convert import hifigan_audioldm, mdsgen_official
from foleycli.errors import ModelError, UsageError
from foleycli.models.loaded import LoadedModel
from foleycli.models.mdsgen.importing import OFFICIAL_DIT, OFFICIAL_SPECS, import_mdsgen, require_fit
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.specs import KlVaeSpec
from tests.golden import FOLDER, formula_state

SMALL = replace(OFFICIAL_DIT, depth=4, width=96, heads=3, decoder_depth=2)


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("platformdirs.user_data_path", lambda name: tmp_path / "data" / name)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


@pytest.fixture
def authors(tmp_path: Path) -> Path:
    path = tmp_path / "mdsgen_audioldm.pt"
    torch.save(formula_state("mdsgen_small"), path)
    return path


def test_the_imported_model_is_the_authors_and_is_found_by_its_name(authors: Path) -> None:
    bundle = import_mdsgen(authors, "mdsgen-b-audioldm", {}, dit=SMALL)
    assert store.resolve("mdsgen-b-audioldm") == bundle.folder
    assert bundle.spec("vae", KlVaeSpec).latent_divisor == 4.0
    assert set(bundle.manifest.parts) == {"dit"}
    assert not bundle.manifest.commercial_use
    model = MDSGen(SMALL).eval()
    model.load_state_dict(mdsgen_official(formula_state("mdsgen_small")))
    ours, latent, t = LoadedModel(bundle).part("dit"), torch.randn(1, 8, 204, 16), torch.tensor([500])
    with torch.no_grad():
        wanted = model(latent, t, None)
        assert (ours(latent, t, None) - wanted).abs().max() < 0.02 * wanted.abs().max()  # float16 on disk
    with pytest.raises(UsageError, match="--overwrite"):
        import_mdsgen(authors, "mdsgen-b-audioldm", {}, dit=SMALL)
    assert store.remove("mdsgen-b-audioldm") == bundle.folder
    with pytest.raises(ModelError, match="foley models import FILE --as mdsgen-b-audioldm"):
        store.resolve("mdsgen-b-audioldm")


def test_a_part_given_as_a_file_goes_into_the_bundle_converted(authors: Path, tmp_path: Path) -> None:
    state = formula_state("hifigan_small") | {"mean": torch.zeros(64), "scale": torch.ones(64)}
    torch.save(state, tmp_path / "vocoder.bin")
    bundle = import_mdsgen(authors, "mine", {"vocoder": tmp_path / "vocoder.bin"}, dit=SMALL)
    assert bundle.manifest.parts["vocoder"] == sum(value.numel() for value in hifigan_audioldm(state).values())


def test_the_released_b_model_fits() -> None:
    keys = json.loads((FOLDER / "mdsgen_b_keys.json").read_text())
    state = {key: torch.empty(shape, device="meta") for key, (shape, _) in keys.items()}
    require_fit("mdsgen_audioldm.pt", mdsgen_official(state), OFFICIAL_DIT)
    assert set(OFFICIAL_SPECS) == {"mel", "sampler", "vae", "vocoder"}


class Hostile:
    """Unpickled carelessly, it would leave a file behind."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self.mark,)


def truncated(path: Path, _: Path) -> None:
    torch.save(formula_state("mdsgen_small"), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def hostile(path: Path, mark: Path) -> None:
    torch.save({"x_embedder.proj.weight": Hostile(mark)}, path)


def hostile_of_old(path: Path, mark: Path) -> None:
    path.write_bytes(pickle.dumps(Hostile(mark)))


def another_model(path: Path, _: Path) -> None:
    torch.save({"state_dict": {"conv.weight": torch.zeros(3)}}, path)


def another_size(path: Path, _: Path) -> None:
    torch.save({key: value[..., :5] for key, value in formula_state("mdsgen_small").items()}, path)


def a_part_of_it(path: Path, _: Path) -> None:
    torch.save({"x_embedder.proj.weight": torch.zeros(96, 8, 2, 2)}, path)


def no_weights(path: Path, _: Path) -> None:
    torch.save([1, 2, 3], path)


def text(path: Path, _: Path) -> None:
    path.write_text("<html>Google Drive can't scan this file for viruses</html>")


def empty(path: Path, _: Path) -> None:
    path.write_bytes(b"")


def absent(path: Path, _: Path) -> None:
    assert not path.exists()


WRONG = [truncated, hostile, hostile_of_old, another_model, another_size, a_part_of_it, no_weights, text, empty, absent]


@pytest.mark.parametrize("make", WRONG, ids=lambda make: make.__name__)
def test_a_wrong_file_is_refused_in_one_line_and_leaves_nothing(make: Callable[..., None], places: Path) -> None:
    path, mark = places / "wrong.pt", places / "mark"
    make(path, mark)
    with pytest.raises(ModelError, match=r"wrong\.pt") as refusal:
        import_mdsgen(path, "mine", {}, dit=SMALL)
    assert "\n" not in str(refusal.value)
    assert not mark.exists()
    assert not (places / "data").exists()


@pytest.mark.parametrize("name", ["pocket", "cavp", "../mine", ".hidden", ""])
def test_names_that_are_taken_or_are_no_names(name: str, authors: Path) -> None:
    with pytest.raises(UsageError, match="--as"):
        import_mdsgen(authors, name, {}, dit=SMALL)
