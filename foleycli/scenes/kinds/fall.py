"""Families of things that fall: balls that bounce, things dropped, drops of water."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import point
from foleycli.scenes.physics import bounce, ringing, smooth_noise
from foleycli.scenes.scene import Array
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import away_from, colour

QUIETEST_IMPACT = 0.06  # of the first impact's speed; later bounces are not heard


def ground(stage: Stage, depth: float = 0.0) -> Skin:
    """A floor from `depth` downwards, seen a little from above."""
    skin = bodies.surface(stage.rng, texture=0.5)
    stage.still = True
    stage.polygon(
        [(-4, depth - stage.rng.uniform(0.05, 0.3)), (4, depth - stage.rng.uniform(0.05, 0.3)), (4, 4), (-4, 4)], skin
    )
    stage.still = False
    return skin


def _at(stage: Stage, time: float, path: Array) -> float:
    """Where a coordinate given at the shutter times is at `time` seconds."""
    half = len(stage.t) // 2
    return float(np.interp(time, stage.t[half:], path[half:]))


def bouncing_ball(stage: Stage) -> None:
    """A ball is thrown down or let go, and bounces with less and less height, or is dribbled by a hand."""
    rng = stage.rng
    floor = ground(stage)
    radius = rng.uniform(0.05, 0.16)
    paint = bodies.surface(rng, away_from(rng, floor.colour))
    sound = "ball_bounce" if rng.random() < 0.8 else "plastic_rubber"
    t = stage.t
    if rng.random() < 0.35:
        height, contacts, strengths, peak = _dribble(stage, t)
        drift = 0.02 * smooth_noise(rng, t, 0.8)
    else:
        gravity, peak = rng.uniform(3, 9), rng.uniform(0.5, 1.1)
        height, contacts, speed = bounce(t, rng.uniform(-0.6, 0.8), peak, rng.uniform(0.55, 0.9), gravity)
        strengths = speed / speed[0]
        drift = rng.uniform(-0.5, 0.5) * (t - stage.seconds / 2)
    near = np.exp(-np.abs(t[:, None] - contacts).min(1) / 0.025) * 0.25 * (height < 0.05)
    place = point(drift, -height - radius * (1 - 0.5 * near))
    stage.shadow(point(drift, 0.0), (1.1 * radius, 0.3 * radius), 0.5 / (1 + 3 * height), 0.03)
    spin = rng.uniform(-6, 6) * t
    stage.ellipse(place, np.stack([radius * (1 + 0.4 * near), radius * (1 - 0.5 * near)], -1), paint)
    for k in range(2):
        spot = place + 0.5 * radius * bodies.direction(spin + np.pi * k)
        stage.ellipse(spot, (0.22 * radius, 0.22 * radius), bodies.darker(paint, 0.55 + 0.9 * k))
    if peak < 0:
        skin = bodies.skin_of(rng)
        palm = point(drift, np.minimum(-height - 2 * radius - 0.03, peak))
        bodies.forearm(stage, palm, 0.4, 0.8, 0.07, skin)
        bodies.hand(stage, palm, 0.12, 0.5, skin, fist=False)
    for time, strength in zip(contacts, strengths, strict=True):
        if strength > QUIETEST_IMPACT:
            stage.hit(time, strength, sound, (_at(stage, time, drift), 0.0))


def _dribble(stage: Stage, t: Array) -> tuple[Array, Array, Array, float]:
    """Even bounces driven by a hand: height (N,), contacts, strengths, and minus the height where the hand waits."""
    period, top = stage.rng.uniform(0.35, 0.8), stage.rng.uniform(0.45, 0.9)
    first = -1.5 + stage.rng.uniform(0, period)
    contacts = first + period * np.arange(int((stage.seconds + 3) / period) + 1)
    x = ((t - first) / period) % 1.0
    height = top * (1 - (2 * x - 1) ** 2)
    return height, contacts, stage.rng.uniform(0.5, 1.0, len(contacts)), -0.75 * top


def drop(stage: Stage) -> None:
    """A thing falls on the floor, tumbles, hops once or twice and lies; sometimes several, one after another."""
    rng = stage.rng
    floor = ground(stage)
    sounds = ["impact_wood", "impact_metal", "plastic_rubber", "glass_ceramic", "small_metal_objects", "can_bottle",
              "stone_gravel_dirt", "impact_generic"]  # fmt: skip
    sound = str(rng.choice(sounds))
    t = stage.t
    for _ in range(int(rng.integers(1, 4))):
        x, peak = rng.uniform(-0.5, 0.5), rng.uniform(0.5, 1.4)
        restitution = rng.uniform(0.12, 0.5)
        height, contacts, speed = bounce(
            t, rng.uniform(-0.6, stage.seconds - 0.4), peak, restitution, rng.uniform(4, 9)
        )
        radius, flat = rng.uniform(0.05, 0.18), rng.uniform(0.25, 1.0)
        drift = rng.uniform(-0.3, 0.3)
        moved = x + drift * np.clip(t - contacts[0], -1, contacts[4] - contacts[0])
        # it spins while it flies; each contact changes the spin, and in the end it lies flat
        spin = (
            np.pi
            * np.round(rng.uniform(-2, 2))
            * np.clip((contacts[3] - t) / (contacts[3] - contacts[0] + 0.5), 0, 1.5)
        )
        skin = bodies.surface(rng, away_from(rng, floor.colour))
        centre = point(moved, -height - radius * flat)
        stage.shadow(point(moved, 0), (radius, 0.25 * radius), 0.5 / (1 + 3 * height), 0.03)
        ahead, down = bodies.direction(spin) * radius, bodies.direction(spin + np.pi / 2) * radius * flat
        if rng.random() < 0.6:
            stage.polygon(
                [centre - ahead - down, centre + ahead - down, centre + ahead + down, centre - ahead + down], skin
            )
        else:
            stage.ellipse(centre, (radius, radius * flat), skin, spin)
            stage.ellipse(centre + 0.4 * ahead, (0.3 * radius, 0.3 * radius * flat), bodies.darker(skin), spin)
        for time, strength in zip(contacts, speed / speed[0], strict=True):
            if strength > 2 * QUIETEST_IMPACT:
                stage.hit(time, strength * min(1.0, 0.5 + 0.4 * peak), sound, (_at(stage, time, moved), 0.0))


def water_drops(stage: Stage) -> None:
    """Drops fall from above into water; each makes a splash and rings that spread."""
    rng = stage.rng
    water = Skin(colour(rng, (0.2, 0.7)), 3, 0.15, 60.0)
    stage.polygon([(-3, -0.1), (3, -0.1), (3, 3), (-3, 3)], water, drift=0.02 * point(stage.t, np.sin(stage.t)))
    period, fall = rng.uniform(0.25, 1.5), rng.uniform(3, 8)
    times = -0.5 + np.cumsum(period * rng.uniform(0.7, 1.3, 20))
    size, light = rng.uniform(0.015, 0.04), Skin(np.clip(water.colour * 1.5 + 0.2, 0, 1))
    top = rng.uniform(0.7, 1.5)
    lane = rng.uniform(-0.05, 0.05, len(times))
    for time, x in zip(times, lane, strict=True):
        if not -0.6 < time < stage.seconds + 0.5:
            continue
        since = stage.t - time
        drop_y = np.where(since < 0, -fall / 2 * (since**2) - 1.5 * np.maximum(-since, 0), 9.0)
        stage.ellipse(point(x, np.where(drop_y > -top, drop_y, 9.0)), (size, 1.5 * size), light)
        age = np.maximum(since, 0)
        ring = 0.05 + 0.55 * age
        fade = np.where(since >= 0, 0.7 * np.exp(-age / 0.35), 0.0)
        stage.ellipse(point(x, 0), np.stack([ring, 0.3 * ring], -1), light, 0.0, fade)
        stage.ellipse(point(x, 0), np.stack([0.82 * ring, 0.24 * ring], -1), water, 0.0, np.minimum(1.4 * fade, 1))
        stage.hit(time, float(rng.uniform(0.4, 0.9)), "water_drops", (x, 0.0))
    spray = np.maximum(stage.t[:, None] - times.repeat(5), 0)
    out = rng.uniform(-0.5, 0.5, spray.shape[1]) * spray + lane.repeat(5)
    up = -rng.uniform(0.5, 1.4, spray.shape[1]) * spray + fall / 2 * spray**2
    gone = (spray <= 0) | (up > 0)
    stage.dots(np.stack([np.where(gone, -99.0, out), up], -1), 0.4 * size, light)


def ring_bell(stage: Stage) -> None:
    """A pendulum or a bell swings; a clapper meets it at each end of its swing."""
    rng = stage.rng
    rate = rng.uniform(0.5, 1.4)
    swing = rng.uniform(0.25, 0.7)
    phase = rng.random()
    angle = swing * np.sin(2 * np.pi * (rate * stage.t + phase))
    skin = bodies.metal(rng)
    along, across = bodies.direction(angle + np.pi / 2), bodies.direction(angle)
    stage.still = True
    stage.capsule((-1, -0.72), (1, -0.72), (0.05, 0.05), bodies.wood(rng))
    stage.still = False
    pivot = point(0, -0.7)
    times = (np.arange(-4, 12) / 2 + 0.25 - phase) / rate
    late = angle * 1.25 + 0.2 * ringing(stage.t, [(float(time), 1.0) for time in times], rate, 0.3)
    stage.capsule(pivot, pivot + 0.72 * bodies.direction(late + np.pi / 2), (0.015, 0.05), bodies.darker(skin, 0.5))
    corners = [
        pivot - 0.1 * across,
        pivot + 0.1 * across,
        pivot + 0.32 * across + 0.6 * along,
        pivot - 0.32 * across + 0.6 * along,
    ]
    stage.polygon(corners, skin)
    stage.ellipse(pivot + 0.6 * along, (0.36, 0.06), bodies.darker(skin, 0.8), angle)
    stage.span(0, stage.seconds, 0.4 + 0.6 * swing, "bell_alarm")
