"""Families of things handled: paper torn, doors, glasses, cups, cloth, saws, shakers, rackets."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import direction, point
from foleycli.scenes.physics import kick, ringing, smooth_noise
from foleycli.scenes.scene import Array
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import colour


def tear(stage: Stage) -> None:
    """Two hands tear a sheet of paper, pull by pull; each pull starts at once."""
    rng = stage.rng
    gaps = rng.uniform(0.25, 1.1, 16)
    times = -0.8 + np.cumsum(gaps)
    pulls = 1 - np.exp(-np.clip(stage.t[:, None] - times, 0, None) / rng.uniform(0.05, 0.14))
    # a sheet lasts four pulls, then the hands take the next one
    sheet = (np.searchsorted(times, stage.t, side="right") - 1) // 4
    done = np.where(np.arange(len(times)) // 4 == sheet[:, None], pulls, 0).sum(1) / 4
    paper = bodies.surface(rng, colour(rng, (0.6, 1.0)), 0.15)
    skin = bodies.skin_of(rng)
    sway_x, sway_y = 0.02 * smooth_noise(rng, stage.t, 1), 0.02 * smooth_noise(rng, stage.t, 1)
    lean = rng.uniform(0.2, 0.6) * done
    wide, tall = rng.uniform(0.25, 0.4), rng.uniform(0.5, 0.9)
    crack = point(sway_x, sway_y - 0.1 + tall * done)
    left = [point(-wide + sway_x, -0.1 + sway_y), point(sway_x - 0.05 * lean, -0.1 + sway_y), crack]
    stage.polygon([*left, point(sway_x, tall), point(sway_x - wide, tall)], paper)
    shift = point(0.16 * done, 0.22 * done)
    right = [point(sway_x, -0.1 + sway_y) + shift, point(wide + sway_x, -0.06 + sway_y) + 1.3 * shift]
    stage.polygon(
        [*right, point(wide + 0.1 * lean, tall - 0.2 * lean), point(sway_x, tall), crack], bodies.darker(paper, 0.92)
    )
    for side, grip in ((-1.0, point(sway_x - 0.12, sway_y - 0.1)), (1.0, point(sway_x + 0.12, sway_y - 0.1) + shift)):
        bodies.forearm(stage, grip, (-0.3 if side < 0 else np.pi + 0.3) + rng.uniform(-0.4, 0.4), 0.9, 0.1, skin)
        bodies.hand(stage, grip, 0.13, np.pi / 2 + side * 0.5, skin)
    for time in times:
        stage.hit(time, float(rng.uniform(0.4, 0.9)), "paper_card", (0.0, 0.1))


def door(stage: Stage) -> None:
    """A door, a lid or a drawer front swings shut and slams, then opens again."""
    rng = stage.rng
    times = -1.2 + np.cumsum(rng.uniform(0.7, 1.6, 12))
    shut, opened = times[0::2], times[1::2]
    wide_open, swing = rng.uniform(0.6, 1.3), rng.uniform(0.25, 0.5)
    k = np.clip(np.searchsorted(opened, stage.t, side="right") - 1, 0, len(shut) - 2)
    opening = np.clip((stage.t - opened[k]) / 0.5, 0, 1)
    closing = np.clip((stage.t - (shut[k + 1] - swing)) / swing, 0, 1)
    angle = wide_open * np.minimum(opening * (2 - opening), 1 - closing**2.2)
    shiver = 0.01 * ringing(stage.t, [(float(time), 1.0) for time in shut], 12, 0.08)
    near, wide = rng.uniform(0.15, 0.4), rng.uniform(0.6, 0.9)
    stage.still = True
    stage.polygon([(-0.08, -1.4), (wide + 0.08, -1.4), (wide + 0.08, 1.0), (-0.08, 1.0)], bodies.surface(rng))
    stage.polygon([(0, -1.3), (wide, -1.3), (wide, 1.0), (0, 1.0)], bodies.darker(bodies.surface(rng), 0.4))
    stage.still = False
    panel = bodies.wood(rng) if rng.random() < 0.5 else bodies.surface(rng)
    edge, grow = wide * np.cos(angle) + shiver, near * np.sin(angle)
    stage.polygon([(0, -1.3), point(edge, -1.3 - grow), point(edge, 1.0 + grow), (0, 1.0)], panel)
    low, high = 0.2 * edge, 0.8 * edge
    inset = [point(low, -1.1 - 0.2 * grow), point(high, -1.1 - 0.7 * grow), point(high, -0.3), point(low, -0.3)]
    stage.polygon(inset, bodies.darker(panel, 0.85))
    stage.ellipse(point(0.9 * edge, 0.0 * edge), (0.04, 0.05), bodies.metal(rng))
    for time in shut:
        stage.hit(time, float(rng.uniform(0.7, 1.0)), "door_open_close", (wide, 0.0))
    for time in opened:
        stage.hit(time, float(rng.uniform(0.25, 0.5)), "door_open_close", (wide, 0.0))


def flap(stage: Stage) -> None:
    """Hands snap a cloth: a wave runs down it and cracks at the end."""
    rng = stage.rng
    times = -0.8 + np.cumsum(rng.uniform(0.5, 1.4, 10))
    cloth = bodies.surface(rng, texture=0.4)
    cells, length = 6, rng.uniform(0.6, 1.0)

    def edge(x: float, side: float) -> Array:
        late = 0.16 * x
        pulse = kick(stage.t - late, times - 0.16, 0.04, 0.12)
        y = (
            -0.3 * pulse * (0.4 + 0.6 * x)
            + 0.25 * x * x
            + 0.03 * x * smooth_noise(np.random.default_rng(3), stage.t, 2)
        )
        return point(-0.5 * length + length * x, y + side * 0.22)

    for cell in range(cells):
        x, following = cell / cells, (cell + 1) / cells
        tone = bodies.darker(cloth, 0.8 + 0.25 * (cell % 2))
        stage.polygon([edge(x, -1), edge(following, -1), edge(following, 1), edge(x, 1)], tone)
    skin, lift = bodies.skin_of(rng), kick(stage.t, times - 0.16, 0.04, 0.12)
    for side in (-1.0, 1.0):
        grip = point(-0.5 * length, side * 0.22 - 0.12 * lift)
        bodies.forearm(stage, grip, 0.2 - 0.3 * side, 0.9, 0.08, skin)
        bodies.hand(stage, grip, 0.11, 0.0, skin)
    for time in times:
        stage.hit(time, float(rng.uniform(0.4, 0.9)), "cloth", (0.4 * length, 0.1))


def volley(stage: Stage) -> None:
    """A racket or a bat meets a flying ball and sends it back."""
    rng = stage.rng
    times = -1.0 + np.cumsum(rng.uniform(0.5, 1.4, 12))
    k = np.clip(np.searchsorted(times, stage.t, side="right") - 1, 0, len(times) - 2)
    x = np.clip((stage.t - times[k]) / (times[k + 1] - times[k]), 0, 1)
    far = rng.uniform(0.8, 2.0)
    # straight out, then back: the turn out there is someone else's, off the picture
    away = far * (1 - np.abs(2 * x - 1))
    ball = point(away, -rng.uniform(0.1, 0.5) * away * (1 - 0.3 * away))
    before = np.min(np.where(stage.t[:, None] < times, times - stage.t[:, None], 9.0), 1)
    after = np.min(np.where(stage.t[:, None] >= times, stage.t[:, None] - times, 9.0), 1)
    swing = np.where(
        before < 0.16,
        -1 + (1 - before / 0.16) ** 2,
        np.where(after < 0.3, after / 0.3, -1 + 2 * np.exp(-np.maximum(after - 0.3, 0) / 0.15)),
    )
    turn = -0.6 + 0.9 * swing
    hand = point(-0.45, 0.35) + 0.15 * direction(turn)
    skin = bodies.skin_of(rng)
    shirt = bodies.surface(rng)
    stage.capsule(point(-0.85, 0.0), (-0.9, 0.7), (0.2, 0.2), shirt)
    bodies.head(stage, point(-0.82 + 0.02 * swing, -0.35), 0.14, skin, False, Skin(colour(rng, (0.05, 0.4))))
    bodies.arm(stage, point(-0.75, -0.05), hand, 0.07, shirt, skin, 1.0)
    tip = hand + (0.5 * direction(turn))
    stage.capsule(hand, tip, (0.025, 0.025), bodies.wood(rng))
    stage.ellipse(tip + 0.1 * direction(turn), (0.18, 0.13), bodies.surface(rng), turn)
    stage.ellipse(ball, (0.06, 0.06), bodies.surface(rng, colour(rng, (0.6, 1.0))))
    for time in times:
        stage.hit(time, float(rng.uniform(0.6, 1.0)), "impact_generic", (0.0, 0.0))
