"""Names of shots: what a picture of something struck, lasting or both makes of hits and spans."""

from __future__ import annotations

import numpy as np
import pytest

from foleycli.cues.classes import (
    BOTH_CLASSES,
    HIT_CLASSES,
    SOUND_CLASSES,
    SPAN_CLASSES,
    UNSTRUCK_HITS,
    may_be_hit,
    may_last,
)
from foleycli.models.sound_namer.rule import MOTION, NAMED, in_order, name_of
from foleycli.models.sound_namer.watching import Pictures
from foleycli.models.spot_perform.peak_picking import Picker
from foleycli.specs import SpotterSpec
from tests.models.spot_perform.test_peak_picking import RATE, curves

SPEC = SpotterSpec(classes=("impact_wood", "impact_metal", "rain"))
UNSURE = np.tile([0.4, 0.3, 0.3], (8 * RATE, 1))


def pictures(*shares: tuple[float, str, float]) -> Pictures:
    """A frame for each (seconds, sound, share)."""
    rows = np.zeros((len(shares), len(SOUND_CLASSES)), np.float32)
    for row, (_, sound, share) in zip(rows, shares, strict=True):
        row[SOUND_CLASSES.index(sound)] = share
    return Pictures(np.array([time for time, *_ in shares]), rows)


def cues_of(seen: Pictures | None, cuts: tuple[float, ...] = (), **others: np.ndarray) -> list:
    picker = Picker(SPEC)
    picker.add(curves(hits=(1.0, 2.0, 5.0), **{"classes": UNSURE, **others}), last=True)
    return list(picker.cues(cuts, seen))


def test_every_class_is_struck_or_lasts_and_the_exceptions_are_classes() -> None:
    assert all(may_be_hit(sound) or may_last(sound) for sound in SOUND_CLASSES)
    assert set(SOUND_CLASSES) >= BOTH_CLASSES | UNSTRUCK_HITS
    assert may_be_hit("impact_metal") and not may_last("impact_metal")
    assert may_last("rain") and not may_be_hit("rain")
    assert may_last("bell_alarm") and may_be_hit("bell_alarm")
    assert not may_last("animal_dog") and not may_be_hit("human_baby_cry")
    assert set(HIT_CLASSES) >= UNSTRUCK_HITS and not UNSTRUCK_HITS & set(SPAN_CLASSES)


def test_a_picture_names_the_hits_of_its_shot_alone() -> None:
    cues = cues_of(pictures((1.0, "impact_metal", 0.6), (5.0, "animal_dog", 0.7)), cuts=(3.0,))
    assert [cue.sound for cue in cues] == ["impact_metal", "impact_metal", "animal_dog"]
    assert {cue.named_by for cue in cues} == {"picture"}


def test_a_dog_that_is_seen_and_does_nothing_makes_no_sound() -> None:
    picker = Picker(SPEC)
    picker.add(curves(classes=UNSURE, activity=np.full(8 * RATE, 0.05)), last=True)
    assert picker.cues((), pictures((4.0, "animal_dog", 0.9))) == ()


def test_what_lasts_sounds_where_it_moves_and_is_not_struck() -> None:
    moving = np.where(np.arange(8 * RATE) < 4 * RATE, 0.05, 0.0)
    cues = cues_of(pictures((4.0, "vehicle_train", 0.5)), busiest=moving, activity=moving)
    assert [(cue.sound, cue.named_by) for cue in cues] == [("vehicle_train", "picture")] * len(cues) != []
    assert all(cue.stop is not None for cue in cues)
    assert cues[0].time == 0.0 and cues[-1].stop == pytest.approx(4.5, abs=0.1)
    still = np.zeros(8 * RATE)
    assert cues_of(pictures((4.0, "vehicle_train", 0.5)), busiest=still, activity=still) == []


def test_a_picture_that_is_not_sure_still_tells_a_waterfall_from_rain() -> None:
    spec = SpotterSpec(classes=("rain", "water_pour_flow"))
    flowing = {"span": np.full(8 * RATE, 0.9), "activity": np.full(8 * RATE, 0.05)}
    picker = Picker(spec)
    picker.add(curves(classes=np.tile([0.8, 0.2], (8 * RATE, 1)), **flowing), last=True)
    for seen, sound, by in (
        (None, "rain", "motion"),
        (pictures((4.0, "water_pour_flow", 0.15)), "water_pour_flow", "picture"),
        (pictures((4.0, "fire", 0.01)), "rain", "motion"),
    ):
        assert {(cue.sound, cue.named_by) for cue in picker.cues((), seen)} == {(sound, by)}


def test_a_bell_keeps_its_hits_and_names_them() -> None:
    cues = cues_of(pictures((4.0, "bell_alarm", 0.5)))
    assert [cue.sound for cue in cues if cue.stop is None] == ["bell_alarm"] * 3


def test_under_the_bar_nothing_is_named_and_three_are_offered() -> None:
    seen = pictures((4.0, "glass", 0.1), (4.1, "cloth", 0.3))
    cues = cues_of(seen)
    assert {cue.sound for cue in cues} == {cue.named_by for cue in cues} == {""}
    assert {cue.suggestions for cue in cues} == {("cloth", "impact_wood", "impact_metal")}


def test_a_texture_is_named_by_its_family_where_nothing_is_struck() -> None:
    water = in_order(np.array([0.12, 0.06, 0.04]), ("water_pour_flow", "water_waves", "glass"))
    struck = in_order(np.array([0.1]), ("impact_metal",))
    assert name_of(water, None).sound == "water_pour_flow" and name_of(water, struck).sound == ""
    unclear = in_order(np.array([0.12, 0.06, 0.1]), ("water_pour_flow", "water_waves", "glass"))
    voice = in_order(np.array([0.2]), ("human_baby_cry",))
    assert name_of(unclear, None).sound == name_of(voice, None).sound == name_of(water / 2, None).sound == ""


def test_picture_and_motion_are_weighed_and_either_may_lack() -> None:
    metal = in_order(np.array([0.0, 1.0, 0.0]), SPEC.classes)
    assert name_of(None, None).sound == ""
    assert name_of(None, 0.6 * metal).by == name_of(0.0 * metal, metal).by == "motion"
    assert name_of(None, 0.4 * metal).sound == ""
    assert name_of(NAMED * metal, None).by == "picture"
    together = name_of((NAMED - MOTION * 0.2) * metal, 0.2 * metal)
    assert together.sound == "impact_metal" and together.score == pytest.approx(NAMED)
