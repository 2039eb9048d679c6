"""`foley train`: recipes on sounds made here, in a folder as the docs describe it."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from foleycli.errors import InputError
from foleycli.specs import DitSpec, VaeSpec
from foleycli.training import recipes, scale
from foleycli.training.loop import Report
from foleycli.training.mdsgen import growing
from foleycli.training.names import RECIPE_NAMES
from foleycli.training.recipes import RECIPES
from foleycli.training.workspace import Workspace, trained_vae

COLUMNS = ("file", "sound_class", "label", "licence", "author", "attribution", "seconds", "source")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Twelve clicks and twelve noises at 48 kHz."""
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    rows = []
    for k in range(24):
        kind = ("impact_wood", "rain")[k % 2]
        wave = rng.normal(size=48000) * (np.exp(-np.arange(48000) / 4000) if k % 2 == 0 else 0.3)
        soundfile.write(folder / f"take{k}.wav", np.clip(wave, -1, 1), 48000)
        licence = "CC0-1.0" if k < 12 else "CC-BY-4.0"
        rows.append((f"take{k}.wav", kind, "made", licence, "foley", f"made by foley, take {k // 2}", "1.0", "test"))
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    return Workspace(tmp_path_factory.mktemp("work"), folder, steps=2)


@pytest.fixture(autouse=True)
def small_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The recipes on networks that take two steps in a moment."""
    vae = VaeSpec(widths=(8, 8, 16), encoder_blocks=(0, 0, 0), decoder_blocks=(0, 0, 0), last_width=4)
    monkeypatch.setattr(recipes, "VAE", vae)
    monkeypatch.setattr(recipes, "TEXTURE_WIDTH", 8)
    monkeypatch.setattr(recipes, "DIT", DitSpec(depth=2, width=32, heads=2, decoder_depth=1))
    monkeypatch.setattr(scale, "CPU", scale.Scale(vae=2, texture=2, vocoder=2, performer=4, masked_every=2))
    monkeypatch.setattr(recipes, "MOST_REHEARSALS", 64)


@pytest.fixture
def with_vae(workspace: Workspace, small_networks: None) -> Workspace:
    """The workspace once it has a VAE: tests are dealt out to several processes in any order."""
    if not workspace.weights("vae").exists():
        RECIPES["vae"](workspace)
    return workspace


def test_sounds_are_decoded_once_and_split_by_source(workspace: Workspace) -> None:
    cache = RECIPES["sounds"](workspace)
    assert len(cache.sounds) == 24  # type: ignore[attr-defined]
    assert sum(sound.length for sound in cache.sounds) == pytest.approx(24 * 32000, rel=0.01)  # type: ignore[attr-defined]
    splits: dict[str, set[str]] = {}
    for sound in cache.sounds:  # type: ignore[attr-defined]
        splits.setdefault(sound.source_id, set()).add(sound.split)
    assert all(len(found) == 1 for found in splits.values())


def test_the_vae_recipe_leaves_weights_with_their_spec(workspace: Workspace) -> None:
    RECIPES["vae"](workspace)
    assert workspace.weights("vae").exists()
    assert workspace.weights("vae").with_suffix(".json").exists()
    assert (workspace.folder / "runs" / "vae" / "log.csv").read_text().count("\n") == 2


def test_the_texture_recipe_adds_its_network_to_the_vae_and_leaves_the_rest(with_vae: Workspace) -> None:
    before = torch.load(with_vae.weights("vae"), weights_only=True)
    RECIPES["texture"](with_vae)
    after = torch.load(with_vae.weights("vae"), weights_only=True)
    assert any(name.startswith("texture.") for name in after)
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert trained_vae(with_vae).spec.texture_width > 0


def test_the_performer_learns_while_workers_make_its_rehearsals(
    with_vae: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "SHARD_WINDOWS", 8)
    RECIPES["performer"](replace(with_vae, workers=1))
    assert list((with_vae.folder / "rehearsals").glob("train_w*.npz"))
    cues = torch.load(with_vae.weights("cues"), weights_only=True)
    assert with_vae.weights("dit").exists() and cues["palette"].abs().sum() > 0


def test_everyone_is_named_once_under_their_licence(workspace: Workspace) -> None:
    text = Path(RECIPES["attribution"](workspace)).read_text()  # type: ignore[arg-type]
    assert "## CC-BY-4.0: 12 clips" in text
    assert "## CC0-1.0: 12 clips" in text
    assert text.count("- made by foley, take 3 (2 clips)") == 1


def test_a_bundle_wants_its_parts_first(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="foley train"):
        RECIPES["bundle"](workspace)


def test_the_command_offers_each_recipe() -> None:
    assert set(RECIPE_NAMES) == set(RECIPES)


def test_the_live_line_says_loss_speed_and_time_left() -> None:
    text = Report(120, 4000, {"loss": 0.4242}, 14.13, 3730).line()
    assert text == "step 120/4000  loss 0.4242  14.1 samples/s  1:02:10 left"
