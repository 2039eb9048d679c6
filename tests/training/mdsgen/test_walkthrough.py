"""The walk from zero to a model folder in docs/training.md, its commands run for a moment on two tiny videos."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from foleycli.training.mdsgen.parts import Parts
from tests.cli.conftest import Foley, foley, models
from tests.tiny_videos import write_noise

__all__ = ["foley", "models"]  # fixtures
PAGE = Path(__file__).parent.parent.parent.parent / "docs" / "training.md"
BRIEFLY = {"--minutes 7 --by-time": "--steps 1", "--count 4": "--count 1"}


def commands() -> list[list[str]]:
    """The commands of the section, each as words without `foley`."""
    section = PAGE.read_text().split("### From zero to a model in ten minutes")[1].split("\n##")[0]
    lines = re.findall(r"^    foley (.+?)(?:  +.*)?$", section, re.MULTILINE)
    for long, short in BRIEFLY.items():
        lines = [line.replace(long, short) for line in lines]
    return [shlex.split(line) for line in lines]


def test_its_commands_make_a_model_that_dubs_and_is_scored(
    foley: Foley, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Parts.transformer
    small = {"depth": 2, "width": 24, "heads": 2, "decoder_depth": 1}
    monkeypatch.setattr(Parts, "transformer", lambda self: replace(own(self), **small))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "clips").mkdir()
    write_noise(tmp_path / "clips" / "one.mp4", 3)
    row = commands()
    assert [words[0] for words in row] == ["train", "dub", "evaluate"]
    ran = [foley(*words) for words in row]
    assert [one.code for one in ran] == [0, 0, 0], [one.err for one in ran]
    assert "STAND-IN" in ran[0].err and "epsilon_held_out" not in ran[0].err
    assert ran[0].text.strip() == "runs/mdsgen-t-pocket-stand-in-short" and (tmp_path / "dubbed.mp4").exists()
    assert "mdsgen-t-pocket-stand-in-short on clips, 1 cases" in ran[2].text


def test_options_of_other_recipes_are_refused(foley: Foley) -> None:
    for words, said in (
        (("train", "vae", "--videos", "clips"), "--videos goes with 'mdsgen'"),
        (("train", "mdsgen", "--ablation", "size-s"), "--ablation size-s"),
        (("train", "mdsgen", "--size", "x"), "--size"),
    ):
        ran = foley(*words)
        assert ran.code == 2 and said in ran.err, ran.err
