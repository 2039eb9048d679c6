"""Scores of sounds made for pictures: a model that looks scores, the same sounds for other pictures do not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from foleycli.bundles import store
from foleycli.cues.classes import SOUND_CLASSES
from foleycli.evaluation.frames import FrameClassifier
from foleycli.evaluation.pictures import evaluate_pictures, excerpt_seconds
from foleycli.models.visual_echoes.loading import load_echo, takes_pictures
from foleycli.scenes.stills import SOUNDING_KINDS, render_still
from foleycli.training.visual_echoes.corpus import write_shard
from foleycli.video.pictures import resized
from tests.tiny_echo import write_tiny_echo
from tests.tiny_model import write_tiny

LATENT = (8, 16, 16)  # of the tiny model's codec too


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store, "BUILT_IN", tmp_path)
    write_tiny(tmp_path / "pocket")
    write_tiny_echo(tmp_path / "echo")
    return tmp_path


@pytest.mark.usefixtures("built_in_namer")
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


@pytest.mark.usefixtures("built_in_namer")
def test_a_corpus_gives_the_other_direction_and_the_ceilings(models: Path, tmp_path: Path) -> None:
    corpus, rng = tmp_path / "corpus", np.random.default_rng(0)
    for split, pictures in (("train", 6), ("test", 4)):
        stills = [render_still(SOUNDING_KINDS[k], k) for k in range(pictures)]
        write_shard(
            corpus / f"{split}_pictures_0000.npz",
            {
                "picture": np.stack([resized(still.picture, (64, 64)) for still in stills]),
                "kind": np.array([SOUNDING_KINDS.index(still.kind) for still in stills], np.int16),
                "sound": np.array([SOUND_CLASSES.index(still.sound) for still in stills], np.int16),
            },
        )
        latent = rng.standard_normal((4, *LATENT)).astype(np.float16)
        sound = np.array([SOUND_CLASSES.index("rain"), SOUND_CLASSES.index("wind")] * 2, np.int16)
        write_shard(corpus / f"{split}_sounds_0000.npz", {"latent": latent, "sound": sound})
    scores = evaluate_pictures("echo", count=2, seed=1, corpus=corpus).plain()["scores"]
    for name in ("a2i", "a2i_shuffled", "a2i_real_pictures", "a2i_tokens_alone", "i2a_tokens_alone"):
        assert 0 <= scores[name]["top1"]["mean"] <= scores[name]["top3"]["mean"] <= 1


@pytest.mark.usefixtures("built_in_namer")
def test_the_frame_classifier_knows_what_it_learned_and_the_colours_it_did_not() -> None:
    rng = np.random.default_rng(1)
    kinds = np.arange(24) % 3
    pictures = rng.integers(0, 60, (24, 64, 64, 3)).astype(np.uint8)
    pictures[np.arange(24), :, :, kinds] += 150  # red, green, blue
    classifier = FrameClassifier.fit(pictures[:18], kinds[:18], 3)
    assert (classifier.scores(pictures[18:]).argmax(1) == kinds[18:]).all()
