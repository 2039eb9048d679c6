"""The judge of the evaluation: flashes with clicks belong together; late, of another film or silent they don't."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from foleycli.cues.sheet import Cue
from foleycli.evaluation.alignment import (
    SYNC_CLASSIFIER_DIR,
    SyncClassifier,
    alignment,
    load_sync_classifier,
    pieces,
    save_sync_classifier,
)
from foleycli.evaluation.cases import Case
from foleycli.evaluation.takes import take
from tests.evaluation.sounding import RATE, Band, make_cases, play

COUNT = 12
SECONDS = 6.0


@pytest.fixture(scope="module")
def sync_classifier() -> SyncClassifier:
    return load_sync_classifier()


def flashing(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (150, 64, 64) that flash at random times, and those times."""
    times = np.cumsum(np.random.default_rng(seed).uniform(0.3, 0.9, 8))
    pictures = np.full((round(SECONDS * 25), 64, 64), 60, np.uint8)
    for time in times[times < SECONDS - 0.2]:
        pictures[round(time * 25) : round(time * 25) + 2, 20:44, 20:44] = 240
    return pictures, times[times < SECONDS - 0.2]


def strokes(times: np.ndarray, late: float = 0.0) -> np.ndarray:
    return play([Cue((float(time) + late) % (SECONDS - 0.3), 0.8, "impact_metal") for time in times], SECONDS)


def test_flashes_and_clicks_belong_together_unless_late_or_of_another_film(sync_classifier: SyncClassifier) -> None:
    films = [flashing(seed) for seed in range(10)]
    true = [sync_classifier.probability(pictures, strokes(times), RATE) > 0.5 for pictures, times in films]
    late = [sync_classifier.probability(pictures, strokes(times, 0.5), RATE) > 0.5 for pictures, times in films]
    others = films[1:] + films[:1]
    of_another = [
        sync_classifier.probability(pictures, strokes(times), RATE) > 0.5
        for (pictures, _), (_, times) in zip(films, others, strict=True)
    ]
    assert np.mean(true) >= 0.9
    assert np.mean(late) <= 0.2
    assert np.mean(of_another) <= 0.2


def test_level_and_rate_hardly_matter_and_the_same_is_the_same(sync_classifier: SyncClassifier) -> None:
    pictures, times = flashing(3)
    wave = strokes(times)
    probability = sync_classifier.probability(pictures, wave, RATE)
    assert sync_classifier.probability(pictures, wave, RATE) == probability
    assert sync_classifier.probability(pictures, 0.2 * wave, RATE) == pytest.approx(probability, abs=0.02)
    slower = np.interp(np.arange(0, len(wave), RATE / 48000), np.arange(len(wave)), wave)
    assert sync_classifier.probability(pictures, slower, 48000) == pytest.approx(probability, abs=0.1)


def test_silence_belongs_to_nothing(sync_classifier: SyncClassifier) -> None:
    pictures, _ = flashing(0)
    assert sync_classifier.probability(pictures, np.zeros(6 * RATE), RATE) == 0
    assert sync_classifier.probability(pictures, np.zeros(0), RATE) == 0


def test_pieces_cover_the_whole() -> None:
    assert list(pieces(100)) == [(0, 100)]
    assert list(pieces(128)) == [(0, 128)]
    assert list(pieces(129)) == [(0, 128), (1, 129)]
    for steps in (200, 300, 1000):
        spans = list(pieces(steps))
        assert spans[0][0] == 0 and spans[-1][1] == steps
        assert all(last - first == 128 for first, last in spans)
        assert all(0 < there[0] - here[0] <= 64 for here, there in pairwise(spans))


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    return make_cases(tmp_path_factory.mktemp("cases"), COUNT, flash=True)


def test_a_perfect_player_is_aligned_and_a_shuffled_one_is_not(
    cases: list[Case], sync_classifier: SyncClassifier
) -> None:
    perfect, rows = alignment([take(Band(cases), case, 0) for case in cases], sync_classifier)
    assert perfect["clips"] == len(rows) == COUNT  # the still one is left out
    assert perfect["model"].mean >= 0.9
    assert perfect["model"] == perfect["from_true_cues"]
    assert perfect["another_clip"].mean <= 0.3
    shuffled, _ = alignment([take(Band(cases, shift=5), case, 0) for case in cases], sync_classifier)
    assert shuffled["model"].mean <= 0.3
    assert shuffled["from_true_cues"].mean >= 0.9  # it still obeys


def test_true_soundtracks_are_judged_too_where_there_are_any(
    cases: list[Case], sync_classifier: SyncClassifier
) -> None:
    case = cases[0]
    sounding = Case(case.name, case.video, case.truth, case.cues, play(case.cues, 5.0))
    found, (row,) = alignment([take(Band(cases), sounding, 0)], sync_classifier)
    assert row["soundtrack"] > 0.5 > row["soundtrack_shifted"]
    assert set(found) == {"network", "clips", "model", "from_true_cues", "soundtrack", "soundtrack_shifted"}


def test_what_is_kept_is_found_again(tmp_path: Path, sync_classifier: SyncClassifier) -> None:
    save_sync_classifier(tmp_path / "judge", sync_classifier, training_data="none", card="# a judge\n")
    pictures, times = flashing(1)
    again = load_sync_classifier(tmp_path / "judge")
    assert again.name == sync_classifier.name == "foley-judge-v2"
    assert again.probability(pictures, strokes(times), RATE) == sync_classifier.probability(
        pictures, strokes(times), RATE
    )


def test_it_is_small_and_says_how_well_it_judges() -> None:
    assert sum(path.stat().st_size for path in SYNC_CLASSIFIER_DIR.iterdir()) < 300_000
    assert "| held-out scenes |" in (SYNC_CLASSIFIER_DIR / "CARD.md").read_text()
