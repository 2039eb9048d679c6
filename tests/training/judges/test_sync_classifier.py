"""Teaching the aligner: cues from scenes, sounds where they belong, pairs that are what they say, and learning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.networks.judges.sync_classifier import CURVES, SyncClassifierSpec
from foleycli.scenes.scene import Event, Scene, Span
from foleycli.training.judges.sync_classifier import (
    FILM_SECONDS,
    FILM_STEPS,
    RECOGNISED,
    SHIFTED,
    SWAPPED,
    TRUE,
    Films,
    cues_of,
    film_of_scene,
    pairs_at,
    piece,
    shares_right,
    train_sync_classifier,
)
from foleycli.training.loop import RunConfig
from foleycli.training.spotter.spotter import truth_of
from tests.training.judges.test_sound_classifier import bank

TIMES = (1.0, 2.4, 5.2)


def scene(sound: str = "glass", times: tuple[float, ...] = TIMES, spans: tuple[Span, ...] = ()) -> Scene:
    frames = np.full((FILM_STEPS, 64, 64, 3), 70, np.uint8)
    for time in times:
        frames[round(time * 25), 16:48, 16:48] = 240
    return Scene("made", frames, 25.0, tuple(Event(time, 0.8, sound, 0.5, 0.5) for time in times), spans)


def clicks(count: int, seed: int = 0) -> Films:
    """Films in which one cell jumps and every band rises at the same twelve moments."""
    rng = np.random.default_rng(seed)
    curves = 0.1 * rng.standard_normal((count, FILM_STEPS, 16, CURVES))
    bands = -9 + 0.1 * rng.standard_normal((count, 2 * FILM_STEPS, 16))
    for film in range(count):
        for step in rng.choice(FILM_STEPS, 12, replace=False):
            curves[film, step, rng.integers(16), 3:] += 3
            bands[film, 2 * step : 2 * step + 2] += np.array([6, 4])[:, None]
    return Films(curves.astype(np.float16), bands.astype(np.float16))


def test_cues_say_what_the_scene_says() -> None:
    made = scene("footsteps", spans=(Span(0.4, 3.0, 0.5, "rain"), Span(4.0, 5.0, 0.7, "rain")))
    cues = cues_of(truth_of([made], RECOGNISED, FILM_STEPS), 0, start=10.0)
    hits = [cue for cue in cues if cue.stop is None]
    assert [cue.time for cue in hits] == pytest.approx([10 + time for time in TIMES], abs=1e-5)
    assert {cue.sound for cue in hits} == {"footsteps"}
    spans = [(cue.time, cue.stop, round(cue.strength, 3)) for cue in cues if cue.stop is not None]
    assert spans == [(10.4, 13.0, 0.5), (14.0, 15.0, 0.7)]


def test_a_film_sounds_where_it_moves() -> None:
    film = film_of_scene(scene(), bank(), seed=3)
    assert film is not None
    curves, bands = film
    assert curves.shape == (FILM_STEPS, 16, CURVES) and bands.shape == (2 * FILM_STEPS, 16)
    rises = np.diff(bands.amax(1).numpy(), prepend=bands[0].max().item())
    for time in TIMES:
        assert rises[round(50 * time) - 2 : round(50 * time) + 3].max() > 3
        assert curves[round(25 * time), :, 8].max() > curves[round(25 * time) - 1, :, 8].max() + 1
    again = film_of_scene(scene(), bank(), seed=3)
    assert again is not None and torch.equal(again[1], bands)


def test_still_films_and_sounds_that_nobody_recorded_are_left_out() -> None:
    assert film_of_scene(scene(times=()), bank(), 0) is None
    assert film_of_scene(scene("thunder"), bank(), 0) is None
    assert FILM_SECONDS == 7.68 and "thunder" in SOUND_CLASSES


def test_pieces_are_what_they_say() -> None:
    films = clicks(3)
    for kind in (TRUE, SHIFTED, SWAPPED):
        curves, bands = piece(films, 1, kind, 80, np.random.default_rng(4))
        assert curves.shape == (80, 16, CURVES) and bands.shape == (160, 16)
        starts = [
            [
                start
                for start in range(len(whole) - len(part) + 1)
                if np.array_equal(whole[start : start + len(part)], part)
            ]
            for whole, part in ((films.curves[1], curves.half().numpy()), (films.bands[1], bands.half().numpy()))
        ]
        assert len(starts[0]) == 1
        if kind == SWAPPED:
            assert not starts[1]
        else:
            late = starts[1][0] / 50 - starts[0][0] / 25
            assert late == 0 if kind == TRUE else 0.25 - 0.021 <= abs(late) <= 2.0


def test_a_batch_is_a_function_of_its_step_and_half_true() -> None:
    films = clicks(9)
    one, same, other = pairs_at(films, 5, 8), pairs_at(films, 5, 8), pairs_at(films, 6, 8)
    assert torch.equal(one.curves, same.curves) and torch.equal(one.bands, same.bands)
    assert one.curves.shape != other.curves.shape or not torch.equal(one.curves, other.curves)
    assert one.aligned.sum() == 4
    assert one.bands.shape[1] == 2 * one.curves.shape[1]


def test_it_learns_what_belongs_together(tmp_path: Path) -> None:
    config = RunConfig(tmp_path, 45, learning_rate=8e-3, warmup_steps=5, ema_decay=0.8)
    network = train_sync_classifier(SyncClassifierSpec(8, 16, 8, 16), clicks(64), config, batch_size=16)
    found = shares_right(network, clicks(40, seed=1))
    assert found[TRUE] > 0.9 and found[SHIFTED] > 0.9 and found[SWAPPED] > 0.9
