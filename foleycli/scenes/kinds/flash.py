"""Families of shots and blasts: recoil, muzzle flash, fireworks."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import direction, point
from foleycli.scenes.physics import kick, smooth_noise
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import rgb


def pistol(stage: Stage) -> None:
    """A hand fires a pistol: the muzzle flips up at once, the slide runs back, a flash lights the scene."""
    rng = stage.rng
    gaps = np.where(rng.random(24) < 0.5, rng.uniform(0.22, 0.6, 24), rng.uniform(0.6, 1.6, 24))
    times = -0.8 + np.cumsum(gaps)
    t = stage.t
    flip = kick(t, times, 0.015, rng.uniform(0.08, 0.2))
    slide = kick(t, times, 0.008, 0.05)
    sway = 0.015 * smooth_noise(rng, t, 1.2)
    turn = rng.uniform(-0.15, 0.15) + sway - rng.uniform(0.15, 0.7) * flip
    ahead, down = direction(turn), direction(turn + np.pi / 2)
    grip = point(sway - rng.uniform(0.02, 0.1) * flip, -0.04 * flip + sway)
    steel = Skin(np.float32(rng.uniform(0.05, 0.3)) * np.ones(3, np.float32), 3, 0.1, 90.0, 0.4)
    skin, cloth = bodies.skin_of(rng), bodies.surface(rng)
    bodies.forearm(stage, grip + 0.02 * down, turn * 0.5 + rng.uniform(-0.1, 0.1), 1.4, 0.11, cloth)
    frame = [
        grip - 0.1 * ahead - 0.12 * down,
        grip + 0.4 * ahead - 0.12 * down,
        grip + 0.4 * ahead - 0.05 * down,
        grip - 0.08 * ahead - 0.02 * down,
    ]
    stage.capsule(grip - 0.06 * down, grip + 0.16 * down - 0.05 * ahead, (0.055, 0.06), steel)
    stage.polygon(frame, steel)
    back = grip - 0.08 * slide[:, None] * ahead
    top = [
        back - 0.12 * ahead - 0.21 * down,
        back + 0.42 * ahead - 0.21 * down,
        back + 0.42 * ahead - 0.12 * down,
        back - 0.12 * ahead - 0.12 * down,
    ]
    stage.polygon(top, bodies.darker(steel, 1.3))
    bodies.hand(stage, grip + 0.03 * down, 0.12, turn + 0.4, skin)
    muzzle = grip + 0.5 * ahead - 0.16 * down
    age = np.min(np.where(t[:, None] >= times, t[:, None] - times, 9.0), 1)
    if rng.random() < 0.7:
        flash = np.where(age < rng.uniform(0.03, 0.06), rng.uniform(0.8, 2.0), 0.0)
        stage.glow(muzzle, rng.uniform(0.06, 0.25), rgb(1.0, 0.8, 0.4), flash)
        stage.shine(1 + rng.uniform(0, 0.35) * (flash > 0))
    if rng.random() < 0.6:
        smoke = np.where(age < 1, 0.5 * np.exp(-age / 0.2), 0.0)
        puff = 0.05 + 0.5 * np.minimum(age, 1)
        spot = muzzle + point(0.2 * np.minimum(age, 1), -0.15 * np.minimum(age, 1))
        stage.ellipse(spot, np.stack([puff, 0.7 * puff], -1), Skin(rgb(0.75, 0.75, 0.75)), 0.0, smoke, 0.08)
    for time in times:
        stage.hit(time, float(rng.uniform(0.8, 1.0)), "explosion_gun", (0.5, -0.16))


def blast(stage: Stage) -> None:
    """Fireworks or explosions: a flash, then sparks and smoke that fly apart and slow down."""
    rng = stage.rng
    times = -0.6 + np.cumsum(rng.uniform(0.35, 1.6, 12))
    night = rng.random() < 0.7
    if night:
        stage.shine(np.full(len(stage.t), rng.uniform(0.12, 0.4)))
    for time in times[times < stage.seconds + 0.1]:
        x, y = rng.uniform(-0.4, 0.4), rng.uniform(-0.3, 0.3)
        age = np.maximum(stage.t - time, 0)
        on = stage.t >= time
        count = int(rng.integers(25, 70))
        heading, speed = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.3, 1.0, count) * rng.uniform(0.5, 1.2)
        run = (1 - np.exp(-3 * age))[:, None] * speed / 2
        px = np.where(on[:, None], x + run * np.cos(heading), -99.0)
        py = y + run * np.sin(heading) + 0.25 * age[:, None] ** 2
        paint = np.clip(rng.uniform(0.5, 1.3, 3), 0, 1).astype(np.float32)
        if not night:
            puff = 0.08 + 0.4 * (1 - np.exp(-4 * age))
            stage.ellipse(
                (x, y),
                np.stack([puff, puff], -1),
                Skin(rgb(0.4, 0.37, 0.35), 1, 0.4, 90.0),
                0.0,
                0.85 * on * np.exp(-age / 0.9),
                0.1,
            )
        stage.dots(
            np.stack([px, py], -1),
            0.014,
            Skin(np.clip(paint * (3 if night else 1), 0, 4)),
            on * np.exp(-age / rng.uniform(0.4, 1.0)),
        )
        stage.glow((x, y), 0.25, paint, 1.5 * on * np.exp(-age / 0.07))
        stage.hit(time, float(rng.uniform(0.7, 1.0)), "explosion_gun", (x, y))
        stage.shine(1 + 0.5 * on * np.exp(-age / 0.1))
