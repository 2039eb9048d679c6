"""`foley evaluate` on an untrained model: every score there, stdout is JSON or a table, faults are one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from foleycli.cli.app import app
from foleycli.errors import UsageError
from foleycli.evaluation.report import PROTOCOL
from foleycli.evaluation.report_text import report_text
from tests.evaluation.sounding import make_cases
from tests.tiny_model import write_tiny


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny").folder


def test_scenes_give_every_score_as_json(bundle: Path) -> None:
    run = CliRunner().invoke(app, ["evaluate", str(bundle), "--count", "2", "--json", "--quiet"])
    assert run.exit_code == 0, run.output
    report = json.loads(run.stdout)
    assert (report["model"], report["data"], report["cases"]) == ("tiny", "scenes", 2)
    assert report["protocol"] == PROTOCOL
    assert set(report["scores"]) == {"sync", "cues", "alignment", "class", "distances", "sound"}
    assert report["scores"]["sound"]["still_rms_db"] is not None  # the first scene is a still one
    assert np.isfinite(report["seconds_per_second"])


def test_a_folder_without_soundtracks_has_nothing_to_compare_with(bundle: Path, tmp_path: Path) -> None:
    make_cases(tmp_path, 1, flash=True)
    run = CliRunner().invoke(app, ["evaluate", str(bundle), "--data", str(tmp_path), "--quiet"])
    assert run.exit_code == 0, run.output
    assert "0 cases" in run.stdout


def test_people_get_a_table_in_words() -> None:
    some = {"mean": 0.5, "low": 0.25, "high": 0.75}
    plain: dict[str, object] = {"model": "tiny", "data": "scenes", "cases": 2, "seconds_per_second": 0.125}
    scores = {
        "sync": {"clips": 2, "model": {"f1_100ms": some}, "model_minus_random": {"f1_100ms": some}},
        "class": {"asked": {"top3": None}, "asked_but_not_heard": ["impact_metal"]},
    }
    lines = report_text(plain | {"scores": scores}).splitlines()
    assert lines[0] == "tiny on scenes, 2 cases, 0.12 s of work per second of video"
    assert lines[3] == "In time with the true sound"
    assert lines[4].split("  ")[1] == "whole model: onsets matched within 100 ms, F1" and "0.500" in lines[4]
    assert "0.250 to 0.750" in lines[4] and lines[4].endswith("1")
    assert "metal impact" in lines[7] and not any("minus" in line or "_" in line for line in lines)


def test_data_that_is_not_there(bundle: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["evaluate", str(bundle), "--data", str(tmp_path / "nowhere"), "--quiet"])
    assert isinstance(run.exception, UsageError)
    assert run.stdout == ""
