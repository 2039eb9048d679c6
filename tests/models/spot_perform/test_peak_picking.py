"""Curves to cues: peaks where they are, between frames too; spans where motion lasts; nothing where nothing is."""

from itertools import pairwise

import numpy as np
import pytest

from foleycli.models.spot_perform.peak_picking import Picker, find_peaks, pick, refine_peak
from foleycli.models.spot_perform.spans import span_level
from foleycli.networks.vision.curves import Spotting, join
from foleycli.specs import SpotterSpec

SPEC = SpotterSpec(classes=("impact_wood", "impact_metal", "rain"))
RATE = 25


def curves(seconds: float = 8.0, hits: tuple[float, ...] = (), height: float = 0.8, **others: np.ndarray) -> Spotting:
    frames = round(seconds * RATE)
    place = np.arange(frames)[:, None] - np.asarray(hits)[None] * RATE
    onset = height * np.exp(-0.5 * place**2).max(axis=1, initial=0.0) if hits else np.zeros(frames)
    given = {
        "onset": onset,
        "strength": np.full(frames, 0.6),
        "classes": np.tile([0.8, 0.1, 0.1], (frames, 1)),
        "span": np.zeros(frames),
        "activity": np.full(frames, 0.02),
        "busiest": np.full(frames, 0.1),
        **others,
    }
    return Spotting(**{name: np.asarray(curve, dtype=np.float32) for name, curve in given.items()})


def test_hits_are_found_between_frames() -> None:
    hits = (0.51, 1.23, 1.95, 4.017, 7.5)
    cues = pick(curves(hits=hits), SPEC)
    assert [cue.time for cue in cues] == pytest.approx(hits, abs=0.004)
    assert {cue.sound for cue in cues} == {"impact_wood"}
    assert all(cue.stop is None and cue.strength == pytest.approx(0.6) for cue in cues)
    assert all(0.6 < cue.confidence <= 0.8 for cue in cues)


def test_start_and_lag_are_added() -> None:
    late = SpotterSpec(classes=SPEC.classes, lag_seconds=0.02)
    assert pick(curves(hits=(2.0,)), late, start_seconds=100.0)[0].time == pytest.approx(102.02, abs=0.002)


def test_of_two_too_near_the_higher_stays() -> None:
    curve = np.zeros(40)
    curve[[10, 12, 20]] = 0.9, 0.5, 0.4
    assert find_peaks(curve, 3) == [10, 20]
    assert find_peaks(curve, 2) == [10, 12, 20]
    assert find_peaks(np.ones(5), 1) == []
    assert find_peaks(np.array([2.0, 1.0, 1.0, 3.0]), 1) == [0, 3]


@pytest.mark.parametrize("shift", [-0.4, 0.0, 0.3])
def test_refined_peak_of_a_parabola_is_its_vertex(shift: float) -> None:
    curve = 1 - (np.arange(11) - 5 - shift) ** 2 / 50
    assert refine_peak(curve, 5) == pytest.approx(5 + shift)


def test_weak_but_clear_hits_count_and_noise_does_not() -> None:
    weak, noise = 0.9 * SPEC.threshold, 0.7 * SPEC.threshold
    assert len(pick(curves(hits=(1.0, 2.0, 3.0), height=weak), SPEC)) == 3
    assert pick(curves(hits=(1.0, 2.0, 3.0), height=noise), SPEC) == ()
    beside_strong = join([curves(3.0, hits=(1.0,), height=1.0), curves(3.0, hits=(1.0,), height=weak)])
    assert len(pick(beside_strong, SPEC)) == 1


def test_nothing_moves_nothing_sounds() -> None:
    still = curves(hits=(1.0, 2.0), span=np.ones(200), activity=np.zeros(200), busiest=np.zeros(200))
    assert pick(still, SPEC) == ()


def test_undecided_class_stays_unnamed() -> None:
    unsure = curves(hits=(1.0,), classes=np.full((200, 3), 1 / 3))
    assert pick(unsure, SPEC)[0].sound == ""
    assert pick(curves(hits=(1.0,), classes=np.zeros((200, 0))), SpotterSpec())[0].sound == ""


