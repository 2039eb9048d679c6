"""Families of bodies: people who walk and clap, animals that bark. The ground is y = 0."""

from __future__ import annotations

import numpy as np

from foleycli.scenes import bodies
from foleycli.scenes.bodies import direction, point
from foleycli.scenes.kinds.fall import ground
from foleycli.scenes.physics import gait, kick, reaches, smooth_noise, strokes
from foleycli.scenes.scene import Array
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import colour, pick, rgb

STEP_SOUNDS = ("footsteps", "footsteps", "footsteps", "stone_gravel_dirt")
FUR = ((0.85, 0.6, 0.3), (0.2, 0.17, 0.15), (0.9, 0.88, 0.84), (0.5, 0.35, 0.22))


def _landings(stage: Stage, rate: float, phase: float) -> list[tuple[float, int]]:
    """Times at which the left (0) and the right (1) foot land."""
    found = [((k / 2 - phase) / rate, k % 2) for k in range(-6, int(2 * (stage.seconds + 1) * rate) + 8)]
    return [(time, side) for time, side in found if 0 <= time < stage.seconds]


def walk_side(stage: Stage) -> None:
    """A person walks or runs across the picture, seen from the side; sometimes the camera keeps up."""
    rng = stage.rng
    ground(stage)
    rate, phase = rng.uniform(0.7, 1.5), rng.random()
    stance = rng.uniform(0.52, 0.62) if rate < 1.15 else rng.uniform(0.35, 0.5)
    stride = rng.uniform(0.22, 0.34)
    treadmill = rng.random() < 0.35
    speed = 0.0 if treadmill else 2 * stride * rate / stance
    start = 0.0 if treadmill else -speed * stage.seconds * rng.uniform(0.2, 0.8)
    cycle = rate * stage.t + phase
    hip_x = start + speed * stage.t
    hip = point(hip_x, -0.86 + 0.02 * np.cos(4 * np.pi * cycle))
    cloth, shoe, skin = bodies.surface(rng), bodies.surface(rng, colour(rng, (0.05, 0.7))), bodies.skin_of(rng)
    shirt, hair = bodies.surface(rng), Skin(colour(rng, (0.05, 0.4)))
    lean, arms = rng.uniform(0.0, 0.08), rng.uniform(0.3, 0.7)
    shoulder = hip + point(lean, -0.5)
    stage.shadow(point(hip_x, 0.0), (0.3, 0.05), 0.45, 0.05)
    for foot_side in (1, 0):
        forward, lift = gait(cycle - 0.5 * foot_side, stance)
        foot = point(hip_x + stride * forward, -0.16 * lift)
        tone = bodies.darker(cloth, 1.0 - 0.25 * foot_side)
        swing = arms * 0.5 * -forward
        wrist = shoulder + point(0.45 * np.sin(swing), 0.5 * np.cos(swing))
        if foot_side:
            bodies.arm(stage, shoulder, wrist, 0.05, bodies.darker(shirt, 0.7), skin, -1.0)
        bodies.leg(
            stage, hip, foot, 0.88, 0.085, tone, shoe, 0.15 - 0.9 * lift * (forward < 0) + 0.4 * lift * (forward > 0)
        )
        if not foot_side:
            stage.capsule(hip, shoulder, (0.13, 0.15), shirt)
            bodies.head(stage, shoulder + point(lean + 0.02, -0.25), 0.12, skin, False, hair)
            bodies.arm(stage, shoulder, wrist, 0.05, shirt, skin, -1.0)
    sound = str(rng.choice(STEP_SOUNDS))
    loud = rng.uniform(0.4, 0.9)
    for time, _ in _landings(stage, rate, phase):
        stage.hit(time, loud * rng.uniform(0.85, 1.1), sound, (start + speed * time + stride, 0.0))


