"""Families of everyday video in which much moves and nothing is struck: talk, faces, hands at work, animals, crowds."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import direction, point
from foleycli.scenes.physics import reaches, smooth_noise
from foleycli.scenes.scene import Array
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import away_from, colour, pick, rgb

FEATHERS = ((0.9, 0.8, 0.2), (0.3, 0.25, 0.2), (0.85, 0.85, 0.82), (0.35, 0.4, 0.5))


def _rate(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _bursts(rng: np.random.Generator, t: Array, hertz: float) -> Array:
    """A quick opening and closing (N,) 0..1 that comes and goes, as of lips."""
    quick = np.clip(smooth_noise(rng, t, hertz) + 0.2, 0, 1)
    return np.asarray(quick * np.clip(2 * smooth_noise(rng, t, 0.5) + 0.8, 0, 1))


def talk(stage: Stage) -> None:
    """A person talks or cries: the mouth moves, the head nods and turns, the eyes blink, sometimes hands come in."""
    rng, t = stage.rng, stage.t
    skin, shirt, hair = bodies.skin_of(rng), bodies.surface(rng, texture=0.5), Skin(colour(rng, (0.05, 0.5)))
    sway = 0.03 * smooth_noise(rng, t, _rate(rng, 0.2, 1.0)) * rng.random()
    nod = reaches(rng, t, _rate(rng, 0.4, 2.5), 0.05 * rng.random()) + 0.02 * point(sway, smooth_noise(rng, t, 1.5))
    stage.capsule(point(sway, 0.35), point(0, 0.9), (0.32, 0.36), shirt)
    stage.capsule(point(sway, 0.0), nod + point(sway, -0.1), (0.1, 0.1), bodies.darker(skin, 0.85))
    centre = nod + point(sway, -0.25)
    size, turn = 0.24, nod[:, 0] * rng.uniform(-2, 2)
    look = turn[:, None] * [[size, 0.0]]
    stage.ellipse(centre, (0.8 * size, size), skin, turn)
    stage.ellipse(centre - point(0, 0.55 * size), (0.84 * size, 0.55 * size), hair, turn)
    blink = np.clip(8 * np.sin(2 * np.pi * rng.uniform(0.2, 0.5) * t + rng.uniform(0, 6)) - 7, 0, 1)
    for x in (-0.33, 0.33):
        tall = 0.09 * size * (1 - blink)[:, None] + 0.01
        wide = np.full_like(tall, 0.13 * size)
        stage.ellipse(centre + look + point(x * size, 0.02), np.concatenate([wide, tall], 1), bodies.darker(hair, 0.4))
    stage.ellipse(centre + 1.3 * look + point(0, 0.25 * size), (0.09 * size, 0.14 * size), bodies.darker(skin, 0.8))
    mouth = _bursts(rng, t, rng.uniform(2.0, 5.0))[:, None] * rng.uniform(0.08, 0.3) * size + 0.04 * size
    lips = np.concatenate([np.full_like(mouth, 0.3 * size), mouth], 1)
    stage.ellipse(centre + look + point(0, 0.6 * size), lips, Skin(rgb(0.35, 0.1, 0.1)), turn)
    for side in (-1.0, 1.0):
        if rng.random() < 0.35:
            wrist = point(0.42 * side, 0.35) + reaches(rng, t, _rate(rng, 0.5, 2.5), rng.uniform(0.03, 0.15))
            bodies.arm(stage, point(0.33 * side + sway, 0.3), wrist, 0.07, shirt, skin, -side)
            bodies.hand(stage, wrist, 0.09, -np.pi / 2 + 2 * (wrist[:, 0] - 0.42 * side), skin, rng.random() < 0.4)


def handling(stage: Stage) -> None:
    """Hands turn a thing, stir, wipe, stroke or point above a table, with sudden moves and stops but no impact."""
    rng, t = stage.rng, stage.t
    table = bodies.surface(rng)
    stage.still = True
    stage.polygon([(-3, -0.2), (3, -0.2), (3, 3), (-3, 3)], table)
    for _ in range(int(rng.integers(0, 5))):
        x, y = rng.uniform(-0.8, 0.8), rng.uniform(-0.15, 0.4)
        stage.ellipse((x, y), (rng.uniform(0.05, 0.2), rng.uniform(0.04, 0.15)), bodies.surface(rng))
    stage.still = False
    skin, sleeve = bodies.skin_of(rng), bodies.surface(rng)
    held = bodies.surface(rng, away_from(rng, table.colour))
    rate, wide = rng.uniform(0.5, 2.5), rng.uniform(0.03, 0.2)
    circle = wide * direction(2 * np.pi * rate * t + rng.uniform(0, 6)) * [1.0, rng.uniform(0.2, 1.0)]
    for side in (-1.0, 1.0):
        if side > 0 and rng.random() < 0.25:
            continue
        path = reaches(rng, t, _rate(rng, 0.4, 3.0), rng.uniform(0.03, 0.18))
        if rng.random() < 0.4:
            path = 0.3 * path + circle
        wrist = point(0.22 * side, 0.0) + path
        turn = np.pi / 2 - side * 0.9 + reaches(rng, t, _rate(rng, 0.4, 2.0), rng.uniform(0.05, 0.4))[:, 0]
        bodies.forearm(stage, wrist, turn + np.pi + 0.2, 1.2, 0.1, sleeve if rng.random() < 0.5 else skin)
        if rng.random() < 0.6:
            ahead = direction(turn + np.pi) * rng.uniform(0.1, 0.35)
            stage.capsule(wrist, wrist + ahead, (rng.uniform(0.02, 0.08), rng.uniform(0.02, 0.1)), held)
        bodies.hand(stage, wrist, 0.12, turn + np.pi, skin, rng.random() < 0.6)


def perch(stage: Stage) -> None:
    """A bird or a small animal sits: the head jerks from place to place, the tail flicks, it breathes and turns."""
    rng, t = stage.rng, stage.t
    coat = Skin(pick(rng, FEATHERS), int(rng.choice([0, 1, 7])), rng.uniform(0.1, 0.4), 120.0, 0.3)
    body = 0.3 * reaches(rng, t, _rate(rng, 0.2, 1.2), rng.uniform(0.0, 0.08))
    breath = 0.02 * np.sin(2 * np.pi * rng.uniform(0.7, 3.0) * t)
    head = body + reaches(rng, t, _rate(rng, 0.6, 4.0), rng.uniform(0.02, 0.09)) + point(0.2, -0.28)
    flick = 0.4 * reaches(rng, t, _rate(rng, 0.4, 2.0), rng.uniform(0.1, 0.6))[:, 0]
    stage.capsule((-0.9, 0.28), (0.9, 0.3), (0.03, 0.035), bodies.wood(rng))
    stage.capsule(body + point(-0.2, 0.05), body + 0.55 * direction(np.pi - 0.5 + flick), (0.09, 0.03), coat)
    stage.capsule(body + point(-0.1, 0.08), body + point(0.12, -0.06 + breath), (0.2, 0.17), coat)
    stage.ellipse(head, (0.14, 0.13), bodies.darker(coat, 1.1))
    face = 2.5 * (head - body - point(0.2, -0.28))[:, 0]
    stage.capsule(head + 0.1 * direction(face), head + 0.22 * direction(face), (0.045, 0.01), Skin(rgb(0.7, 0.5, 0.2)))
    stage.ellipse(head + 0.06 * direction(face - 0.6), (0.025, 0.025), Skin(rgb(0.03, 0.03, 0.03)))


def wave_hand(stage: Stage) -> None:
    """A person waves, beckons, dances or conducts: arms swing to and fro and stop, in the air."""
    rng, t = stage.rng, stage.t
    skin, shirt = bodies.skin_of(rng), bodies.surface(rng, texture=0.5)
    rate = rng.uniform(0.5, 3.0)
    sway = 0.06 * rng.random() * np.sin(2 * np.pi * 0.5 * rate * t) + 0.02 * smooth_noise(rng, t, 0.8)
    stage.capsule(point(sway, 0.0), point(0, 0.7), (0.25, 0.27), shirt)
    bodies.head(stage, point(1.5 * sway, -0.42), 0.17, skin, rng.random() < 0.7, Skin(colour(rng, (0.05, 0.4))))
    on = np.clip(2.5 * smooth_noise(rng, t, 0.4) + 1, 0, 1)
    for side in (-1.0, 1.0):
        beat = on * np.sin(2 * np.pi * rate * t + rng.uniform(0, 6)) * rng.uniform(0.02, 0.22)
        lift, turn = rng.uniform(-0.5, 0.3), rng.uniform(0, np.pi)
        path = beat[:, None] * direction(turn) + reaches(rng, t, _rate(rng, 0.2, 1.5), 0.08 * rng.random())
        wrist = point(0.45 * side, lift) + path
        bodies.arm(stage, point(0.26 * side + sway, -0.05), wrist, 0.07, shirt, skin, -side)
        bodies.hand(stage, wrist, 0.09, -np.pi / 2 + 3 * beat, skin, fist=False)


def crowd(stage: Stage) -> None:
    """Many people, or players on a far court: each sways, darts or turns by itself, too small for steps to be seen."""
    rng, t = stage.rng, stage.t
    far = rng.random() < 0.4
    for _ in range(int(rng.integers(3, 7 if far else 14))):
        y = rng.uniform(-0.4, 0.5)
        size = (0.05 if far else 0.12) * rng.uniform(0.7, 1.4) * (1 + y)
        rate = _rate(rng, 0.2, 2.0)
        path = reaches(rng, t, rate, rng.uniform(0.01, 0.25 if far else 0.05)) * [1.0, 0.3]
        foot = path + point(rng.uniform(-0.9, 0.9), y) + 0.01 * point(0, smooth_noise(rng, t, 2.0))
        shirt = bodies.surface(rng, texture=0.4)
        stage.capsule(foot - point(0, 1.6 * size), foot + point(0, 0.8 * size), (0.75 * size, 0.5 * size), shirt)
        stage.ellipse(foot - point(0, 2.8 * size), (0.5 * size, 0.6 * size), bodies.skin_of(rng))
        if rng.random() < 0.6:
            hand = foot - point(0, size) + reaches(rng, t, 2 * rate, 1.2 * size)
            stage.capsule(foot - point(0, 1.8 * size), hand, (0.2 * size, 0.17 * size), shirt)


def screen(stage: Stage) -> None:
    """A screen shows other pictures: they change at once, scroll or slide, while the room stands still."""
    rng, t = stage.rng, stage.t
    wide, tall = rng.uniform(0.3, 0.8), rng.uniform(0.2, 0.5)
    stage.polygon([(-wide - 0.04, -tall - 0.04), (wide + 0.04, -tall - 0.04), (wide + 0.04, tall + 0.04),
                   (-wide - 0.04, tall + 0.04)], Skin(rgb(0.06, 0.06, 0.07)))  # fmt: skip
    changes = np.sort(rng.uniform(-0.5, stage.seconds + 0.5, int(rng.integers(1, 8))))
    shown = np.searchsorted(changes, t)
    for number in range(len(changes) + 1):
        on = (shown == number).astype(float)
        stage.polygon([(-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall)], bodies.surface(rng), on)
        for _ in range(int(rng.integers(1, 5))):
            x, y = rng.uniform(-0.7, 0.7) * wide, rng.uniform(-0.7, 0.7) * tall
            slide = rng.uniform(-0.15, 0.15, 2) * (t - stage.seconds / 2)[:, None] * (rng.random() < 0.5)
            spot = np.clip(point(x, y) + slide, [-0.8 * wide, -0.8 * tall], [0.8 * wide, 0.8 * tall])
            stage.ellipse(spot, (0.2 * wide, rng.uniform(0.05, 0.2) * tall), bodies.surface(rng), 0.0, on)


def snow(stage: Stage) -> None:
    """Snow, dust, leaves or insects drift through the air."""
    rng, t = stage.rng, stage.t
    count, fall = int(rng.integers(8, 60)), rng.uniform(0.05, 0.6)
    x, y = rng.uniform(-1.2, 1.2, count), rng.uniform(-0.8, 0.8, count)
    speed = fall * rng.uniform(0.5, 1.5, count)
    wind = rng.uniform(-0.3, 0.3) * t + 0.1 * smooth_noise(rng, t, 0.5)
    places = np.stack([(x + wind[:, None] + 1.2) % 2.4 - 1.2, (y + speed * t[:, None] + 0.8) % 1.6 - 0.8], -1)
    stage.dots(places, rng.uniform(0.004, 0.02), Skin(colour(rng, (0.5, 1.0))), rng.uniform(0.3, 0.9))
