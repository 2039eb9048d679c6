"""Families that sound all the time: rain, streams, waves, wind, fire, and things that pass or run."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import point
from foleycli.scenes.kinds.fall import ground
from foleycli.scenes.physics import smooth_noise
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import TILES, colour, rgb


def rain(stage: Stage) -> None:
    """Streaks of rain over a street, or snow-like spots on a pane."""
    rng = stage.rng
    ground(stage, 0.2)
    count = int(rng.integers(40, 160))
    speed, slant = rng.uniform(2.0, 5.0), rng.uniform(-0.3, 0.3)
    x0, y0 = rng.uniform(-1.5, 1.5, count), rng.random(count)
    y = (y0 + speed * rng.uniform(0.85, 1.15, count) * stage.t[: len(stage.t) // 2, None] / 2.4) % 1.0
    step = speed * (stage.t[len(stage.t) // 2] - stage.t[0]) / 2.4
    y = np.concatenate([y, y + step + 0.02]) * 2.4 - 1.2
    stage.dots(np.stack([x0 + slant * y, y], -1), 0.008, Skin(rgb(0.8, 0.84, 0.9)), rng.uniform(0.3, 0.8))
    splash = rng.random((len(stage.t) // 2, count // 3)) * 2.4 - 1.2
    spots = np.stack([splash, 0.3 + 0.6 * rng.random(splash.shape)], -1)
    stage.dots(np.concatenate([spots, spots]), 0.012, Skin(rgb(0.8, 0.85, 0.9)), 0.6)
    stage.span(0, stage.seconds, count / 160, "rain")


def stream(stage: Stage) -> None:
    """Water that flows across or falls down, with foam; it may be poured from above."""
    rng = stage.rng
    fall = rng.random() < 0.5
    t, speed = stage.t, rng.uniform(0.3, 1.6)
    for k in range(3):
        paint = np.clip(0.4 * colour(rng, (0.3, 0.8)) + rgb(0.3, 0.4, 0.5) * rng.uniform(0.6, 1.2), 0, 1)
        skin = Skin(paint, int(rng.choice([1, 2, 6, 7, 10])), rng.uniform(0.25, 0.6), rng.uniform(40, 120))
        wobble = 0.03 * smooth_noise(rng, t, 2)
        run = speed * rng.uniform(0.7, 1.3) * t
        if fall:
            left = -0.5 + 0.32 * k + rng.uniform(-0.05, 0.05)
            lip = [point(left + wobble, -1.2), point(left + 0.4 - wobble, -1.2)]
            stage.polygon([*lip, (left + 0.45, 0.4), (left - 0.05, 0.4)], skin, 0.9, point(0 * run, run))
        else:
            top = -0.2 + 0.3 * k
            stage.polygon(
                [point(-2, top + wobble), point(2, top - wobble), (2, top + 1.5), (-2, top + 1.5)],
                skin,
                0.85,
                point(run, wobble),
            )
    if fall:
        puffs = 0.45 + 0.15 * rng.random((len(t) // 2, 40))
        foam = np.stack([rng.uniform(-0.7, 0.7, puffs.shape), puffs], -1)
        stage.dots(np.concatenate([foam, foam]), 0.03, Skin(rgb(0.9, 0.93, 0.95)), 0.5)
    stage.span(0, stage.seconds, 0.3 + speed / 2.5, "water_pour_flow")


def waves(stage: Stage) -> None:
    """Waves roll in towards the camera and wash back, foam on their crests."""
    rng = stage.rng
    rate, t = rng.uniform(0.12, 0.4), stage.t
    sea = np.clip(rgb(0.15, 0.35, 0.45) * rng.uniform(0.6, 1.6) + rng.uniform(-0.05, 0.05, 3), 0, 1).astype(np.float32)
    for k in range(5):
        cycle = (rate * t + k / 5) % 1.0
        y = -0.35 + 1.1 * cycle**1.5
        skin = Skin(sea * np.float32(0.8 + 0.1 * k), 2, 0.4, 60.0)
        show = np.clip(6 * cycle, 0, 1) * np.clip(6 * (1 - cycle), 0, 1)
        tilt = 0.04 * np.sin(2 * np.pi * (0.3 * t + k))
        stage.polygon(
            [point(-3, y + tilt), point(3, y - tilt), point(3, y + 0.5), point(-3, y + 0.5)],
            skin,
            show,
            point(0.1 * t, 0.4 * t),
        )
        foam = Skin(rgb(0.92, 0.95, 0.96), 1, 0.4, 90.0)
        stage.capsule(point(-3, y + tilt), point(3, y - tilt), (0.02, 0.03), foam, show * np.clip(cycle * 1.5, 0, 1))
    stage.span(0, stage.seconds, 0.7, "water_waves")


def sway(stage: Stage) -> None:
    """Stalks and leaves bend in the wind."""
    rng = stage.rng
    gust = 0.5 + 0.5 * smooth_noise(rng, stage.t, 0.5)
    leaf = bodies.surface(rng, rng.uniform(0.5, 1.8) * rgb(0.25, 0.45, 0.15))
    for _ in range(int(rng.integers(6, 14))):
        x, tall = rng.uniform(-1.0, 1.0), rng.uniform(0.3, 0.9)
        bend = rng.uniform(0.05, 0.2) * (
            gust + 0.5 * np.sin(2 * np.pi * (rng.uniform(0.6, 2.0) * stage.t + rng.random()))
        )
        tip = point(x + bend, -tall + 0.3 * bend**2)
        stage.capsule((x, 0.4), tip, (0.03, 0.015), bodies.darker(leaf, rng.uniform(0.6, 1.2)))
        stage.ellipse(
            tip,
            (rng.uniform(0.04, 0.15), rng.uniform(0.03, 0.08)),
            bodies.darker(leaf, rng.uniform(0.7, 1.4)),
            bend * 2,
        )
    stage.span(0, stage.seconds, 0.5, "wind")


def pass_by(stage: Stage) -> None:
    """A car or a train goes through the picture."""
    rng = stage.rng
    ground(stage)
    train = rng.random() < 0.35
    middle, speed = rng.uniform(0.2, 0.8) * stage.seconds, rng.uniform(0.5, 2.5)
    x = speed * (stage.t - middle)
    paint, glass = bodies.surface(rng, texture=0.15), Skin(rgb(0.15, 0.2, 0.25), 3, 0.1, 90.0, 0.3)
    for k in range(3 if train else 1):
        cx = x - k * 1.75
        half = 0.8 if train else 0.55
        top = -0.6 if train else -0.28
        stage.shadow(point(cx, 0.02), (half, 0.05), 0.6, 0.04)
        if not train:
            stage.polygon(
                [
                    point(cx - 0.3, top - 0.22),
                    point(cx + 0.2, top - 0.22),
                    point(cx + 0.38, top),
                    point(cx - 0.45, top),
                ],
                glass,
            )
        stage.polygon(
            [point(cx - half, top), point(cx + half, top), point(cx + half, -0.07), point(cx - half, -0.07)], paint
        )
        if train:
            for window in (-0.5, -0.1, 0.3):
                wx = cx + window
                stage.polygon(
                    [
                        point(wx, top + 0.1),
                        point(wx + 0.25, top + 0.1),
                        point(wx + 0.25, top + 0.28),
                        point(wx, top + 0.28),
                    ],
                    glass,
                )
        for wheel in (-0.6, 0.6):
            hub = point(cx + wheel * half, -0.09)
            stage.ellipse(hub, (0.11, 0.11), Skin(rgb(0.07, 0.07, 0.08)))
            stage.ellipse(hub + 0.05 * bodies.direction(9 * x), (0.035, 0.035), Skin(rgb(0.7, 0.7, 0.72)))
    width = 2.6 if train else 1.2
    start, stop = middle - width / speed, middle + (width + 2.0 * train) / speed
    stage.span(start, stop, min(1.0, 0.4 + 0.25 * speed), "vehicle_train" if train else "vehicle_engine")


def fire(stage: Stage) -> None:
    """Flames lick upwards and flicker; sparks rise."""
    rng = stage.rng
    t = stage.t
    for log in (-0.3, 0.25):
        stage.capsule((log - 0.4, 0.12), (log + 0.4, 0.2), (0.08, 0.07), bodies.darker(bodies.wood(rng), 0.5))
    for k in range(10):
        x, heat = rng.uniform(-0.35, 0.35), k / 10
        tall = rng.uniform(0.2, 0.6) * (0.7 + 0.4 * smooth_noise(rng, t, 4)) * (1 - 0.5 * heat)
        lean = 0.08 * smooth_noise(rng, t, 3)
        paint = Skin(rgb(1.0, 0.35 + 0.5 * heat, 0.08 + 0.4 * heat), int(rng.integers(TILES)), 0.2, 60.0)
        stage.capsule(point(x, 0.12), point(0.7 * x + lean, 0.12 - tall), (0.11 - 0.05 * heat, 0.015), paint, 0.75)
    rise = (rng.random(20) + 0.5 * t[:, None]) % 1.0
    stage.dots(
        np.stack([rng.uniform(-0.3, 0.3, 20) + 0.1 * np.sin(9 * rise), 0.1 - 1.2 * rise], -1),
        0.008,
        Skin(rgb(1.0, 0.8, 0.4)),
        0.8,
    )
    stage.glow((0, -0.1), 0.5, rgb(0.5, 0.22, 0.06), 0.8 + 0.3 * smooth_noise(rng, t, 5))
    stage.span(0, stage.seconds, 0.6, "fire")
