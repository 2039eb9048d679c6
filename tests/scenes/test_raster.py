"""Drawn coverage has the area, place and smear of the thing that was drawn."""

from __future__ import annotations

import numpy as np
import pytest

from foleycli.scenes.raster import paint, placed
from foleycli.scenes.scene import Array
from foleycli.scenes.stage import Placement, Skin, Stage

WHITE = Skin(np.ones(3, np.float32))


def _stage(frames: int = 1) -> Stage:
    stage = Stage(np.random.default_rng(0), np.zeros(2 * frames), 1.0, 1.0)
    stage.place = Placement(np.eye(2) * 40, np.array([32.0, 32.0]))
    return stage


def _drawn(stage: Stage) -> Array:
    canvas = np.zeros((3, len(stage.t) // 2, 64, 64), np.float32)
    for layer in stage.layers:
        paint(canvas, placed(layer, lambda points: points, np.ones(len(stage.t) // 2)), 0)
    return canvas[0]


def test_areas_are_those_of_geometry() -> None:
    for shape, area in (("disc", np.pi * 0.3 * 0.2), ("plate", 0.6 * 0.4), ("limb", 0.8 * 0.2 + np.pi * 0.01)):
        stage = _stage()
        if shape == "disc":
            stage.ellipse((0, 0), (0.3, 0.2), WHITE, 0.5)
        elif shape == "plate":
            stage.polygon([(-0.3, -0.2), (0.3, -0.2), (0.3, 0.2), (-0.3, 0.2)], WHITE)
        else:
            stage.capsule((-0.4, 0), (0.4, 0), (0.1, 0.1), WHITE)
        assert _drawn(stage).sum() / 40**2 == pytest.approx(area, rel=0.06)


def test_motion_smears_and_thins_without_adding_light() -> None:
    still, moving = _stage(), _stage()
    still.ellipse((0, 0), (0.1, 0.1), WHITE)
    moving.ellipse(np.array([[-0.2, 0.0], [0.2, 0.0]]), (0.1, 0.1), WHITE)
    sharp, smeared = _drawn(still)[0], _drawn(moving)[0]
    assert smeared.max() < 0.8 * sharp.max()
    assert (smeared > 0.05).any(0).sum() > 1.5 * (sharp > 0.05).any(0).sum()
    assert smeared.sum() == pytest.approx(sharp.sum(), rel=0.5)


def test_what_is_off_the_picture_is_not_drawn() -> None:
    stage = _stage()
    stage.capsule((3, 3), (4, 4), (0.1, 0.1), WHITE)
    stage.dots(np.full((2, 5, 2), 50.0), 0.1, WHITE)
    assert _drawn(stage).sum() == 0


def test_hit_outside_the_clip_is_not_an_event() -> None:
    stage = _stage()
    stage.hit(-0.1, 1.0, "impact_wood", (0, 0))
    stage.hit(1.0, 1.0, "impact_wood", (0, 0))
    stage.hit(0.5, 1.0, "impact_wood", (0, 0))
    stage.span(-1, 2, 0.5, "rain")
    assert [event.time for event, _ in stage.hits] == [0.5] and (stage.spans[0].start, stage.spans[0].stop) == (0, 1.0)