def test_lasting_motion_is_a_span_in_pieces_of_even_level() -> None:
    activity = np.full(200, 0.002)
    activity[50:100], activity[100:150] = 0.01, 0.07
    spans = pick(curves(activity=activity, span=np.ones(200)), SPEC)
    assert len(spans) >= 2
    assert spans[0].time == pytest.approx(2.0, abs=0.6) and spans[-1].stop == pytest.approx(6.0, abs=0.6)
    assert all(first.stop == second.time for first, second in pairwise(spans))
    assert spans[-1].strength > spans[0].strength
    assert {cue.sound for cue in spans} == {"rain"}


def test_a_span_that_is_seen_soon_after_the_start_or_a_cut_was_there() -> None:
    activity = np.full(200, 0.03)
    activity[:12] = 0.002
    picker = Picker(SPEC)
    picker.add(curves(activity=activity, span=np.ones(200)), last=True)
    late = picker.cues()[0]
    assert late.time == 0.0 and picker.cues([0.08])[0].time == pytest.approx(0.08)
    activity[:30] = 0.002
    assert pick(curves(activity=activity, span=np.ones(200)), SPEC)[0].time > 0.5


def test_motion_of_a_hit_is_no_span() -> None:
    cues = pick(curves(hits=tuple(np.arange(0.5, 8.0, 0.7)), span=np.ones(200)), SPEC)
    assert all(cue.stop is None for cue in cues)


def test_camera_motion_is_no_span() -> None:
    assert pick(curves(span=np.full(200, 0.1)), SPEC) == ()


def test_level_grows_with_motion() -> None:
    levels = span_level(np.array([0.0, 0.004, 0.01, 0.04, 0.08, 1.0]))
    assert (np.diff(levels) >= 0).all()
    assert levels[0] == 0 and levels[-1] == 1


def test_hits_of_a_lasting_sound_are_its_flicker_and_hits_far_from_it_stay() -> None:
    flicker = tuple(np.arange(1.0, 5.0, 0.5))
    classes = np.tile([0.1, 0.1, 0.8], (500, 1))
    assert not pick(curves(20.0, flicker, classes=classes), SPEC)
    classes[300:] = [0.8, 0.1, 0.1]
    kept = pick(curves(20.0, (*flicker, 14.0, 15.0), classes=classes), SPEC)
    assert [round(cue.time, 2) for cue in kept] == [14.0, 15.0]
    torn = curves(20.0, (8.0,), classes=np.tile([0.5, 0.1, 0.4], (500, 1)), span=np.full(500, 0.8))
    assert not [cue for cue in pick(torn, SPEC) if cue.stop is None]  # the span head is sure of what the class is not
    lone = np.tile([0.05, 0.05, 0.9], (500, 1))
    lone[198:203] = [0.8, 0.1, 0.1]  # at the hit itself the class is struck, all around it is lasting
    seen = curves(20.0, (8.0,), classes=lone, span=np.full(500, 0.9))
    assert not [cue for cue in pick(seen, SPEC) if cue.stop is None]
    assert [
        cue for cue in pick(curves(20.0, (8.0,), classes=lone), SPEC) if cue.stop is None
    ]  # unless the span head says no
    struck = np.tile([0.5, 0.1, 0.4], (500, 1))  # of what is more likely struck, none is lost
    assert len(pick(curves(20.0, flicker, classes=struck), SPEC)) == len(flicker)


def test_each_shot_has_the_sound_that_its_own_hits_agree_on() -> None:
    hits = (1.0, 2.0, 3.0, 4.0, 11.0, 12.0, 13.0, 14.0)
    classes = np.tile([0.85, 0.1, 0.05], (500, 1))
    classes[250:] = [0.1, 0.85, 0.05]
    picker = Picker(SPEC)
    picker.add(curves(20.0, hits, classes=classes), last=True)
    assert [cue.sound for cue in picker.cues([10.0])] == ["impact_wood"] * 4 + ["impact_metal"] * 4
    assert {cue.sound for cue in picker.cues()} == {cue.sound for cue in picker.cues([19.0])} == {""}  # no agreement
    few = Picker(SPEC)
    few.add(curves(20.0, (*hits[:4], 11.0), classes=classes), last=True)
    assert few.cues([10.0])[-1].sound == "impact_wood"  # one hit alone is taken for what the film is full of