def walk_front(stage: Stage) -> None:
    """A person comes nearer or goes away: feet land in turn, the body bobs and sways and changes size."""
    rng = stage.rng
    ground(stage)
    rate, phase = rng.uniform(0.7, 1.4), rng.random()
    stance = rng.uniform(0.52, 0.62)
    cycle, toward = rate * stage.t + phase, float(rng.choice([-1.0, 1.0]))
    size = np.exp(toward * rng.uniform(0.0, 0.2) * (stage.t - stage.seconds / 2))
    sway = 0.035 * np.sin(2 * np.pi * cycle)
    bob = 0.025 * np.cos(4 * np.pi * cycle)
    cloth, shoe, skin = bodies.surface(rng), bodies.surface(rng, colour(rng, (0.05, 0.7))), bodies.skin_of(rng)
    shirt, hair = bodies.surface(rng), Skin(colour(rng, (0.05, 0.4)))

    def at(x: Array | float, y: Array | float) -> Array:
        return point(x, y) * size[:, None]

    stage.shadow(at(0.0, 0.0), (0.3, 0.06), 0.45, 0.05)
    for side in (1, 0):
        forward, lift = gait(cycle - 0.5 * side, stance)
        across = 0.1 * (1 if side else -1)
        # the nearer foot is lower in the picture
        foot = at(across + 0.4 * sway, 0.07 * forward * toward - 0.12 * lift)
        knee_point = at(1.2 * across + 0.7 * sway, -0.44 + bob - 0.05 * lift)
        stage.capsule(at(0.9 * across + sway, -0.86 + bob), knee_point, (0.1, 0.08), cloth)
        stage.capsule(knee_point, foot - point(0, 0.06), (0.075, 0.055), bodies.darker(cloth, 0.9))
        stage.ellipse(foot - point(0, 0.02), (0.06, 0.05), shoe)
    hip, shoulders = at(sway, -0.88 + bob), at(1.3 * sway, -1.32 + bob)
    swing = np.sin(2 * np.pi * cycle)
    for hand_side in (-1.0, 1.0):
        elbow = shoulders + at(0.25 * hand_side, 0.28)
        stage.capsule(shoulders + at(0.17 * hand_side, 0.0), elbow, (0.06, 0.05), bodies.darker(shirt, 0.85))
        stage.capsule(elbow, elbow + at(-0.02 * hand_side, 0.2 - 0.08 * hand_side * swing), (0.05, 0.04), skin)
    stage.polygon([shoulders - at(0.2, 0), shoulders + at(0.2, 0), hip + at(0.15, 0.04), hip - at(0.15, -0.04)], shirt)
    bodies.head(stage, shoulders - at(0, 0.22), 0.13, skin, toward > 0, hair)
    sound, loud = str(rng.choice(STEP_SOUNDS)), rng.uniform(0.4, 0.9)
    for time, side in _landings(stage, rate, phase):
        stage.hit(time, loud * rng.uniform(0.85, 1.1), sound, (0.1 if side else -0.1, 0.03 * toward))


def clap(stage: Stage) -> None:
    """Two hands clap, alone in the picture or in front of a person."""
    rng = stage.rng
    plan = strokes(rng, stage.seconds, 0.7, 5.0, air=0.2)
    sway = 0.03 * smooth_noise(rng, stage.t, 0.8)
    skin, shirt = bodies.skin_of(rng), bodies.surface(rng, texture=0.5)
    if rng.random() < 0.6:
        stage.capsule(point(0.5 * sway, 0.05), point(0, 0.6), (0.3, 0.3), shirt)
        bodies.head(stage, point(sway, -0.42), 0.17, skin, True, Skin(colour(rng, (0.05, 0.4))))
    h, aside = plan.height(stage.t), plan.aside(stage.t)
    wide, thick = rng.uniform(0.1, 0.3), 0.035
    tilt = rng.uniform(-0.4, 0.4)
    for side in (-1.0, 1.0):
        # hands that part also drop, rest and wave, each a little by itself
        palm = point(side * (thick + wide * h), side * tilt * 0.06 - 0.03 * h) + 0.5 * aside * [1.0 + 0.4 * side, 1.0]
        wrist = palm + point(side * (0.06 + 0.05 * h), 0.17)
        bodies.arm(stage, point(side * 0.33, 0.0 + rng.uniform(0, 0.1)), wrist, 0.07, shirt, skin, -side)
        fingers = palm + direction(-np.pi / 2 + side * (0.1 + 0.5 * h)) * 0.19
        stage.capsule(wrist, palm, (0.055, 0.065), skin)
        stage.capsule(palm, fingers, (0.065, 0.03), skin)
    for time, strength in plan.hits(stage.seconds):
        stage.hit(time, strength, "human_clapping", (0.0, -0.05))


