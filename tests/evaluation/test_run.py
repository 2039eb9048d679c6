"""Evaluations of players whose scores are known: a perfect one, one that hears the wrong clip, one that mixes up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foleycli.evaluation.cases import Case
from foleycli.evaluation.report import PROTOCOL
from foleycli.evaluation.run import evaluate_cases
from tests.evaluation.sounding import NAMES, Band, classifier, make_cases

COUNT = 12


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return make_cases(tmp_path_factory.mktemp("cases"), COUNT, flash=True)


def scores(band: Band, cases: list[Case]) -> dict[str, Any]:
    return evaluate_cases(band, cases, classifier(), "band", "made").plain()["scores"]


@pytest.fixture(scope="module")
def perfect(cases: list[Case]) -> dict[str, Any]:
    return scores(Band(cases), cases)


@pytest.fixture(scope="module")
def shuffled(cases: list[Case]) -> dict[str, Any]:
    return scores(Band(cases, shift=5), cases)


def test_a_player_that_sees_all_is_on_time(perfect: dict[str, Any]) -> None:
    model = perfect["sync"]["model"]
    assert perfect["sync"]["clips"] == COUNT
    assert model["f1_50ms"]["mean"] > 0.97
    assert model["auc"]["mean"] > 0.99
    assert abs(model["median_lag_seconds"]) < 0.012
    assert perfect["sync"]["from_true_cues"] == model


def test_the_cue_sheet_of_a_player_that_sees_all_is_right_and_sure_and_a_shuffled_one_wrong(
    perfect: dict[str, Any], shuffled: dict[str, Any]
) -> None:
    right, wrong = perfect["cues"], shuffled["cues"]
    assert right["precision"]["mean"] == right["recall"]["mean"] == 1.0
    assert right["calibration_error"] == 0.0
    assert wrong["f1_100ms"]["mean"] < 0.7
    assert wrong["calibration_error"] > 0.3  # as sure, and wrong


def test_flashes_at_the_onsets_make_the_frame_difference_a_perfect_rival(perfect: dict[str, Any]) -> None:
    assert perfect["sync"]["frame_difference"]["f1_100ms"]["mean"] > 0.97
    assert perfect["sync"]["model_minus_random"]["f1_100ms"]["low"] > 0.2
    assert perfect["sync"]["model_minus_another_clip"]["auc"]["low"] > 0.2


def test_a_model_fed_shuffled_features_scores_at_chance(shuffled: dict[str, Any]) -> None:
    sync = shuffled["sync"]
    assert sync["model"]["auc"]["low"] < 0.5 < sync["model"]["auc"]["high"]
    assert sync["model_minus_random"]["f1_100ms"]["low"] < 0 < sync["model_minus_random"]["f1_100ms"]["high"]
    assert sync["from_true_cues"]["f1_50ms"]["mean"] > 0.97  # it still obeys


def test_another_clip_is_at_chance_even_for_the_perfect_player(perfect: dict[str, Any]) -> None:
    auc = perfect["sync"]["another_clip"]["auc"]
    assert auc["low"] < 0.5 < auc["high"]


def test_the_right_sounds_are_named_and_the_wrong_ones_are_not(perfect: dict[str, Any], cases: list[Case]) -> None:
    assert perfect["class"]["asked"]["top1"]["mean"] == 1.0
    assert perfect["class"]["asked"]["sounds"] == COUNT
    mixed_up = scores(Band(cases, plays=(NAMES[1], NAMES[2], NAMES[3], NAMES[0])), cases)
    assert mixed_up["class"]["asked"]["top1"]["mean"] == 0.0
    assert mixed_up["distances"]["kl"]["mean"] > perfect["distances"]["kl"]["mean"] + 1


def test_distances_know_the_true_sounds_from_one_sound_for_all(perfect: dict[str, Any], cases: list[Case]) -> None:
    monotone = scores(Band(cases, plays=("rain",) * 4), cases)["distances"]
    assert perfect["distances"]["fad"] < 0.3 * monotone["fad"]
    assert perfect["distances"]["is"] > 2 > 1.5 > monotone["is"]


def test_silence_is_kept(perfect: dict[str, Any]) -> None:
    assert perfect["sound"]["still_rms_db"]["mean"] == -120
    assert perfect["sound"]["still_below_peaks_db"]["mean"] > 80
    assert perfect["sound"]["clipped"]["mean"] == 0


def test_a_silent_player_scores_nothing_and_breaks_nothing(cases: list[Case]) -> None:
    class Mute(Band):
        def generate(self, *arguments: Any, **options: Any) -> Any:
            track = super().generate(*arguments, **options)
            track.samples[:] = 0
            return track

    found = scores(Mute(cases), cases)
    assert found["sync"]["model"]["f1_100ms"]["mean"] == 0
    assert found["sync"]["model"]["auc"]["mean"] == 0.5
    assert found["sync"]["model"]["median_lag_seconds"] is None
    assert found["class"]["asked"]["top3"]["mean"] == 0
    assert found["distances"]["fad"] is None


def test_the_report_is_json_with_its_protocol_and_its_clips(cases: list[Case]) -> None:
    few = [*cases[:2], cases[-1]]
    report = json.loads(json.dumps(evaluate_cases(Band(few), few, classifier(), "band", "made", 7).plain()))
    assert report["protocol"] == PROTOCOL
    assert (report["model"], report["cases"], report["seed"], report["ears"]) == ("band", 3, 7, "four-voices")
    assert [row["clip"] for row in report["clips"]] == ["case0", "case1"]
    assert np.isfinite(report["seconds_per_second"])
    only_still = evaluate_cases(Band(cases), cases[-1:], classifier(), "band", "made").plain()["scores"]
    assert only_still["sync"] == {"clips": 0}


def test_scores_do_not_depend_on_the_order_of_the_clips(cases: list[Case], perfect: dict[str, Any]) -> None:
    backwards = scores(Band(cases), cases[::-1])
    for voice in ("model", "frame_difference", "random"):
        assert backwards["sync"][voice]["auc"]["mean"] == pytest.approx(perfect["sync"][voice]["auc"]["mean"], abs=1e-3)


def test_data_that_is_not_there_is_named(tmp_path: Path) -> None:
    from foleycli.errors import UsageError
    from foleycli.evaluation.cases import clip_cases

    with pytest.raises(UsageError, match="neither 'scenes' nor a folder"):
        list(clip_cases(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="no videos"):
        list(clip_cases(tmp_path))
