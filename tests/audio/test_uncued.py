"""Sound where no cue is: made by hand, so that what must stay and what must go is known."""

from __future__ import annotations

import numpy as np
import pytest

from foleycli.audio.uncued import without_uncued
from foleycli.cues.sheet import Cue
from foleycli.types import Wave

RATE = 32_000
FIRST, SECOND = Cue(0.5, 0.8, "impact_wood"), Cue(2.0, 0.8, "impact_wood")


def burst(at: float, seconds: float = 0.2, level: float = 0.3) -> Wave:
    """3 s with noise that falls by 60 dB in `seconds` from `at` on."""
    times = np.arange(3 * RATE) / RATE - at
    envelope = np.where(times >= 0, level * 10 ** (-3 * times / seconds), 0.0)
    return (envelope * np.random.default_rng(round(at * 100)).normal(size=len(times))).astype(np.float32)


def heard(wave: Wave, first: float, last: float) -> float:
    return float(np.abs(wave[round(first * RATE) : round(last * RATE)]).max())


@pytest.mark.parametrize("start", [0.0, 7.5])
def test_a_burst_between_two_hits_is_silenced_and_the_hits_are_not(start: float) -> None:
    cues = [Cue(cue.time + start, cue.strength, cue.sound) for cue in (FIRST, SECOND)]
    hits = burst(0.5) + burst(2.0)
    quiet = without_uncued(hits + burst(1.2), cues, start, sample_rate=RATE)
    assert heard(quiet, 1.15, 1.96) < 0.02 * heard(hits, 0.5, 0.6)
    for first, last in ((0.0, 1.1), (1.98, 3.0)):
        assert heard(quiet - hits, first, last) < 1e-9


@pytest.mark.parametrize("at", [0.1, 2.6])
def test_a_burst_before_the_first_and_after_the_last_hit_is_silenced(at: float) -> None:
    wave = burst(0.5) + burst(2.0) + burst(at)
    quiet = without_uncued(wave, [FIRST, SECOND], 0.0, sample_rate=RATE)
    assert heard(quiet, at, at + 0.3) < 0.02 and heard(quiet, 0.5, 0.6) == heard(wave, 0.5, 0.6)


@pytest.mark.parametrize(
    ("more", "cues"),
    [
        (burst(0.72), [FIRST, SECOND]),  # heel and toe
        (burst(1.93), [FIRST, SECOND]),  # a hit that comes a little early
        (burst(0.5, seconds=3.0, level=0.2), [FIRST, SECOND]),  # it rings on
        (burst(1.2, level=1e-3), [FIRST, SECOND]),  # too quiet to be heard
        (burst(1.2), [FIRST, SECOND, Cue(1.2, 0.1, "impact_wood")]),
        (burst(1.2), [FIRST, SECOND, Cue(0.8, 0.5, "rain", stop=1.6)]),
        (burst(1.2), [Cue(0.5, 0.8, "bell_alarm"), SECOND]),  # rings again by itself
    ],
)
def test_what_belongs_to_a_cue_stays_to_the_bit(more: Wave, cues: list[Cue]) -> None:
    wave = burst(0.5) + burst(2.0) + more
    assert without_uncued(wave, cues, 0.0, sample_rate=RATE) is wave


def test_a_muted_cue_asks_for_nothing_and_silence_stays() -> None:
    wave = burst(0.5) + burst(1.2) + burst(2.0)
    muted = Cue(1.2, 0.5, "impact_wood", mute=True)
    assert heard(without_uncued(wave, [FIRST, muted, SECOND], 0.0, sample_rate=RATE), 1.15, 1.9) < 0.02
    silence = np.zeros(RATE, np.float32)
    assert without_uncued(silence, [], 0.0, sample_rate=RATE) is silence
