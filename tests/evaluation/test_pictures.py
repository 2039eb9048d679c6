"""Scores of sounds made for pictures: a model that looks scores, the same sounds for other pictures do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from foleycli.bundles import store
from foleycli.evaluation.pictures import evaluate_pictures, excerpt_seconds
from foleycli.models.visual_echoes.loading import load_echo, takes_pictures
from tests.tiny_echo import write_tiny_echo
from tests.tiny_model import write_tiny


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store, "BUILT_IN", tmp_path)
    write_tiny(tmp_path / "pocket")
    write_tiny_echo(tmp_path / "echo")
    return tmp_path


def test_the_report_of_an_untrained_model(models: Path) -> None:
    found = evaluate_pictures("echo", count=4, seed=1).plain()
    assert found["cases"] == 4 and found["model"] == "tiny-echo" and len(found["clips"]) == 4
    assert [row["kind"] for row in found["clips"]] == ["ball", "stick", "drum", "hand_drums"]
    for name in ("i2a", "shuffled"):
        assert 0 <= found["scores"][name]["top1"]["mean"] <= found["scores"][name]["top3"]["mean"] <= 1
    assert found["seconds_per_second"] > 0


def test_only_models_of_pictures_take_pictures(models: Path) -> None:
    assert takes_pictures("echo") and not takes_pictures("pocket")
    assert load_echo("echo").name == "tiny-echo"


def test_struck_sounds_are_classified_where_they_begin_and_lasting_ones_every_second() -> None:
    rate = 32000
    wave = np.zeros(4 * rate, np.float32)
    rng = np.random.default_rng(0)
    for start in (0.5, 2.0):
        at = round(start * rate)
        wave[at : at + rate // 2] = rng.standard_normal(rate // 2) * np.exp(-np.linspace(0, 8, rate // 2)) * 0.3
    found = excerpt_seconds(wave, rate)
    assert [round(one, 1) for one in found] == [0.5, 2.0]
    steady = (0.1 * torch.randn(4 * rate, generator=torch.Generator().manual_seed(0))).numpy()
    steady[:200] *= np.linspace(0, 1, 200)
    assert len(excerpt_seconds(steady, rate)) in (1, 3)
