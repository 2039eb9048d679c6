"""Each ablation of the paper is one field or two away from the base, and trains."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from foleycli.specs import CueSpec, DitSpec
from foleycli.training.mdsgen.ablations import ABLATIONS, ablated
from foleycli.training.mdsgen.features import LatentSet, write_shard
from foleycli.training.mdsgen.performer import PerformerRecipe, train_performer
from foleycli.training.names import ABLATION_NAMES
from foleycli.training.recipes import CUES, RECIPES
from foleycli.training.workspace import Workspace

RECIPE = PerformerRecipe(DitSpec(), CueSpec(("impact_wood", "rain"), embedding=8), steps=1, batch_size=1)


def flat(values: dict[str, Any], at: str = "") -> dict[str, Any]:
    """Nested fields by their dotted names."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= flat(value, f"{at}{name}.") if isinstance(value, dict) else {f"{at}{name}": value}
    return found


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("work"), np.random.default_rng(0)
    for name, cues in (("small", RECIPE.cues), ("latents", CUES)):
        latent = rng.normal(size=(2, 8, 16, 64)).astype(np.float16)
        curves = rng.random((2, cues.frames, cues.channels)).astype(np.float16)
        which = np.zeros((2, cues.frames, 2), np.int32)
        timbres = rng.random((1, cues.timbre)).astype(np.float16)
        arrays = {"latent": latent, "curves": curves, "which": which, "timbres": timbres}
        write_shard(folder / name / "train_0000.npz", arrays)
    return folder


@pytest.mark.parametrize("name", sorted(ABLATIONS))
def test_it_differs_by_two_fields_at_most_and_trains(name: str, shards: Path, tmp_path: Path) -> None:
    recipe, base = ablated(RECIPE, name), flat(asdict(ablated(RECIPE, "base")))
    changed = {field for field, value in flat(asdict(recipe)).items() if value != base[field]}
    assert changed == set(ABLATIONS[name])
    assert len(changed) <= 2
    assert bool(changed) == (name != "base")
    thin = replace(recipe.dit, depth=2, width=8 * recipe.dit.heads, decoder_depth=recipe.dit.decoder_depth // 2)
    parts = train_performer(replace(recipe, dit=thin), LatentSet(shards / "small"), tmp_path)
    assert all(torch.isfinite(value).all() for value in parts["dit"].values())
    assert (thin.mask == "none") != any(key.startswith("interpolator.") for key in parts["dit"])


def test_the_recipe_keeps_an_ablation_aside_with_the_other_parts_at_hand(
    shards: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Workspace(shards, steps=1, ablation="n2-2")
    work.save("vae", {"weight": torch.ones(1)}, RECIPE.cues)
    asked: list[PerformerRecipe] = []
    made = {"dit": {"weight": torch.zeros(1)}, "cues": {"weight": torch.zeros(1)}}
    monkeypatch.setattr(
        "foleycli.training.recipes.train_performer", lambda recipe, *_, **__: asked.append(recipe) or made
    )
    for name in ("build_palette", "SoundBank", "sounds"):  # of the recordings, which a palette is made of
        monkeypatch.setattr(f"foleycli.training.recipes.{name}", lambda *_: torch.zeros(1))
    RECIPES["performer"](work)
    assert asked[0].dit.decoder_depth == 2
    weights = shards / "ablations" / "n2-2" / "weights"
    assert {path.name for path in weights.glob("*.pt")} == {"dit.pt", "cues.pt", "vae.pt"}
    assert not work.weights("dit").exists()
    RECIPES["performer"](replace(work, ablation="unguided"))
    sampler = json.loads((shards / "ablations" / "unguided" / "weights" / "sampler.json").read_text())
    assert (sampler["guidance"], asked[1].condition_dropout) == (1.0, 0.0)


def test_the_command_names_them_all() -> None:
    assert set(ABLATION_NAMES) == set(ABLATIONS)
