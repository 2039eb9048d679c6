"""Families that look busy or calm and make no sound: no event may be found in them."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import direction, point
from foleycli.scenes.kinds.strike import swung_tool
from foleycli.scenes.physics import smooth_noise, strokes
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import colour


def still(stage: Stage) -> None:
    """Things that stand about; nothing moves."""
    rng = stage.rng
    for _ in range(int(rng.integers(0, 5))):
        x, y = rng.uniform(-0.6, 0.6, 2)
        stage.ellipse((x, y), (rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.3)), bodies.surface(rng), rng.uniform(0, 3))
        stage.capsule((y, x), (y + rng.uniform(-0.4, 0.4), x + 0.3), (0.03, 0.05), bodies.wood(rng))


def flicker(stage: Stage) -> None:
    """A lamp flickers, a screen changes, a cloud passes: light changes at once, but nothing is struck."""
    rng = stage.rng
    still(stage)
    t = stage.t
    switch = np.sort(rng.uniform(-0.3, stage.seconds + 0.3, int(rng.integers(2, 14))))
    level = rng.uniform(0.45, 1.4, len(switch) + 1)[np.searchsorted(switch, t)]
    stage.shine(level if rng.random() < 0.6 else 1 + 0.3 * smooth_noise(rng, t, rng.uniform(0.5, 6)))
    if rng.random() < 0.5:
        stage.glow(
            point(*rng.uniform(-0.4, 0.4, 2)),
            rng.uniform(0.1, 0.4),
            colour(rng, (0.6, 1.0)),
            np.maximum(level - 0.7, 0),
        )


def air_strokes(stage: Stage) -> None:
    """A hand with a stick waves and feints above a surface and never touches it."""
    rng = stage.rng
    plan = strokes(rng, stage.seconds, 0.5, 4.0, air=1.0)
    stage.still = True
    stage.polygon([(-3, 0.15), (3, 0.15), (3, 3), (-3, 3)], bodies.surface(rng))
    stage.still = False
    h = 0.1 + plan.height(stage.t)
    grip, tip, angle = swung_tool(
        stage, h, rng.uniform(0.3, 0.7), rng.uniform(-0.2, 0.5), rng.uniform(0.3, 1.1), rng.uniform(0.05, 0.3)
    )
    skin = bodies.skin_of(rng)
    stage.capsule(grip, tip, (0.03, 0.02), bodies.wood(rng))
    bodies.forearm(stage, grip, rng.uniform(-0.5, 0.5), 0.9, 0.09, skin)
    bodies.hand(stage, grip, 0.11, angle + 0.6, skin)


def gesture(stage: Stage) -> None:
    """A person talks with the hands: smooth swings and turns, no contact."""
    rng = stage.rng
    t = stage.t
    skin, shirt = bodies.skin_of(rng), bodies.surface(rng, texture=0.5)
    sway = 0.03 * smooth_noise(rng, t, 0.7)
    stage.capsule(point(sway, -0.1), point(0, 0.6), (0.27, 0.3), shirt)
    bodies.head(
        stage,
        point(1.6 * sway, -0.52 + 0.01 * smooth_noise(rng, t, 2)),
        0.17,
        skin,
        True,
        Skin(colour(rng, (0.05, 0.4))),
    )
    for side in (-1.0, 1.0):
        rate = rng.uniform(0.4, 1.8)
        wrist = point(side * 0.38 + 0.14 * smooth_noise(rng, t, rate), 0.15 + 0.16 * smooth_noise(rng, t, rate))
        bodies.arm(stage, point(side * 0.28 + sway, -0.1), wrist, 0.07, shirt, skin, -side)
        bodies.hand(stage, wrist, 0.09, -np.pi / 2 + 0.5 * smooth_noise(rng, t, 1.5), skin, fist=rng.random() < 0.5)


def drift(stage: Stage) -> None:
    """Things float, turn and swing through the picture without touching anything."""
    rng = stage.rng
    t = stage.t
    for _ in range(int(rng.integers(1, 5))):
        x = rng.uniform(-0.6, 0.6) + rng.uniform(-0.4, 0.4) * (t - 1) + 0.2 * smooth_noise(rng, t, 0.5)
        y = rng.uniform(-0.5, 0.5) + rng.uniform(-0.3, 0.3) * (t - 1) + 0.2 * smooth_noise(rng, t, 0.5)
        place = point(x, y)
        turn = rng.uniform(-3, 3) * t
        if rng.random() < 0.5:
            stage.ellipse(place, (rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.3)), bodies.surface(rng), turn)
        else:
            half = direction(turn) * rng.uniform(0.1, 0.4)
            stage.capsule(
                place - half, place + half, (rng.uniform(0.02, 0.1), rng.uniform(0.02, 0.1)), bodies.surface(rng)
            )


def camera_only(stage: Stage) -> None:
    """A still place seen by a camera that moves: catalogue.py makes it restless."""
    stage.still = True
    still(stage)
    stage.still = False
