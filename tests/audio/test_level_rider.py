"""The leveller: strength is loudness, attacks keep their place, silence stays silent."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from foleycli.audio.level_rider import HIT_LEVEL_DB, MOST_LIFT_DB, SPAN_LEVEL_DB, ride, ride_windows, wanted_db
from foleycli.cues.sheet import Cue
from foleycli.timeline import Window, plan_windows, to_samples

RATE = 32000


def struck(times: list[float], levels: list[float], seconds: float = 4.0) -> np.ndarray:
    """Decaying noise at `times`, each with its own amplitude."""
    rng = np.random.default_rng(0)
    wave = np.zeros(round(seconds * RATE), np.float32)
    for time, level in zip(times, levels, strict=True):
        first = round(time * RATE)
        burst = rng.normal(size=RATE // 4) * np.exp(-np.arange(RATE // 4) / 1500) * level
        wave[first : first + len(burst)] += burst[: len(wave) - first]
    return wave


def loudest_db(wave: np.ndarray, time: float) -> float:
    part = wave[round(time * RATE) : round((time + 0.3) * RATE)].astype(np.float64) ** 2
    return float(10 * np.log10(np.convolve(part, np.ones(1600) / 1600, "valid").max() + 1e-12))


def test_hits_of_one_strength_come_out_equally_loud_and_strength_is_decibels() -> None:
    times = [0.5, 1.5, 2.5]
    cues = [Cue(0.5, 1.0), Cue(1.5, 1.0), Cue(2.5, 0.75)]
    levelled = ride(struck(times, [1.5, 0.1, 0.4]), cues, 0.0, RATE)
    found = [loudest_db(levelled, time) for time in times]
    assert found[0] == pytest.approx(HIT_LEVEL_DB, abs=0.7)
    assert found[1] == pytest.approx(found[0], abs=0.7)
    assert found[2] == pytest.approx(found[0] - 6.0, abs=0.7)


def test_attacks_stay_in_place_and_silence_stays_silent() -> None:
    wave = struck([1.0, 2.0], [0.05, 1.0])
    levelled = ride(wave, [Cue(11.0, 0.9), Cue(12.0, 0.9)], 10.0, RATE)
    assert not levelled[: RATE - 1].any()
    assert np.flatnonzero(levelled)[0] == np.flatnonzero(wave)[0]
    assert levelled.dtype == np.float32


def test_what_was_not_performed_is_not_lifted() -> None:
    noise = (np.random.default_rng(1).normal(size=4 * RATE) * 1e-5).astype(np.float32)
    assert np.array_equal(ride(noise, [Cue(1.0, 1.0)], 0.0, RATE), noise)
    faint = struck([1.0], [0.02])
    lifted = loudest_db(ride(faint, [Cue(1.0, 1.0)], 0.0, RATE), 1.0) - loudest_db(faint, 1.0)
    assert lifted == pytest.approx(MOST_LIFT_DB, abs=0.5)


def test_a_span_comes_to_its_level() -> None:
    noise = (np.random.default_rng(1).normal(size=4 * RATE) * 0.02).astype(np.float32)
    cue = Cue(1.0, 0.9, "rain", stop=3.0)
    part = ride(noise, [cue], 0.0, RATE)[round(1.1 * RATE) : round(2.9 * RATE)]
    assert 10 * np.log10((part**2).mean()) == pytest.approx(wanted_db(cue), abs=0.3)
    assert wanted_db(Cue(0.0, 1.0, stop=1.0)) == SPAN_LEVEL_DB


def test_without_cues_nothing_changes() -> None:
    wave = struck([1.0], [0.5])
    assert np.array_equal(ride(wave, [], 0.0, RATE), wave)
    assert np.array_equal(ride(wave, [Cue(1.0, 0.2, mute=True)], 0.0, RATE), wave)


def uneven_film(seconds: float) -> np.ndarray:
    """Noise that gets ten times louder from end to end."""
    samples = round(seconds * RATE)
    noise = np.random.default_rng(2).normal(size=samples) * np.geomspace(0.01, 0.1, samples)
    return noise.astype(np.float32)


def ridden(film: np.ndarray, cues: list[Cue], windows: tuple[Window, ...]) -> list[np.ndarray]:
    cut = [(one, film[to_samples(one.start, RATE) : to_samples(one.stop, RATE)]) for one in windows]
    return [wave for _, wave in ride_windows(cut, cues, Fraction(0), RATE)]


@pytest.mark.parametrize(
    "cues",
    [
        [Cue(0.0, 0.8, "fire", stop=20.0)],
        [Cue(7.0, 1.0), Cue(7.5, 0.5), Cue(13.0, 0.8)],
        [Cue(0.0, 0.8, "fire", stop=20.0), Cue(6.9, 0.2)],
        [Cue(7.168, 0.2), Cue(7.9, 0.4), Cue(14.336, 0.2)],
    ],
)
def test_where_windows_overlap_the_fader_stands_where_it_stood(cues: list[Cue]) -> None:
    film, windows = uneven_film(20.0), plan_windows(Fraction(20), overlap=Fraction(1024, 1000))
    waves = ridden(film, cues, windows)
    overlap = to_samples(Fraction(1024, 1000), RATE)
    for before, after in pairwise(waves):
        np.testing.assert_allclose(before[-overlap:], after[:overlap], rtol=1e-3, atol=1e-6)
    assert not np.array_equal(waves[1][:overlap], film[to_samples(windows[1].start, RATE) :][:overlap])


@pytest.mark.parametrize(("sound", "slap_seconds"), [("rain", 0.3), ("ambience", 1.5)])
def test_a_steady_texture_is_held_near_its_level_and_alike_where_windows_overlap(
    sound: str, slap_seconds: float
) -> None:
    film, windows = uneven_film(20.0), plan_windows(Fraction(20), overlap=Fraction(1024, 1000))
    slap = 1 + 9 * np.hanning(round(slap_seconds * RATE))
    film[4 * RATE : 4 * RATE + len(slap)] *= slap.astype(np.float32)
    cue = Cue(0.0, 0.8, sound, stop=20.0)
    waves, overlap = ridden(film, [cue], windows), to_samples(Fraction(1024, 1000), RATE)
    for before, after in pairwise(waves):
        held, again = (level_db(wave) for wave in (before[-overlap:], after[:overlap]))
        assert np.abs(held - again).max() < 1.0
    deviation = level_db(waves[0])[4:-4] - wanted_db(cue)
    assert np.abs(deviation).max() < 6.0
    assert np.abs(level_db(film[: len(waves[0])]) - wanted_db(cue)).max() > 20.0


def test_a_steady_texture_does_not_swell_at_its_ends() -> None:
    noise = (np.random.default_rng(3).normal(size=6 * RATE) * 0.02).astype(np.float32)
    noise[: RATE // 4] *= 3
    noise[-RATE // 4 :] *= 3
    held = level_db(ride(noise, [Cue(0.0, 0.8, "wind", stop=6.0)], 0.0, sample_rate=RATE))
    body = np.median(held[40:-40])
    assert max(held[3:9].max(), held[-9:-3].max()) < body + 1.0


def test_a_gap_in_a_steady_texture_is_closed() -> None:
    noise = (np.random.default_rng(2).normal(size=8 * RATE) * 0.02).astype(np.float32)
    gap = 1 - (1 - 10 ** (-33 / 20)) * np.hanning(round(0.8 * RATE))
    noise[3 * RATE : 3 * RATE + len(gap)] *= gap.astype(np.float32)
    cue = Cue(0.0, 0.8, "water_pour_flow", stop=8.0)
    found, held = level_db(noise), level_db(ride(noise, [cue], 0.0, sample_rate=RATE))
    assert found[4:-4].min() < np.median(found) - 28.0
    assert held[4:-4].min() > np.median(held) - 6.0


@pytest.mark.parametrize("seconds", [0.001, 0.05, 0.2, 0.39])
def test_a_steady_span_shorter_than_its_level_is_measured_over_is_held_too(seconds: float) -> None:
    noise = (np.random.default_rng(1).normal(size=4 * RATE) * 0.02).astype(np.float32)
    span = Cue(1.0, 0.9, "ambience", stop=1.0 + seconds)
    held = ride(noise, [span], 0.0, sample_rate=RATE)
    assert np.isfinite(held).all() and not held[RATE // 2 : RATE].any() and held[RATE : RATE + 32].any()


def level_db(wave: np.ndarray) -> np.ndarray:
    """Of every 25 ms."""
    blocks = wave[: len(wave) // 800 * 800].reshape(-1, 800).astype(np.float64)
    return np.asarray(10 * np.log10((blocks**2).mean(axis=1)))


def test_a_span_is_faded_at_its_free_edges_and_cut_outside_them() -> None:
    noise = (np.random.default_rng(1).normal(size=6 * RATE) * 0.02).astype(np.float32)
    span = Cue(2.0, 0.8, "rain", stop=4.0)
    edged = ride(noise, [span], 0.0, RATE)
    assert not edged[RATE : 2 * RATE].any() and not edged[4 * RATE : 5 * RATE].any()
    inside = level_db(edged[2 * RATE : 4 * RATE])
    assert inside[0] < inside[20] - 6.0 and inside[-1] < inside[20] - 6.0
    assert np.abs(inside[3:-3] - wanted_db(span)).max() < 2.0
    struck_after = ride(noise, [span, Cue(4.2, 0.9)], 0.0, RATE)
    assert not struck_after[RATE : 2 * RATE].any() and struck_after[4 * RATE : 5 * RATE].any()


def test_a_cut_parts_what_the_fader_knows() -> None:
    film, rain = uneven_film(16.0), [Cue(0.0, 0.8, "rain", stop=16.0)]
    apart = ridden(film, rain, plan_windows(Fraction(16), cuts=[Fraction(8)]))
    alone = ridden(film, rain, plan_windows(Fraction(8)))
    assert np.array_equal(apart[0], alone[0])
    assert not np.array_equal(ridden(film, rain, plan_windows(Fraction(16)))[0][: 8 * RATE], alone[0][: 8 * RATE])