def test_a_span_is_two_where_shots_sound_differently() -> None:
    spec = SpotterSpec(classes=("fire", "impact_metal", "rain"))
    classes = np.tile([0.8, 0.1, 0.1], (500, 1))
    classes[250:] = [0.1, 0.1, 0.8]
    picker = Picker(spec)
    picker.add(curves(20.0, classes=classes, span=np.ones(500), activity=np.full(500, 0.05)), last=True)

    def spans(*cuts: float) -> list[tuple[float, float | None, str]]:
        return [(cue.time, cue.stop, cue.sound) for cue in picker.cues(cuts)]

    assert spans() in ([(0.0, 20.0, "fire")], [(0.0, 20.0, "rain")])  # half and half
    assert spans(10.0) == [(0.0, 10.0, "fire"), (10.0, 20.0, "rain")]
    assert spans(4.0, 10.0, 10.4, 15.0) == [(0.0, 10.0, "fire"), (10.0, 20.0, "rain")]  # as little divided as can be
    assert spans(0.4, 10.0, 19.6) == [(0.0, 10.0, "fire"), (10.0, 20.0, "rain")]


def test_crop_and_join_undo_each_other() -> None:
    whole = curves(hits=(1.0,))
    again = join([whole.crop(0, 70), whole.crop(70, 200)])
    assert (again.onset == whole.onset).all() and (again.classes == whole.classes).all()


def restless(seed: int, seconds: float) -> Spotting:
    """Curves of a film in which much happens: hits of every height, noise, motion that comes and goes for long."""
    rng = np.random.default_rng(seed)
    frames = round(seconds * RATE)
    blocks = np.repeat(rng.choice([0.0, 0.01, 0.05, 0.09], -(-frames // 400)), 400)[:frames]  # 16 s each
    hits = tuple(np.sort(rng.uniform(0, seconds, round(seconds / 3))))
    onset = curves(seconds, hits, 1.0).onset * np.repeat(rng.uniform(0.3, 1.0, -(-frames // 25)), 25)[:frames]
    classes = rng.dirichlet([5.0, 1.0, 1.0], frames)
    classes[frames // 4 : frames // 2] = rng.dirichlet([3.0, 1.0, 3.5], frames // 2 - frames // 4)  # mostly rain
    return curves(
        seconds,
        onset=np.clip(onset + rng.uniform(0, 0.5, frames) * (rng.uniform(size=frames) < 0.2), 0, 1),
        strength=rng.uniform(0, 1, frames),
        classes=classes,
        span=np.repeat(rng.choice([0.0, 0.5, 0.6, 1.0], -(-frames // 300)), 300)[:frames],
        activity=blocks * rng.uniform(0.8, 1.2, frames),
        busiest=np.repeat(rng.choice([0.0, 0.1, 0.2], -(-frames // 60)), 60)[:frames],
    )


@pytest.mark.parametrize("chunk_seconds", [0.04, 1.0, 16.0, 70.0])
def test_picked_in_chunks_as_picked_at_once(chunk_seconds: float) -> None:
    seconds = 24.0 if chunk_seconds < 1 else 120.0
    for seed in range(1 if chunk_seconds < 1 else 2):
        whole = restless(seed, seconds)
        at_once, picker = pick(whole, SPEC, 2.0), Picker(SPEC, 2.0)
        chunk = round(chunk_seconds * RATE)
        for first in range(0, len(whole), chunk):
            picker.add(whole.crop(first, first + chunk), last=first + chunk >= len(whole))
        assert picker.cues() == at_once
        assert sum(cue.stop is None for cue in at_once) >= seconds / 30
        assert any(cue.stop is not None and cue.stop - cue.time > 3 for cue in at_once)


def test_a_picker_keeps_no_curves_of_what_is_long_gone() -> None:
    picker, rain = Picker(SPEC), curves(16.0, span=np.ones(400), activity=np.full(400, 0.05))
    sizes = set()
    for number in range(12):
        picker.add(rain, last=number == 11)
        kept = picker._kept
        assert kept is not None and kept.onset.base is None and kept.classes.base is None
        sizes.add(len(kept))
    assert max(sizes) <= 2 * picker._context
    (one,) = picker.cues()  # a span that goes on over every chunk is one
    assert (one.time, one.stop, one.sound) == (0.0, 192.0, "rain")