def bark(stage: Stage) -> None:
    """An animal barks at the camera: the head jerks up, the jaw opens at once, the body recoils."""
    rng = stage.rng
    cat = rng.random() < 0.25
    gaps = np.where(rng.random(30) < 0.35, rng.uniform(0.7, 2.5, 30), rng.uniform(0.25, 0.6, 30))
    times = -1.0 + np.cumsum(gaps)
    open_jaw = kick(stage.t, times, 0.04, rng.uniform(0.1, 0.2))
    # the mouth barks; the head throws itself up about then, and the body lunges and lands at times of its own
    jerk = kick(stage.t, times + rng.uniform(-0.06, 0.06), 0.03, rng.uniform(0.06, 0.12)) * rng.uniform(0.2, 1.0)
    lunge = kick(stage.t, times + rng.uniform(-0.2, 0.2, len(times)), 0.06, 0.12) * rng.uniform(0.0, 0.08)
    turns = reaches(rng, stage.t, rng.uniform(0.3, 1.5), rng.uniform(0.0, 0.07))
    open_jaw = open_jaw + 0.3 * (rng.random() < 0.3) * np.clip(np.sin(2 * np.pi * rng.uniform(2, 4) * stage.t), 0, 1)
    fur = Skin(pick(rng, FUR), int(rng.choice([0, 1, 7])), rng.uniform(0.15, 0.4), 120.0, 0.2)
    sway_x, sway_y = 0.03 * smooth_noise(rng, stage.t, 1.0) + lunge, 0.02 * smooth_noise(rng, stage.t, 1.0)
    turn = rng.uniform(-0.2, 0.2) - rng.uniform(0.1, 0.5) * jerk
    body_x = rng.uniform(-0.4, 0.4)
    stage.shadow((body_x, 0.5), (0.5, 0.12), 0.5, 0.08)
    stage.ellipse(point(body_x + sway_x, 0.25 - 0.05 * jerk), (0.42, 0.36 + 0.0 * body_x), fur)
    for x in (-0.2, 0.2):
        stage.capsule(
            point(body_x + x + sway_x, 0.3 - 0.04 * jerk), (body_x + x, 0.52), (0.09, 0.07), bodies.darker(fur, 0.9)
        )
    centre = point(sway_x - 0.04 * jerk, sway_y - 0.1 - rng.uniform(0.05, 0.14) * jerk) + turns
    ahead, down = direction(turn), direction(turn + np.pi / 2)
    for side in (-1.0, 1.0):
        root = centre + side * 0.2 * ahead - 0.16 * down
        stage.capsule(
            root, root + side * 0.08 * ahead - (0.16 if cat else 0.04) * down, (0.09, 0.05), bodies.darker(fur, 0.75)
        )
    stage.ellipse(centre, (0.3, 0.28), fur, turn)
    jaw = (0.05 + rng.uniform(0.08, 0.16) * open_jaw)[:, None]
    stage.ellipse(
        centre + (0.14 + 0.5 * jaw) * down,
        np.concatenate([0.11 + 0 * jaw, jaw], 1),
        Skin(rgb(0.35, 0.08, 0.1)),
        turn,
    )
    stage.ellipse(centre + (0.15 + 1.3 * jaw) * down, (0.11, 0.05), bodies.darker(fur, 0.85), turn)
    stage.ellipse(centre + 0.08 * down, (0.14, 0.09), bodies.darker(fur, 1.15), turn)
    for x, y, size in ((-0.13, -0.06, 0.035), (0.13, -0.06, 0.035), (0.0, 0.03, 0.045)):
        stage.ellipse(centre + x * ahead + y * down, (size, size), Skin(rgb(0.05, 0.04, 0.04)), turn)
    for time in times:
        stage.hit(time, float(rng.uniform(0.5, 1.0)), "animal_cat" if cat else "animal_dog", (0.0, 0.05))
