"""Families in which a hand, with or without a tool, strikes a thing. Contact is at (0, 0) unless said."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import direction, point
from foleycli.scenes.physics import Strokes, ringing, smooth_noise, strokes
from foleycli.scenes.scene import Array
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import away_from, colour, pick


def play(stage: Stage, plan: Strokes, sound: str, where: tuple[float, float] = (0.0, 0.0)) -> list[tuple[float, float]]:
    """Writes a striker's contacts down as events and returns them."""
    hits = plan.hits(stage.seconds)
    for time, strength in hits:
        stage.hit(time, strength, sound, where)
    return hits


def crumbs(
    stage: Stage, hits: list[tuple[float, float]], where: tuple[float, float], skin: Skin, count: int = 5
) -> None:
    """Bits that jump from a contact and fall back."""
    if not hits:
        return
    times = np.array([time for time, _ in hits]).repeat(count)
    speed = stage.rng.uniform(-0.8, 0.8, len(times)), stage.rng.uniform(-1.6, -0.4, len(times))
    since = np.maximum(stage.t[:, None] - times, 0)
    x = where[0] + speed[0] * since
    y = where[1] + np.minimum(speed[1] * since + 4.0 * since**2, 0.03)
    away = (since <= 0) | (since > 0.5)
    stage.dots(np.stack([np.where(away, -99.0, x), y], -1), 0.012, skin)


def swung_tool(
    stage: Stage, h: Array, length: float, rest: float, swing: float, lift: float
) -> tuple[Array, Array, Array]:
    """Hand, tip (N,2) and angle (N,) of a tool whose tip is at (0, 0) when `h` (N,) is 0 and swings up with it."""
    angle = rest - swing * h
    grip = -length * direction(rest) + lift * point(-0.25 * h, -h)
    return grip, grip + length * direction(angle), angle


def stick_strike(stage: Stage) -> None:
    """A stick held by a hand hits something lying on a surface."""
    rng = stage.rng
    plan = strokes(rng, stage.seconds, 0.5, 5.0)
    sound = str(rng.choice(["impact_wood", "impact_metal", "impact_generic", "cloth", "plastic_rubber", "can_bottle"]))
    hits = play(stage, plan, sound)
    table = bodies.surface(rng)
    stage.still = True
    stage.polygon([(-3, rng.uniform(0.02, 0.2)), (3, rng.uniform(0.02, 0.2)), (3, 3), (-3, 3)], table)
    stage.still = False
    shiver = 0.02 * ringing(stage.t, hits, rng.uniform(6, 16), 0.08)
    swing_on = rng.random() < 0.25  # hung or soft things swing on after the hit, without a sound
    swings = rng.uniform(0.03, 0.12) * ringing(stage.t, hits, rng.uniform(0.8, 2.5), rng.uniform(0.2, 0.7)) * swing_on
    thing = bodies.surface(rng, away_from(rng, table.colour))
    wide, tall = rng.uniform(0.12, 0.6), rng.uniform(0.05, 0.4)
    if rng.random() < 0.6:
        lean = rng.uniform(-0.1, 0.1)
        stage.polygon(
            [
                point(-wide + lean + swings, shiver),
                point(wide + lean + swings, shiver),
                point(wide, tall),
                point(-wide, tall),
            ],
            thing,
        )
    else:
        stage.ellipse(point(swings, tall + shiver), (wide, tall), thing)
    h = plan.height(stage.t)
    length = rng.uniform(0.35, 0.9)
    rest = rng.uniform(-0.1, 0.6)
    grip, tip, angle = swung_tool(stage, h, length, rest, rng.uniform(0.2, 1.1), rng.uniform(0.02, 0.25))
    aside = plan.aside(stage.t)
    grip, tip = grip + aside, tip + aside
    stage.shadow(point(tip[:, 0] + 0.15 * h, 0.03), (0.12, 0.025), 0.4 * (1 - 0.7 * np.clip(h, 0, 1)))
    skin = bodies.skin_of(rng)
    stage.capsule(
        grip - 0.06 * direction(angle), tip, (rng.uniform(0.02, 0.035), rng.uniform(0.014, 0.03)), bodies.wood(rng)
    )
    size = rng.uniform(0.09, 0.13)
    elbow_turn = rng.uniform(-0.6, 0.5) + 0.25 * (angle - rest)
    bodies.forearm(stage, grip, elbow_turn, 0.8, 0.09, skin if rng.random() < 0.5 else bodies.surface(rng))
    bodies.hand(stage, grip, size, angle + 0.6, skin)
    if rng.random() < 0.3:
        crumbs(stage, hits, (0, 0), Skin(thing.colour))


