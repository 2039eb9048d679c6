"""A sheet spotted again: locked cues stand as they are, spotted ones make room, nothing else changes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from foleycli.cues.merging import keep_locked
from foleycli.cues.sheet import Cue

APART, SHORTEST = 0.11, 1.0


def kept(old: list[Cue], spotted: list[Cue]) -> tuple[Cue, ...]:
    return keep_locked(old, spotted, apart_seconds=APART, shortest_seconds=SHORTEST)


LOCKED = Cue(2.0, 0.9, "glass", lock=True)


def test_what_is_not_locked_is_forgotten_and_what_is_spotted_comes() -> None:
    assert kept([Cue(1.0), LOCKED], [Cue(3.0)]) == (LOCKED, Cue(3.0))
    assert kept([], [Cue(3.0)]) == (Cue(3.0),)


def test_a_hit_too_near_to_a_locked_one_gives_way() -> None:
    spotted = [Cue(1.88), Cue(1.95), Cue(2.05), Cue(2.12)]
    assert kept([LOCKED], spotted) == (Cue(1.88), LOCKED, Cue(2.12))


def test_a_locked_and_muted_hit_keeps_its_place_silent() -> None:
    silent = replace(LOCKED, mute=True)
    assert kept([silent], [Cue(2.01), Cue(5.0)]) == (silent, Cue(5.0))


def test_a_spotted_span_is_cut_round_a_locked_one() -> None:
    locked = Cue(4.0, 0.2, "rain", stop=6.0, lock=True, mute=True)
    wind = Cue(1.0, 0.5, "wind", stop=9.0)
    assert kept([locked], [wind]) == (replace(wind, stop=4.0), locked, replace(wind, time=6.0))
    assert kept([locked], [replace(wind, time=3.5)]) == (locked, replace(wind, time=6.0))  # half a second: too short
    assert kept([locked], [replace(wind, time=4.5, stop=5.0)]) == (locked,)
    beside = replace(wind, time=6.0)
    assert kept([locked], [beside]) == (locked, beside)


def test_hits_and_spans_do_not_hide_each_other() -> None:
    rain = Cue(0.0, 0.2, "rain", stop=6.0, lock=True)
    assert kept([rain, LOCKED], [Cue(1.0), Cue(5.0, stop=8.0)]) == (rain, Cue(1.0), LOCKED, Cue(6.0, stop=8.0))


MILLISECONDS = st.integers(0, 20_000).map(lambda count: count / 1000)
CUES = st.lists(
    st.builds(
        lambda time, length, lock, mute: Cue(time, 0.5, "", length and time + length, mute=mute, lock=lock),
        MILLISECONDS,
        st.none() | st.integers(1, 6).map(float),
        st.booleans(),
        st.booleans(),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=50)
@given(CUES, CUES)
def test_whatever_was_there_locked_cues_survive_unchanged_and_untouched(old: list[Cue], spotted: list[Cue]) -> None:
    found = kept(old, [replace(cue, lock=False) for cue in spotted])
    locked = [cue for cue in old if cue.lock]
    assert sorted((cue for cue in found if cue.lock), key=repr) == sorted(locked, key=repr)
    assert [cue.time for cue in found] == sorted(cue.time for cue in found)
    for cue in found:
        for other in locked if not cue.lock else ():
            if cue.stop is None and other.stop is None:
                assert abs(cue.time - other.time) >= APART
            if cue.stop is not None and other.stop is not None:
                assert cue.stop <= other.time or cue.time >= other.stop
    assert kept(list(found), [cue for cue in found if not cue.lock]) == found  # a second time changes nothing
