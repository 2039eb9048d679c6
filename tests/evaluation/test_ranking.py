"""Scores of takes whose faults are known: each fault costs where it should, and only there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from foleycli.audio.level_rider import ride, wanted_db
from foleycli.cues.sheet import Cue
from foleycli.evaluation import ranking
from foleycli.evaluation.ranking import Reader, TakeScores, score_take

RATE, SECONDS = 16000, 6.0
HITS = tuple(Cue(time, strength) for time, strength in ((0.5, 0.7), (1.3, 0.4), (2.4, 0.6), (3.1, 0.8), (4.6, 0.5)))


def struck(times: Sequence[float]) -> np.ndarray:
    """Decaying noise at each time."""
    rng, wave = np.random.default_rng(0), np.zeros(round(SECONDS * RATE), np.float32)
    for time in times:
        burst = 0.3 * rng.normal(size=RATE // 3) * np.exp(-np.arange(RATE // 3) / 800)
        first = round(time * RATE)
        wave[first : first + len(burst)] += burst[: len(wave) - first]
    return wave


def reader(wave: np.ndarray, start: float = 0.0) -> Reader:
    return lambda first, last: wave[round((first - start) * RATE) : round((last - start) * RATE)]


def scores(wave: np.ndarray, cues: Sequence[Cue] = HITS) -> TakeScores:
    return score_take(reader(wave), 0.0, SECONDS, RATE, cues)


GOOD = ride(struck([cue.time for cue in HITS]), HITS, 0.0, RATE)


def test_a_take_that_did_as_asked_has_next_to_full_marks() -> None:
    good = scores(GOOD)
    assert good.sync is not None
    assert good.sync > 0.8
    assert good.level_error_db == pytest.approx(0.0, abs=1.0)
    assert good.noise_db == -60
    assert good.bent_share == 0
    assert good.quality > 0.95
    assert good.total == pytest.approx((good.sync + good.quality) / 2, abs=1e-5)


def test_late_false_and_missing_hits_cost_sync() -> None:
    best = scores(GOOD).sync or 0.0
    late = scores(np.roll(GOOD, round(0.1 * RATE))).sync or 0.0
    false = scores(GOOD + 0.5 * struck([1.9, 3.8, 5.3])).sync or 0.0
    missing = GOOD.copy()
    missing[round(2.3 * RATE) : round(3.0 * RATE)] = 0
    assert late < 0.5 * best
    assert false < 0.95 * best
    assert (scores(missing).sync or 0.0) < 0.97 * best
    assert scores(np.zeros_like(GOOD)).sync == 0


def test_wrong_levels_noise_and_bent_peaks_cost_quality_each_in_its_place() -> None:
    good, soft = scores(GOOD), scores(GOOD * 0.5)
    assert soft.level_error_db == pytest.approx(6.0, abs=1.0)
    noise = 0.003 * np.random.default_rng(1).normal(size=len(GOOD)).astype(np.float32)
    noisy = scores(GOOD + noise)
    asked = np.mean([wanted_db(cue) for cue in HITS])
    assert noisy.noise_db == pytest.approx(20 * np.log10(0.003) - asked, abs=1.5)
    bent = GOOD.copy()
    bent[: round(0.005 * len(bent))] = 0.9
    assert scores(bent).bent_share == pytest.approx(0.005, abs=1e-4)
    for worse in (soft, noisy, scores(bent)):
        assert worse.quality < good.quality - 0.05
        assert worse.total < good.total


def test_a_span_is_judged_by_its_level_and_silence_by_nothing() -> None:
    rain = Cue(1.0, 0.5, "rain", stop=5.0)
    noise = np.random.default_rng(1).normal(size=round(SECONDS * RATE)).astype(np.float32)
    found = scores(noise * 10 ** (wanted_db(rain) / 20), [rain])
    assert found.level_error_db == pytest.approx(0.0, abs=0.3)
    assert (found.sync, found.noise_db) == (None, None)
    assert found.total == found.quality
    silent = scores(np.zeros_like(noise), [replace(rain, mute=True)])
    assert silent == TakeScores(None, None, None, 0.0, 1.0, 1.0)


def test_a_long_track_heard_in_pieces_scores_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = scores(GOOD)
    monkeypatch.setattr(ranking, "CHUNK_SECONDS", 0.75)
    assert scores(GOOD).sync == pytest.approx(whole.sync or 0.0, abs=1e-4)


def test_a_part_is_scored_by_the_cues_in_it() -> None:
    part = GOOD[round(1.0 * RATE) : round(4.0 * RATE)]
    found = score_take(reader(part, 1.0), 1.0, 4.0, RATE, HITS)
    assert found.sync is not None
    assert found.sync > 0.8
    assert found.level_error_db == pytest.approx(0.0, abs=1.0)