def drum_sticks(stage: Stage) -> None:
    """Two sticks play a drum, seen from the side or a little from above, in turn or together."""
    rng = stage.rng
    tilt = rng.uniform(0.12, 0.45)
    shell, hide = (
        bodies.surface(rng),
        Skin(pick(rng, ((0.9, 0.88, 0.82), (0.8, 0.7, 0.55), (0.95, 0.95, 0.95))), 3, 0.1),
    )
    rate = rng.uniform(0.6, 6.0)
    plans = [strokes(rng, stage.seconds, 0.7 * rate, 1.2 * rate) for _ in range(2)]
    spots = [(-0.12, rng.uniform(0, 0.1)), (0.14, rng.uniform(0, 0.1))]
    hits = play(stage, plans[0], "impact_generic", spots[0]) + play(stage, plans[1], "impact_generic", spots[1])
    shake = 0.012 * ringing(stage.t, hits, rng.uniform(8, 18), 0.06)
    stage.polygon([(-0.5, 0.08), (0.5, 0.08), (0.47, 0.75), (-0.47, 0.75)], shell)
    stage.ellipse(point(0, 0.08 + shake), (0.53, 0.53 * tilt), bodies.metal(rng))
    stage.ellipse(point(0, 0.07 + shake), (0.48, 0.48 * tilt), hide)
    skin, stick, cloth = bodies.skin_of(rng), bodies.wood(rng), bodies.surface(rng)
    rest, swing, lift = rng.uniform(0.1, 0.5), rng.uniform(0.4, 1.2), rng.uniform(0.02, 0.15)
    for side, plan, spot in zip((1.0, -1.0), plans, spots, strict=True):
        h = plan.height(stage.t)
        grip, tip, angle = swung_tool(stage, h, 0.55, rest, swing, lift)
        mirror, place = np.array([side, 1.0]), np.array(spot) + plan.aside(stage.t)
        stage.capsule(grip * mirror + place, tip * mirror + place, (0.022, 0.016), stick)
        wrist = grip * mirror + place
        bodies.forearm(stage, wrist, np.where(side > 0, 0.3, np.pi - 0.3), 0.7, 0.08, cloth)
        bodies.hand(stage, wrist, 0.1, np.where(side > 0, angle, np.pi - angle), skin)


def hand_drums(stage: Stage) -> None:
    """A person behind two drums plays them with flat hands."""
    rng = stage.rng
    skin, shirt = bodies.skin_of(rng), bodies.surface(rng, texture=0.5)
    sway = 0.02 * smooth_noise(rng, stage.t, 0.7)
    if rng.random() < 0.7:
        stage.capsule(point(sway - 0.04, -0.55), point(0, 0.2), (0.26, 0.22), shirt)
        bodies.head(stage, point(1.4 * sway, -0.95), 0.16, skin, True, Skin(colour(rng, (0.05, 0.4))))
    drums = [(-0.3, 0.0), (0.3, rng.uniform(-0.05, 0.08))]
    rate = rng.uniform(0.8, 6.0)
    skins = Skin(pick(rng, ((0.9, 0.85, 0.75), (0.75, 0.62, 0.45))), 4, 0.15)
    shell = bodies.wood(rng)
    for (x, y), wide in zip(drums, rng.uniform(0.2, 0.3, 2), strict=True):
        stage.polygon(
            [(x - wide, y + 0.03), (x + wide, y + 0.03), (x + 0.7 * wide, y + 0.7), (x - 0.7 * wide, y + 0.7)], shell
        )
        stage.ellipse((x, y + 0.03), (wide * 1.05, 0.3 * wide), bodies.metal(rng))
        stage.ellipse((x, y + 0.02), (wide * 0.95, 0.25 * wide), skins)
    for side, (x, y) in zip((-1.0, 1.0), drums, strict=True):
        plan = strokes(rng, stage.seconds, 0.6 * rate, 1.2 * rate)
        play(stage, plan, "impact_generic", (x + 0.02 * side, y))
        h = plan.height(stage.t)
        palm = point(x + 0.02 * side + 0.06 * side * h, y - 0.02 - rng.uniform(0.15, 0.4) * h)
        palm = palm + 0.6 * plan.aside(stage.t)
        wrist = palm + point(0.1 * side, -0.03 - 0.05 * h)
        bodies.arm(stage, point(0.24 * side + sway, -0.62), wrist, 0.075, shirt, skin, side)
        bodies.hand(stage, palm, 0.085, np.where(side > 0, np.pi - 0.35 + 0.5 * h, 0.35 - 0.5 * h), skin, fist=False)


