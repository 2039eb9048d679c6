"""Lasting sounds by name beside what was spotted: what is kept, cut and refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foleycli.cues.arranging import arrange, bed, kept_of, performed, with_spans
from foleycli.cues.sheet import ASKED, Cue
from foleycli.errors import UsageError
from foleycli.specs.settings import Bed, Generation

HIT, SPAN = Cue(1.0, sound="glass"), Cue(2.0, sound="rain", stop=8.0)
LOCKED = Cue(3.0, sound="wind", stop=4.0, lock=True)
PART = Fraction(0), Fraction(10)


def test_a_spotted_span_is_cut_where_a_bed_lies_and_hits_stay() -> None:
    found = arrange((HIT, SPAN), Generation(beds=(bed("train", Fraction(3), Fraction(5)),)), *PART)
    assert [(cue.time, cue.stop, cue.sound) for cue in found] == [
        (1.0, None, "glass"),
        (2.0, 3.0, "rain"),
        (3.0, 5.0, "vehicle_train"),
        (5.0, 8.0, "rain"),
    ]
    assert [cue.named_by for cue in found if cue.sound == "vehicle_train"] == [ASKED]


def test_a_bed_without_times_fills_the_part_and_two_sound_together() -> None:
    settings = Generation(beds=(bed("waterfall:0.25"), bed("birds")), kept="hits", sounds=("drum",))
    found = arrange((HIT, SPAN), settings, Fraction(1, 2), Fraction(10))
    assert [(cue.time, cue.stop, cue.sound, cue.strength) for cue in found] == [
        (0.5, 10.0, "water_pour_flow", 0.25),
        (0.5, 10.0, "animal_bird_wild", 0.6),
        (1.0, None, "impact_generic", 0.7),
    ]


@pytest.mark.parametrize(
    ("hits", "spans", "left"),
    [
        (True, True, (HIT, SPAN, LOCKED)),
        (True, False, (HIT, LOCKED)),
        (False, True, (SPAN, LOCKED)),
        (False, False, (LOCKED,)),
    ],
)
def test_what_is_not_kept_is_left_out_and_locked_cues_stay(hits: bool, spans: bool, left: tuple[Cue, ...]) -> None:
    kept = kept_of(hits=hits, spans=spans)
    assert arrange((HIT, SPAN, LOCKED), Generation(kept=kept), *PART) == left
    assert Generation(kept=kept).spots is (hits or spans)


def test_a_locked_span_stays_beside_a_bed_and_a_bed_ends_with_the_part() -> None:
    found = arrange((LOCKED,), Generation(beds=(bed("train", Fraction(2), Fraction(60)),)), *PART)
    assert [(cue.time, cue.stop) for cue in found] == [(2.0, 10.0), (3.0, 4.0)]


def test_an_arranged_sheet_is_performed_as_it_is() -> None:
    settings = Generation(seed=4, beds=(bed("train"),), kept="hits", sounds=("glass",))
    assert performed(settings) == Generation(seed=4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("qwertz", "no sound called 'qwertz'"),
        ("", "which sound"),
        (":0.5", "which sound"),
        ("train:loud", "number from 0 to 1"),
        ("train:1.5", "number from 0 to 1"),
        ("train:nan", "number from 0 to 1"),
        ("typing", "'click or typing' is struck and does not last"),
    ],
)
def test_what_can_not_be_a_bed_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        bed(text)


def test_a_bed_ends_after_it_starts() -> None:
    assert bed("applause:1", Fraction(1), Fraction(2)) == Bed(
        sound="human_clapping", start=Fraction(1), stop=Fraction(2), strength=1.0
    )
    with pytest.raises(UsageError, match="stop 1 is not after start 2"):
        bed("train", Fraction(2), Fraction(1))


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        (("--span", "train", "0", "0:10", "-q"), ["--span", "train 0 0:10", "-q"]),
        (("--span", "rain", ".5", "1.5", "a.mp4"), ["--span", "rain .5 1.5", "a.mp4"]),
        (("--span=rain", "0", "1.5", "a.mp4"), ["--span=rain 0 1.5", "a.mp4"]),
        (("--span", "heavy rain", "0", "1"), ["--span", "heavy rain 0 1"]),
        (("--span", "train 0 1", "1.mp4", "2.mp4"), ["--span", "train 0 1", "1.mp4", "2.mp4"]),
        (("--span", "train 0 1", "1", "2"), ["--span", "train 0 1", "1", "2"]),  # folders
        (("--span=train 0 1", "1", "2"), ["--span=train 0 1", "1", "2"]),
        (("--span", "train", "1.mp4", "2.mp4"), ["--span", "train", "1.mp4", "2.mp4"]),
        (("--span", "train", "1"), ["--span", "train", "1"]),
        (("--span",), ["--span"]),
        (("--", "--span", "train", "0", "1"), ["--", "--span", "train", "0", "1"]),
    ],
)
def test_a_span_takes_the_two_times_after_its_sound_and_no_files(words: tuple[str, ...], joined: list[str]) -> None:
    assert with_spans(list(words)) == joined
