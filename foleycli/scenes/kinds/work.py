"""Families of work by hand: hammering, knocking, chopping, typing. Contact is at (0, 0) unless said."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import direction, point
from foleycli.scenes.kinds.strike import crumbs, play, swung_tool
from foleycli.scenes.physics import kick, ringing, smooth_noise, strokes
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import away_from, colour, rgb


def hammer(stage: Stage) -> None:
    """A hammer on an anvil, or on a nail in wood: the arm swings from the elbow."""
    rng = stage.rng
    on_anvil = rng.random() < 0.6
    plan = strokes(rng, stage.seconds, 0.5, 3.5)
    hits = play(stage, plan, "impact_metal" if on_anvil else "impact_wood")
    block = bodies.metal(rng) if on_anvil else bodies.wood(rng)
    jump = 0.012 * ringing(stage.t, hits, 14, 0.05)
    if on_anvil:
        stage.polygon([point(-0.45, 0.05 + jump), point(0.5, 0.05 + jump), (0.3, 0.25), (-0.3, 0.25)], block)
        stage.polygon([(-0.2, 0.2), (0.2, 0.2), (0.32, 0.8), (-0.32, 0.8)], bodies.darker(block))
        stage.capsule(point(-0.5, 0.03 + jump), point(0.2, 0.025 + jump), (0.022, 0.03), Skin(rgb(0.95, 0.4, 0.12)))
    else:
        stage.polygon([point(-2, 0.06 + jump), point(2, 0.06 + jump), (2, 0.35), (-2, 0.35)], block)
        sunk = np.array([(stage.t > time) * 0.012 for time, _ in hits]).sum(0) if hits else np.zeros_like(stage.t)
        stage.capsule(point(0, np.minimum(sunk, 0.06)), (0, 0.08), (0.012, 0.01), bodies.metal(rng))
    h = plan.height(stage.t)
    length = rng.uniform(0.4, 0.7)
    rest = rng.uniform(-0.15, 0.15)
    grip, tip, angle = swung_tool(stage, h, length, rest, rng.uniform(0.5, 1.3), rng.uniform(0.1, 0.4))
    head_up, down = rng.uniform(0.07, 0.14), direction(angle + np.pi / 2)
    aside = plan.aside(stage.t)
    tip, grip = tip - down * head_up + aside, grip - down * head_up + aside
    skin, cloth = bodies.skin_of(rng), bodies.surface(rng)
    shoulder = point(-length - rng.uniform(0.3, 0.5), -rng.uniform(0.5, 0.8)) - point(0.05 * h, 0.08 * h)
    bodies.arm(stage, shoulder, grip, 0.09, cloth, skin, -1.0)
    stage.capsule(grip - 0.08 * direction(angle), tip, (0.028, 0.025), bodies.wood(rng))
    across, thick = direction(angle) * rng.uniform(0.04, 0.08), head_up
    corners = [
        tip - across - down * thick,
        tip + across - down * thick,
        tip + across + down * thick,
        tip - across + down * thick,
    ]
    stage.polygon(corners, bodies.metal(rng))
    bodies.hand(stage, grip, 0.11, angle + 0.8, skin)
    if on_anvil and rng.random() < 0.5:
        crumbs(stage, hits, (0, 0), Skin(rgb(1.0, 0.75, 0.3)), 8)


def knock(stage: Stage) -> None:
    """Knuckles knock on a door, in short bursts."""
    rng = stage.rng
    gaps = np.where(np.arange(40) % int(rng.integers(2, 6)) == 0, rng.uniform(0.5, 1.6), rng.uniform(0.14, 0.3))
    plan = strokes(rng, stage.seconds, times=-1.5 + np.cumsum(gaps * rng.uniform(0.9, 1.1, 40)), air=0.15)
    play(stage, plan, "door_knock")
    stage.still = True
    door = bodies.wood(rng) if rng.random() < 0.6 else bodies.surface(rng)
    edge = rng.uniform(-0.1, 0.0)
    stage.polygon([(-0.02, -3), (2.0, -3), (2.0, 3), (-0.02, 3)], door)
    for top in (-1.2, -0.3, 0.6):
        stage.polygon([(0.3, top), (1.2, top), (1.2, top + 0.7), (0.3, top + 0.7)], bodies.darker(door, 0.8))
    stage.ellipse((0.12, 0.45 + edge), (0.05, 0.05), bodies.metal(rng))
    stage.still = False
    h = plan.height(stage.t)
    skin, cloth = bodies.skin_of(rng), bodies.surface(rng)
    turn = rng.uniform(-0.5, 0.1) - 0.5 * h
    fist = point(-0.09 - rng.uniform(0.12, 0.35) * h, -0.06 * h) + plan.aside(stage.t) * [-0.5, 0.5]
    wrist = fist - 0.1 * direction(turn - 0.2)
    stage.shadow(fist + point(0.07 + 0.1 * h, 0.08), (0.08, 0.1), 0.35)
    bodies.arm(stage, point(-0.95, 0.25 + 0.2 * rng.random()), wrist, 0.085, cloth, skin, -1.0)
    bodies.hand(stage, fist, 0.13, turn, skin)


def chop(stage: Stage) -> None:
    """A knife chops food on a board; the tip rocks or the whole blade lifts."""
    rng = stage.rng
    plan = strokes(rng, stage.seconds, 1.0, 6.0, air=0.15)
    play(stage, plan, "impact_wood")
    board = bodies.wood(rng) if rng.random() < 0.6 else bodies.surface(rng)
    stage.still = True
    stage.polygon([(-1.6, -0.25), (1.7, -0.35), (2.0, 1.0), (-1.9, 1.0)], board)
    stage.still = False
    food = bodies.surface(rng, colour(rng, (0.4, 0.95)), 0.5)
    slide = 0.03 * stage.t
    for _ in range(int(rng.integers(1, 4))):
        spot = point(rng.uniform(0.0, 0.45) - slide, -rng.uniform(0.0, 0.16))
        stage.ellipse(spot, (rng.uniform(0.1, 0.3), rng.uniform(0.08, 0.2)), food)
    skin = bodies.skin_of(rng)
    if rng.random() < 0.7:
        other = point(0.32 - slide + 0.01 * smooth_noise(rng, stage.t, 2), -0.24)
        bodies.forearm(stage, other, np.pi / 2 + 0.5, 0.8, 0.11, skin)
        bodies.hand(stage, other, 0.14, np.pi / 2 + 0.4, skin, fist=False)
    h = plan.height(stage.t)
    lift, rock = rng.uniform(0.06, 0.28) * h, rng.uniform(0.05, 0.35) * h
    angle = rng.uniform(-0.1, 0.25) - rock * rng.choice([-1.0, 1.0])
    ahead, down = direction(angle), direction(angle + np.pi / 2)
    heel = point(-0.28, 0) - lift[:, None] * point(0, 1) + 0.5 * plan.aside(stage.t)
    deep = rng.uniform(0.09, 0.16)
    blade = [
        heel - down * deep,
        heel + ahead * 0.5 - down * deep,
        heel + ahead * 0.72 - down * 0.25 * deep,
        heel + ahead * 0.66,
        heel,
    ]
    stage.shadow(heel + ahead * 0.35 + point(0.02, 0.05), (0.3, 0.04), 0.3)
    stage.polygon(blade, bodies.metal(rng))
    grip = heel - down * 0.6 * deep
    stage.capsule(grip, grip - ahead * 0.3, (0.04, 0.045), bodies.surface(rng, colour(rng, (0.05, 0.4))))
    bodies.forearm(stage, grip - ahead * 0.16, angle - 0.3, 0.9, 0.12, skin)
    bodies.hand(stage, grip - ahead * 0.12, 0.14, angle + 0.5, skin)


def typing(stage: Stage) -> None:
    """Fingers press keys of a keyboard."""
    rng = stage.rng
    stage.still = True
    case = bodies.surface(rng, texture=0.1)
    stage.polygon([(-0.9, -0.2), (0.9, -0.2), (1.0, 0.35), (-1.0, 0.35)], case)
    key = Skin(away_from(rng, case.colour, 0.12), 0, 0.05)
    for row in range(3):
        for column in range(-6, 7):
            x, y = column * 0.14 + 0.03 * row, -0.12 + 0.15 * row
            stage.polygon(
                [(x - 0.055, y - 0.05), (x + 0.055, y - 0.05), (x + 0.06, y + 0.06), (x - 0.06, y + 0.06)], key
            )
    stage.still = False
    skin = bodies.skin_of(rng)
    rate = rng.uniform(0.5, 2.0)
    for side in (-1.0, 1.0):
        drift = 0.05 * smooth_noise(rng, stage.t, 0.6)
        for finger in rng.permutation(4)[: int(rng.integers(2, 5))]:
            spot = (side * (0.16 + 0.13 * finger), 0.02 + 0.04 * finger * rng.random())
            plan = strokes(rng, stage.seconds, 0.5 * rate, 1.3 * rate, air=0.0)
            play(stage, plan, "click_keyboard", spot)
            h = np.clip(plan.height(stage.t), 0, 1)
            press = kick(stage.t, plan.times, 0.01, 0.08)
            tip = point(spot[0] + drift * np.clip(3 * h, 0, 1), spot[1] - 0.09 * h)
            knuckle = point(side * (0.22 + 0.09 * finger) + drift, 0.33 + 0.02 * press - 0.03 * h)
            stage.capsule(knuckle, tip, (0.05, 0.038), skin)
        back = point(side * 0.36 + drift, 0.45)
        bodies.forearm(
            stage, back, -np.pi / 2 - side * 0.25, 0.9, 0.13, bodies.surface(rng) if rng.random() < 0.3 else skin
        )
        stage.ellipse(back, (0.2, 0.16), skin)