def drum_kit(stage: Stage) -> None:
    """A drum kit from above: two sticks shorten as they rise towards the camera and land on drums and cymbals."""
    rng = stage.rng
    spots = [(x + rng.uniform(-0.06, 0.06), y + rng.uniform(-0.06, 0.06)) for x, y in
             ((-0.6, -0.2), (-0.15, 0.05), (0.1, -0.45), (0.6, -0.35), (0.55, 0.2))]  # fmt: skip
    rate = rng.uniform(0.8, 4.0)
    plans = [strokes(rng, stage.seconds, 0.7 * rate, 1.2 * rate) for _ in range(2)]
    aims = [rng.choice([0, 1, 2], size=len(plans[0].times)), rng.choice([1, 3, 4], size=len(plans[1].times))]
    aims = [np.full_like(aim, aim[0]) if rng.random() < 0.5 else aim for aim in aims]
    struck: list[list[tuple[float, float]]] = [[] for _ in spots]
    for plan, aim in zip(plans, aims, strict=True):
        for time, strength, spot, floor in zip(plan.times, plan.strengths, aim, plan.floors, strict=True):
            if floor <= 0:
                struck[spot].append((float(time), float(strength)))
                stage.hit(float(time), float(strength), "impact_generic", spots[spot])
    for spot, hits in zip(spots, struck, strict=True):
        shake = 0.012 * ringing(stage.t, hits, rng.uniform(4, 14), rng.uniform(0.05, 0.25))
        wide = rng.uniform(0.2, 0.34)
        place = point(spot[0] + shake, spot[1] + shake)
        stage.ellipse(place, (wide, wide), bodies.metal(rng))
        brass = Skin(pick(rng, ((0.75, 0.6, 0.25), (0.9, 0.88, 0.82))), 3, 0.12, 90.0, 0.4)
        stage.ellipse(place, (0.93 * wide, 0.93 * wide), brass)
    skin, stick = bodies.skin_of(rng), bodies.wood(rng)
    for side, plan, aim in zip((-1.0, 1.0), plans, aims, strict=True):
        h = plan.height(stage.t)[:, None]
        k = np.clip(np.searchsorted(plan.times, stage.t, side="right") - 1, 0, len(aim) - 2)
        x = np.clip((stage.t - plan.times[k]) / (plan.times[k + 1] - plan.times[k]), 0, 1)[:, None] ** 1.5
        places = np.asarray(spots)
        # between two contacts the tip travels over to the next drum
        aimed = places[aim[k]] * (1 - x) + places[aim[k + 1]] * x + 0.6 * plan.aside(stage.t)
        home = np.array([0.3 * side, 0.85])
        grip = home + 0.3 * (aimed - home) + h * [0.1 * side, -0.08]
        tip = aimed + 0.35 * h * (grip - aimed) + h * [0.0, -0.12]
        stage.capsule(grip + 0.06, tip + 0.12 * h + 0.02, (0.03, 0.025), Skin(np.zeros(3, np.float32)), 0.25)
        bodies.forearm(stage, grip, -np.pi / 2 - 0.3 * side, 0.8, 0.09, skin)
        stage.capsule(grip, tip, (0.024 + 0.0, 0.02), stick)
        bodies.hand(stage, grip, 0.12, -np.pi / 2 - 0.2 * side, skin)
