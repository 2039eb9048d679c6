"""Recordings at cues: times, levels, no two alike, no clicks, the same for the same seed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from foleycli.audio.level_rider import loudest_db, wanted_db
from foleycli.cues.sheet import Cue
from foleycli.library.index import Library, open_library
from foleycli.library.player import LibraryPlayer
from foleycli.types import Wave
from tests.library.recordings import noise, small_library, write

RATE = 32_000
KNOCKS = tuple(
    Cue(time, strength, "impact_wood") for time, strength in ((0.4, 0.5), (1.0371, 0.9), (1.9, 0.7), (3.3333, 0.2))
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return open_library(small_library(tmp_path_factory.mktemp("own")))


def played(library: Library, *cues: Cue, seed: int = 0, start: float = 0.0, stop: float = 5.0, block: int = 0) -> Wave:
    player = LibraryPlayer(library, cues, seed=seed, start=Fraction(start), stop=Fraction(stop), sample_rate=RATE)
    left, parts = round((stop - start) * RATE), []
    while left:
        parts.append(player.read(min(left, block or left)))
        left -= len(parts[-1])
    return np.concatenate(parts)


def test_each_attack_is_within_2_ms_of_its_cue_and_as_loud_as_its_strength(library: Library) -> None:
    wave = played(library, *KNOCKS)
    for cue in KNOCKS:
        near = wave[round((cue.time - 0.05) * RATE) : round((cue.time + 0.3) * RATE)]
        loud = np.flatnonzero(np.abs(near) > np.abs(near).max() / 4)
        assert loud[0] / RATE - 0.05 == pytest.approx(0, abs=0.002)
        assert loudest_db(near, RATE) == pytest.approx(wanted_db(cue), abs=0.5)


def test_no_two_hits_are_alike(library: Library) -> None:
    cues = [Cue(0.2 + 0.4 * number, 0.7, "impact_wood") for number in range(10)]
    wave = played(library, *cues)
    hits = [wave[round(cue.time * RATE) : round((cue.time + 0.1) * RATE)] for cue in cues]
    for number, one in enumerate(hits):
        for other in hits[:number]:
            alike = (one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum())
            assert alike < 0.98
    assert not np.array_equal(wave, played(library, *cues, seed=1))


@pytest.mark.parametrize("block", [1, 777, RATE])
def test_the_same_seed_gives_the_same_samples_in_blocks_of_any_size(library: Library, block: int) -> None:
    cues = (*KNOCKS[:2], Cue(0.5, 0.6, "rain", stop=1.2))
    whole = played(library, *cues, stop=1.5)
    if block == 1:
        assert np.array_equal(
            played(library, *cues, start=1.0, stop=1.02, block=1), played(library, *cues, start=1.0, stop=1.02)
        )
    else:
        assert np.array_equal(played(library, *cues, stop=1.5, block=block), whole)


def test_a_part_has_the_samples_of_the_whole(library: Library) -> None:
    cues = (KNOCKS[1], Cue(0.0, 0.6, "rain", stop=5.0))
    whole = played(library, *cues)
    assert np.array_equal(played(library, *cues, start=1.0, stop=3.0), whole[RATE : 3 * RATE])


def test_a_span_is_looped_without_a_gap_or_a_click_at_its_level(library: Library) -> None:
    span = Cue(0.5, 0.8, "rain", stop=14.5)
    wave = played(library, span, stop=16.0)
    assert not wave[: RATE // 2 - 1].any() and not wave[round(14.5 * RATE) + 1 :].any()
    body = wave[RATE : 14 * RATE].reshape(-1, RATE // 10)
    level_db = 10 * np.log10((body**2).mean(1))
    assert level_db == pytest.approx(np.full(len(body), wanted_db(span)), abs=1.5)
    assert np.abs(np.diff(wave)).max() < 1.1 * np.abs(np.diff(body.ravel())).max()


def test_spans_that_meet_pass_into_each_other(library: Library) -> None:
    wave = played(library, Cue(0.5, 0.6, "rain", stop=2.0), Cue(2.0, 0.9, "rain", stop=4.0))
    level = 10 * np.log10((wave[RATE : 3 * RATE].reshape(-1, RATE // 50) ** 2).mean(1))
    assert level.min() > wanted_db(Cue(0.0, 0.6, "rain", stop=1.0)) - 2


def test_what_the_library_lacks_is_left(library: Library) -> None:
    cues = (
        KNOCKS[0], Cue(0.5, 0.7, "glass"), Cue(1.0, 0.7, "rain", stop=2.0), Cue(1.0, 0.7, "rain"),
        Cue(2.0, 0.7, "impact_wood", mute=True),
    )  # fmt: skip
    player = LibraryPlayer(library, cues, seed=0, start=Fraction(0), stop=Fraction(3), sample_rate=RATE)
    assert player.rest == (cues[1], cues[3], cues[4])
    counts = {(used.recording.file, used.kind): used.cues for used in player.used}
    assert counts.keys() == {("wood/table_1.wav", "hit"), ("wood/table_2.wav", "hit"), ("rain/roof.flac", "span")}
    assert sum(counts.values()) == 2


def test_a_recording_of_many_minutes_is_read_where_it_is_needed(tmp_path: Path) -> None:
    write(tmp_path / "rain" / "long.flac", noise(150.0, 8_000), 8_000)
    wave = played(open_library(tmp_path), Cue(0.0, 0.8, "rain", stop=3.0))
    assert 10 * np.log10((wave[RATE : 2 * RATE] ** 2).mean()) == pytest.approx(wanted_db(Cue(0, 0.8, stop=1.0)), abs=1)
