"""A namer of the Hub: a tiny CLIP and SigLIP made here, served on loopback; phrases for every class."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.errors import ModelError, UsageError
from foleycli.models.sound_namer.namer import open_namer
from foleycli.models.sound_namer.zero_shot import ZeroShotNamer, prompts
from tests.bundles.hub_server import FakeHub, running

transformers = pytest.importorskip("transformers", reason="needs foleycli[clip]")
TOWER = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}


def write_model(folder: Path, kind: str) -> Path:
    """A random model of 32-pixel pictures with a tokenizer of letters."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers

    torch.manual_seed(0)
    letters = ["<pad>", "</s>", *"abcdefghijklmnopqrstuvwxyz,"]
    text = {**TOWER, "vocab_size": len(letters), "max_position_embeddings": 96, "eos_token_id": 1, "pad_token_id": 0}
    vision = {**TOWER, "image_size": 32, "patch_size": 16}
    name = {"clip": "CLIP", "siglip": "Siglip"}[kind]
    more = {"projection_dim": 8} if kind == "clip" else {}
    config = getattr(transformers, f"{name}Config")(text_config=text, vision_config=vision, **more)
    getattr(transformers, f"{name}Model")(config).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({letter: place for place, letter in enumerate(letters)}, unk_token="<pad>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")  # type: ignore[assignment]
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>")
    fast.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"image_mean": [0.5] * 3, "image_std": [0.5] * 3}))
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    files = {path.name: path.read_bytes() for path in write_model(tmp_path / "clip", "clip").iterdir()}
    plain = {"config.json": b'{"model_type": "bert"}', "model.safetensors": b"12345678"}
    fake = FakeHub({"someone/clip": {**files, "pickle.bin": b"cos\nsystem\n"}, "someone/bert": plain})
    with running(fake):
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", fake.url)
        url = fake.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", url)
        monkeypatch.setattr("huggingface_hub.file_download.HUGGINGFACE_CO_URL_TEMPLATE", url, raising=False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield fake


FRAMES = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)


def test_every_class_has_a_phrase_and_only_classes_have() -> None:
    sounds = {sound for sound, _ in prompts()}
    assert sounds - {""} == set(SOUND_CLASSES) - {"other_unsorted"}
    assert len({phrase for _, phrase in prompts()}) == len(prompts())


def test_a_clip_of_the_hub_is_fetched_once_and_then_needs_no_network(hub: FakeHub) -> None:
    namer = open_namer("someone/clip")
    assert namer is not None and namer.size_pixels == 32
    scores = namer.scores(FRAMES)
    assert scores.shape == (3, len(SOUND_CLASSES))
    assert (scores >= 0).all() and (scores.sum(axis=1) < 1).all()  # some goes to what has no sound of ours
    assert hub.sent("pickle.bin") == []
    hub.asked.clear()
    again = open_namer("hf://someone/clip", offline=True)
    assert again is not None and np.array_equal(again.scores(FRAMES), scores)
    assert hub.asked == []


def test_a_folder_will_do_and_so_will_a_siglip(tmp_path: Path) -> None:
    scores = ZeroShotNamer(str(write_model(tmp_path / "siglip", "siglip"))).scores(FRAMES)
    assert scores.shape == (3, len(SOUND_CLASSES))


def test_what_is_no_clip_is_refused_in_a_line(hub: FakeHub) -> None:
    with pytest.raises(ModelError, match="a bert; name a CLIP or a SigLIP"):
        open_namer("someone/bert")
    with pytest.raises(UsageError, match="it is auto, off, or a CLIP of the Hub"):
        open_namer("resnet")
    with pytest.raises(ModelError, match="someone/none"):
        open_namer("someone/none")
    with pytest.raises(ModelError, match="offline"):
        open_namer("someone/none", offline=True)
