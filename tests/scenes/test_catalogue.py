"""Every kind renders, repeats itself, and tells the truth about what it shows."""

from __future__ import annotations

import numpy as np
import pytest

from foleycli.classes import SOUND_CLASSES
from foleycli.scenes import KINDS, render, sample


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
