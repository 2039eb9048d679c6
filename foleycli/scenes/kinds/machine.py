"""Families of machines and of things that tick or swing: fans, engines, drills, clocks, whooshes."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import direction, point
from foleycli.scenes.physics import kick, smooth_noise
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import rgb


def fan(stage: Stage) -> None:
    """Blades turn: a fan in its cage, or a rotor."""
    rng = stage.rng
    rotor = rng.random() < 0.4
    turn = 2 * np.pi * rng.uniform(0.4, 6.0) * stage.t
    blade = bodies.surface(rng, texture=0.15)
    if not rotor:
        stage.ellipse((0, 0), (0.55, 0.55), bodies.darker(blade, 0.35))
        stage.capsule((0, 0.5), (0, 1.1), (0.05, 0.07), bodies.metal(rng))
    else:
        stage.capsule((-0.35, 0.25), (0.35, 0.22), (0.2, 0.16), bodies.surface(rng, texture=0.15))
        stage.capsule((0.35, 0.2), (1.1, 0.1), (0.06, 0.03), blade)
    count, flat = int(rng.integers(2, 6)), 0.18 if rotor else 1.0
    for k in range(count):
        out = direction(turn + 2 * np.pi * k / count) * [1.0, flat]
        stage.capsule(0.06 * out, (0.9 if rotor else 0.42) * out, (0.035, 0.05 if rotor else 0.12), blade)
    stage.ellipse((0, 0), (0.07, 0.07), bodies.metal(rng))
    stage.span(0, stage.seconds, 0.6, "vehicle_air" if rotor else "machine_domestic")


def idle(stage: Stage) -> None:
    """An engine runs on the spot: the whole block trembles, the exhaust puffs."""
    rng = stage.rng
    size = rng.uniform(0.004, 0.015)
    rate = rng.uniform(7, 22)
    shake_x, shake_y = size * smooth_noise(rng, stage.t, rate), size * smooth_noise(rng, stage.t, rate)
    paint, steel = bodies.surface(rng), bodies.metal(rng)
    at = point(shake_x, shake_y)
    stage.polygon([at + point(-0.5, -0.3), at + point(0.5, -0.3), at + point(0.5, 0.25), at + point(-0.5, 0.25)], paint)
    for x in (-0.3, 0.0, 0.3):
        stage.capsule(at + point(x, -0.45), at + point(x, -0.25), (0.08, 0.08), steel)
    turn = 2 * np.pi * rng.uniform(1, 6) * stage.t
    hub = at + point(0.2, 0.02)
    stage.ellipse(hub, (0.17, 0.17), bodies.darker(steel, 0.7))
    stage.capsule(hub - 0.15 * direction(turn), hub + 0.15 * direction(turn), (0.03, 0.03), steel)
    for k in range(4):
        age = (1.2 * stage.t + k / 4) % 1.0
        puff = 0.04 + 0.15 * age
        smoke = Skin(rgb(0.6, 0.6, 0.62))
        stage.ellipse(
            point(-0.55 - 0.5 * age, 0.1 - 0.3 * age), np.stack([puff, puff], -1), smoke, 0.0, 0.4 * (1 - age), 0.05
        )
    stage.span(0, stage.seconds, 0.6, "vehicle_engine")


def drill(stage: Stage) -> None:
    """A hand presses a drill or a grinder against a wall: tremor, turning bit, flying dust."""
    rng = stage.rng
    size, rate = rng.uniform(0.004, 0.012), rng.uniform(8, 20)
    at = point(size * smooth_noise(rng, stage.t, rate) + 0.01 * stage.t, size * smooth_noise(rng, stage.t, rate))
    stage.still = True
    stage.polygon([(0.12, -3), (3, -3), (3, 3), (0.12, 3)], bodies.surface(rng))
    stage.still = False
    body, skin = bodies.surface(rng), bodies.skin_of(rng)
    stage.capsule(at + point(-0.2, 0.0), at + point(0.12, 0.0), (0.03, 0.012), bodies.metal(rng))
    stage.capsule(at + point(-0.55, 0.0), at + point(-0.25, 0.0), (0.12, 0.09), body)
    stage.capsule(at + point(-0.5, 0.05), at + point(-0.58, 0.35), (0.07, 0.07), bodies.darker(body, 0.7))
    bodies.forearm(stage, at + point(-0.58, 0.2), -0.2, 0.9, 0.1, bodies.surface(rng))
    bodies.hand(stage, at + point(-0.55, 0.2), 0.13, -0.2, skin)
    count = 24
    age = (rng.uniform(1.5, 3) * stage.t[:, None] + rng.random(count)) % 1.0
    heading = rng.uniform(2.0, 4.3, count)
    spread = rng.uniform(0.2, 0.7) * age
    bright = rgb(1.0, 0.8, 0.4) if rng.random() < 0.4 else rgb(0.75, 0.72, 0.68)
    dust = np.stack([0.12 + spread * np.cos(heading), spread * np.sin(heading) + 0.4 * age**2], -1)
    stage.dots(dust, 0.01, Skin(bright), 0.8)
    stage.span(0, stage.seconds, 0.8, "power_tool")


def clock(stage: Stage) -> None:
    """The hand of a clock jumps from mark to mark, one tick each."""
    rng = stage.rng
    period = float(rng.choice([0.25, 0.5, 1.0]))
    first = rng.uniform(-period, 0)
    times = first + period * np.arange(int((stage.seconds + 2) / period) + 2)
    stage.still = True
    stage.ellipse((0, 0), (0.5, 0.5), bodies.metal(rng))
    face = Skin(np.clip(rgb(0.9, 0.9, 0.86) * rng.uniform(0.3, 1.1), 0, 1), 3, 0.05)
    stage.ellipse((0, 0), (0.45, 0.45), face)
    ink = Skin(1 - face.colour)
    for mark in range(12):
        out = direction(mark * np.pi / 6)
        stage.capsule(0.36 * out, 0.42 * out, (0.012, 0.012), ink)
    stage.still = False
    k = np.searchsorted(times, stage.t, side="right")
    since = np.maximum(stage.t - times[np.maximum(k - 1, 0)], 0)
    turn = np.pi / 30 * rng.choice([1, 3]) * (k + 0.25 * np.exp(-since / 0.03) * np.cos(60 * since)) + rng.uniform(0, 6)
    stage.capsule((0, 0), 0.25 * direction(rng.uniform(0, 6)), (0.025, 0.02), ink)
    stage.capsule(-0.08 * direction(turn), 0.42 * direction(turn), (0.016, 0.01), Skin(rgb(0.8, 0.15, 0.1)))
    for time in times:
        stage.hit(time, 0.35, "clock_tick", (0.0, 0.0))


def whoosh(stage: Stage) -> None:
    """Something long is swung fast through the air, again and again, and hits nothing."""
    rng = stage.rng
    times = -0.8 + np.cumsum(rng.uniform(0.5, 1.3, 12))
    quick = rng.uniform(0.07, 0.14)
    steps = 0.5 + 0.5 * np.tanh((stage.t[:, None] - times) / quick)
    side = np.where(np.arange(len(times)) % 2, -1.0, 1.0)
    turn = -np.pi / 2 + rng.uniform(0.7, 1.2) * (2 * (steps * side).sum(1) - 1)
    grip = point(0.2 * np.cos(turn), 0.35 + 0.05 * np.sin(turn))
    skin, shirt = bodies.skin_of(rng), bodies.surface(rng)
    stage.capsule((0.0, 0.3), (0.0, 1.0), (0.25, 0.25), shirt)
    bodies.head(stage, point(0.02 * np.cos(turn), -0.12), 0.16, skin, rng.random() < 0.5, bodies.darker(skin, 0.3))
    bodies.arm(stage, point(0.2, 0.2), grip, 0.075, shirt, skin, 1.0)
    stage.capsule(grip, grip + rng.uniform(0.6, 1.0) * direction(turn), (0.025, 0.018), bodies.metal(rng))
    bodies.hand(stage, grip, 0.11, turn, skin)
    for time in times:
        stage.span(time - 1.2 * quick, time + 1.2 * quick, 0.7, "whoosh")


def mouse(stage: Stage) -> None:
    """A finger clicks a mouse or a switch."""
    rng = stage.rng
    times = -0.6 + np.cumsum(np.where(rng.random(30) < 0.3, 0.18, rng.uniform(0.3, 1.1, 30)))
    press = kick(stage.t, times, 0.02, 0.08)
    drift = point(0.1 * smooth_noise(rng, stage.t, 0.5), 0.06 * smooth_noise(rng, stage.t, 0.5))
    shell, skin = bodies.surface(rng, texture=0.1), bodies.skin_of(rng)
    stage.ellipse(drift + point(0.0, 0.1), (0.2, 0.3), shell)
    stage.capsule(drift + point(0.0, -0.18), drift + point(0.0, 0.02), (0.012, 0.012), bodies.darker(shell, 0.4))
    bodies.forearm(stage, drift + point(0.02, 0.42), -np.pi / 2 - 0.2, 0.9, 0.15, skin)
    stage.ellipse(drift + point(0.02, 0.34), (0.19, 0.2), skin)
    for x, tall in ((-0.1, 1.0), (0.08, 0.0)):
        tip = drift + point(x, -0.12 + 0.03 * tall * press)
        stage.capsule(
            drift + point(0.9 * x, 0.24 - 0.05 * tall * (1 - press)), tip, (0.06, 0.045), bodies.darker(skin, 0.92)
        )
    for time in times:
        stage.hit(time, float(rng.uniform(0.3, 0.6)), "click_keyboard", (-0.1, -0.1))
