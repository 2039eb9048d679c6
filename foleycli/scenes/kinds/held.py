"""Families of things held in the hand: glasses, cups, saws and brushes, shakers."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import direction, point
from foleycli.scenes.kinds.strike import play
from foleycli.scenes.physics import ringing, smooth_noise, strokes
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import away_from, colour, rgb

PUT_SOUNDS = ("glass_ceramic", "can_bottle", "glass", "plastic_rubber", "impact_wood", "small_metal_objects")


def clink(stage: Stage) -> None:
    """Two glasses held in hands meet."""
    rng = stage.rng
    plan = strokes(rng, stage.seconds, 0.4, 2.5, air=0.25)
    hits = play(stage, plan, "glass")
    h = plan.height(stage.t)
    slosh = 0.15 * ringing(stage.t, hits, 3, 0.3)
    for side in (-1.0, 1.0):
        skin, drink = bodies.skin_of(rng), Skin(colour(rng, (0.3, 0.9)), 3, 0.1, 90.0, 0.4)
        wide, tall = rng.uniform(0.09, 0.14), rng.uniform(0.2, 0.3)
        middle = point(side * (wide + rng.uniform(0.15, 0.4) * h), 0.06 * h) + 0.4 * plan.aside(stage.t) * [side, 1.0]
        tilt = -side * (0.1 + 0.2 * h)
        up, across = -direction(tilt + np.pi / 2), direction(tilt)
        rim, foot = middle + 0.4 * tall * up, middle - 0.6 * tall * up
        bodies.forearm(stage, foot + side * point(0.08, 0), np.pi / 2 + np.pi / 2 * side + 0.5 * side, 0.9, 0.08, skin)
        body = [rim - wide * across, rim + wide * across, foot + 0.7 * wide * across, foot - 0.7 * wide * across]
        stage.polygon(body, Skin(rgb(0.8, 0.86, 0.88), 3, 0.1, 90.0, 0.5), 0.6)
        level = 0.25 * tall * up
        rise = wide * slosh[:, None] * up
        stage.polygon([middle + level - 0.85 * wide * across + rise, middle + level + 0.85 * wide * across - rise,
                       foot + 0.6 * wide * across, foot - 0.6 * wide * across], drink, 0.85)  # fmt: skip
        bodies.hand(stage, foot + 0.25 * tall * up + side * 0.05 * across, 0.12, np.pi * (side > 0) + 0.2, skin)


def put_down(stage: Stage) -> None:
    """A hand lifts a cup, a bottle, a can or a book and sets it down on a table."""
    rng = stage.rng
    plan = strokes(rng, stage.seconds, 0.4, 1.8, air=0.25)
    sound = str(rng.choice(PUT_SOUNDS))
    play(stage, plan, sound)
    table = bodies.surface(rng)
    stage.still = True
    stage.polygon([(-3, -0.12), (3, -0.12), (3, 3), (-3, 3)], table)
    stage.still = False
    h = plan.height(stage.t)
    lift, side = rng.uniform(0.15, 0.5) * h, rng.uniform(-0.3, 0.3) * h
    tilt = rng.uniform(-0.6, 0.6) * h
    up, across = -direction(tilt + np.pi / 2), direction(tilt)
    foot = point(side, -lift) + 0.5 * plan.aside(stage.t)
    wide, tall = rng.uniform(0.08, 0.18), rng.uniform(0.15, 0.5)
    paint = bodies.surface(rng, away_from(rng, table.colour), 0.2)
    stage.shadow(point(side + 0.1 * h, 0.0), (wide, 0.04), 0.5 * (1 - 0.6 * np.clip(h, 0, 1)), 0.03)
    skin = bodies.skin_of(rng)
    reach = foot + 0.55 * tall * up
    bodies.forearm(stage, reach + 0.12 * across, np.pi + rng.uniform(-0.2, 0.7), 1.0, 0.1, skin)
    stage.polygon(
        [
            foot - wide * across,
            foot + wide * across,
            foot + wide * across + tall * up,
            foot - wide * across + tall * up,
        ],
        paint,
    )
    if rng.random() < 0.6:
        stage.ellipse(foot + tall * up, (wide, 0.25 * wide), bodies.darker(paint, 0.6), tilt)
    bodies.hand(stage, reach, 0.13, np.pi + tilt, skin)


def saw(stage: Stage) -> None:
    """A hand saws, files, scrubs or brushes: to and fro along a line, no hits at the turns."""
    rng = stage.rng
    scrub = rng.random() < 0.4
    rate, reach = rng.uniform(0.6, 3.0), rng.uniform(0.12, 0.35)
    phase = 2 * np.pi * (rate * stage.t + rng.random()) + 0.4 * smooth_noise(rng, stage.t, 0.7)
    along = reach * np.sin(phase + 0.25 * np.sin(phase))
    stage.still = True
    stage.polygon([(-1.2, 0.0), (1.2, 0.0), (1.3, 0.9), (-1.3, 0.9)], bodies.wood(rng))
    stage.still = False
    turn = rng.uniform(0.0, 0.5) * (not scrub)
    ahead, down = direction(turn), direction(turn + np.pi / 2)
    middle = along[:, None] * ahead
    skin = bodies.skin_of(rng)
    if scrub:
        paint, grip = bodies.surface(rng), middle - point(0, 0.12)
        stage.polygon(
            [
                middle + point(-0.2, -0.08),
                middle + point(0.2, -0.08),
                middle + point(0.2, 0.04),
                middle - point(0.2, -0.04),
            ],
            paint,
        )
    else:
        steel, grip = bodies.metal(rng), middle - 0.55 * ahead
        stage.polygon(
            [
                middle - 0.5 * ahead - 0.12 * down,
                middle + 0.6 * ahead - 0.04 * down,
                middle + 0.6 * ahead,
                middle - 0.5 * ahead,
            ],
            steel,
        )
        dust = np.mod(stage.t[:, None] * 1.5 + rng.random(14), 1.0)
        stage.dots(
            np.stack([rng.uniform(-0.08, 0.08, 14) + 0.05 * dust, 0.05 + 0.6 * dust**2], -1),
            0.01,
            Skin(rgb(0.85, 0.7, 0.45)),
        )
    shoulder = point(-1.1, -0.5) + 0.2 * middle
    bodies.arm(stage, shoulder, grip, 0.1, bodies.surface(rng), skin, -1.0)
    bodies.hand(stage, grip, 0.13, turn + 0.3, skin)
    stage.span(0, stage.seconds, min(1.0, 0.3 + rate * reach), "domestic_brush_scrub" if scrub else "saw_file_scrape")


def shaker(stage: Stage) -> None:
    """A hand shakes a box, a spray can or a rattle."""
    rng = stage.rng
    rate = rng.uniform(2.0, 5.0)
    start, stop = rng.uniform(-0.5, 0.6), stage.seconds + rng.uniform(-0.8, 0.5)
    on = np.clip(8 * (stage.t - start), 0, 1) * np.clip(8 * (stage.t + 0.12 - stop) * -1 + 1, 0, 1)
    swing = on * np.sin(2 * np.pi * rate * (stage.t - start))
    turn = 0.3 + 0.5 * swing
    fist = point(0.04 * swing, 0.12 * swing)
    up = -direction(turn + np.pi / 2)
    skin = bodies.skin_of(rng)
    bodies.forearm(stage, fist, -0.5 + 0.2 * swing, 1.0, 0.1, skin)
    can = bodies.metal(rng) if rng.random() < 0.5 else bodies.surface(rng)
    stage.capsule(fist - 0.12 * up, fist + 0.26 * up, (0.07, 0.075), can)
    bodies.hand(stage, fist, 0.13, turn, skin)
    stage.span(start, stop, 0.7, "rattle_shake_spray")
