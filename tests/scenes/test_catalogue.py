"""Every kind renders, repeats itself, and tells the truth about what it shows."""

from __future__ import annotations

import numpy as np
import pytest

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.scenes import KINDS, render, sample
from foleycli.scenes.camera import rolling_shutter_seconds
from foleycli.scenes.sheet import contact_sheet


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_kind_renders_and_its_truth_is_inside_the_clip(kind: str) -> None:
    scene = render(kind, 3, seconds=1.6)
    assert scene.frames.shape == (40, 64, 64, 3) and scene.frames.dtype == np.uint8
    times = [event.time for event in scene.events]
    assert times == sorted(times)
    for event in scene.events:
        assert 0 <= event.time < 1.6 and 0 < event.strength <= 1 and event.sound in SOUND_CLASSES
        assert 0 <= event.x <= 1 and 0 <= event.y <= 1
    for span in scene.spans:
        assert 0 <= span.start < span.stop <= 1.6 and 0 < span.level <= 1 and span.sound in SOUND_CLASSES


def test_sounds_of_kinds_are_known_classes() -> None:
    assert all(set(kind.sounds) <= set(SOUND_CLASSES) for kind in KINDS.values())


def test_clean_scene_sounds_only_as_its_kind_says() -> None:
    for name, kind in KINDS.items():
        scene = render(name, 5, seconds=1.0, size=(24, 32), clean=True)
        assert {event.sound for event in scene.events} | {span.sound for span in scene.spans} <= set(kind.sounds)


def test_same_seed_same_scene_and_another_seed_another() -> None:
    first, again, other = sample(11), sample(11), sample(12)
    assert np.array_equal(first.frames, again.frames) and first.events == again.events and first.spans == again.spans
    assert first.kind != other.kind or not np.array_equal(first.frames, other.frames)


def test_size_and_rate_are_as_asked() -> None:
    scene = render("hammer", 2, seconds=1.0, frames_per_second=30, size=(36, 48), clean=True)
    assert scene.frames.shape == (30, 36, 48, 3) and scene.frames_per_second == 30


def test_still_scene_is_silent_and_moves_no_more_than_its_noise() -> None:
    for seed in range(4):
        scene = render("still", seed, clean=True)
        assert not scene.events and not scene.spans
        spread = scene.frames.astype(np.float32).std(0)
        assert spread.max() < 8 and spread.mean() < 2.5


@pytest.mark.parametrize("kind", ["ball", "pistol", "blast", "drop"])
def test_picture_changes_more_at_the_events_than_elsewhere(kind: str) -> None:
    at_events, elsewhere = [], []
    for seed in range(4):
        scene = render(kind, seed, clean=True, size=(40, 56))
        change = np.abs(np.diff(scene.frames.astype(np.float32).mean(-1), axis=0)).mean((1, 2))
        change -= change.min()  # the sensor's noise changes every picture by the same
        near = np.zeros(len(change), bool)
        for event in scene.events:
            first_seen = int(np.ceil(event.time * scene.frames_per_second))
            near[max(0, first_seen - 1) : first_seen + 1] = True
        at_events += list(change[near] / (change.mean() + 1e-6))
        elsewhere += list(change[~near] / (change.mean() + 1e-6))
    assert np.mean(at_events) > 1.1 * np.mean(elsewhere)


def test_contact_point_is_where_the_picture_moves() -> None:
    scene = render("pistol", 1, clean=True, size=(40, 56))
    event = scene.events[0]
    frame = int(np.ceil(event.time * 25))
    change = np.abs(scene.frames[frame].astype(float) - scene.frames[frame - 1]).sum(-1)
    y, x = (np.arange(40) + 0.5) / 40 - event.y, (np.arange(56) + 0.5) / 56 - event.x
    near = (np.abs(y)[:, None] < 0.15) & (np.abs(x)[None] < 0.15)
    assert change[near].mean() > 1.3 * change[~near].mean()  # its light falls on the whole room


def test_camera_moves_where_only_the_camera_moves() -> None:
    scenes = [render("camera_only", seed) for seed in range(12)]
    quiet = [render("still", seed, clean=True) for seed in range(6)]
    moved, kept = (
        [np.abs(np.diff(scene.frames.astype(np.float32), axis=0)).mean() for scene in group]
        for group in (scenes, quiet)
    )
    assert np.median(moved) > 1.5 * np.median(kept)
    assert not any(scene.events or scene.spans for scene in scenes)


def test_sheet_is_a_grid_with_bars_under_the_hits() -> None:
    sheet = contact_sheet(["hammer", "rain"], 1, columns=5, size=(20, 30), seconds=1.0)
    assert sheet.shape == (2 * (20 + 6), 5 * 32, 3) and sheet.dtype == np.uint8
    assert (sheet[46:50] == (60, 140, 255)).all(-1).any()


def test_a_picture_shows_what_happens_while_its_shutter_is_open_after_its_stamp() -> None:
    late = []
    for seed in range(6):
        scene = render("pistol", seed, clean=True, size=(40, 56))
        change = np.diff(scene.frames.astype(np.float32).mean((1, 2, 3)), prepend=0)
        for event in scene.events:
            at = event.time * scene.frames_per_second
            near = np.arange(max(1, int(at) - 1), min(len(change), int(at) + 3))
            late.append(int(near[change[near].argmax()]) - at)
    assert len(late) > 8 and abs(np.median(late)) < 0.25  # pictures taken before their stamps would be 0.5 late


def test_rolling_shutters_differ_from_clip_to_clip() -> None:
    found = [rolling_shutter_seconds(seed, clean=False) for seed in range(200)]
    assert 0 <= min(found) < 0.002 and 0.013 < max(found) <= 0.015
    assert rolling_shutter_seconds(5, clean=True) == 0
