"""Limbs and tools, drawn with capsules, ellipses and plates: hands, arms, legs, a person, sticks and hammers."""

from __future__ import annotations

import numpy as np

from foleycli.scenes.physics import knee
from foleycli.scenes.scene import Array
from foleycli.scenes.stage import Skin, Stage
from foleycli.scenes.textures import METAL, SKIN, TILES, WOOD, colour, pick


def direction(angle: Array | float) -> Array:
    """Unit vectors (N,2) at `angle` radians, y down: positive angles point below the horizon."""
    turn = np.atleast_1d(np.asarray(angle, np.float64))
    return np.stack([np.cos(turn), np.sin(turn)], -1)


def point(x: Array | float, y: Array | float) -> Array:
    """Points (N,2) from coordinates that may be numbers or arrays (N,)."""
    return np.stack(np.broadcast_arrays(np.atleast_1d(x), np.atleast_1d(y)), -1).astype(np.float64)


def surface(rng: np.random.Generator, rgb: Array | None = None, texture: float = 0.5, grain: float = 120.0) -> Skin:
    """A random rough material."""
    paint = colour(rng) if rgb is None else rgb
    amount = rng.uniform(0, texture)
    return Skin(paint, int(rng.integers(TILES)), amount, grain * rng.uniform(0.4, 1.8), rng.uniform(-0.3, 0.3))


def skin_of(rng: np.random.Generator) -> Skin:
    """A person's skin."""
    return Skin(pick(rng, SKIN, 0.03), 4, rng.uniform(0.05, 0.2), 90.0, rng.uniform(0.1, 0.4))


def wood(rng: np.random.Generator) -> Skin:
    """A wooden thing."""
    return Skin(pick(rng, WOOD), int(rng.choice([5, 6, 7])), rng.uniform(0.1, 0.35), 150.0, rng.uniform(0, 0.4))


def metal(rng: np.random.Generator) -> Skin:
    """A metal thing: strongly shaded from side to side."""
    return Skin(pick(rng, METAL, 0.02), int(rng.choice([3, 6])), rng.uniform(0.02, 0.2), 90.0, rng.uniform(0.3, 0.7))


def darker(skin: Skin, factor: float = 0.6) -> Skin:
    """The same material in less light."""
    return Skin(skin.colour * np.float32(factor), skin.tile, skin.texture, skin.grain, skin.shine)


def hand(stage: Stage, centre: Array, size: float, angle: Array | float, skin: Skin, fist: bool = True) -> None:
    """A hand at `centre` (N,2) whose fingers point along `angle`: closed around something, or flat."""
    turn = np.atleast_1d(np.asarray(angle, np.float64))
    ahead, side = direction(turn), direction(turn + np.pi / 2)
    reach = 0.55 if fist else 1.25
    stage.ellipse(centre, (0.62 * size, 0.5 * size), skin, turn)
    if not stage.shows(0.3 * size):
        stage.capsule(centre, centre + ahead * reach * 0.85 * size, (0.4 * size, 0.3 * size), darker(skin, 0.9))
        return
    for finger in (-0.36, -0.12, 0.12, 0.34):
        root = centre + ahead * 0.25 * size + side * finger * size
        tip = centre + ahead * (reach - 0.35 * abs(finger)) * size + side * finger * 1.1 * size
        tone = darker(skin, 0.86 + 0.14 * (finger > 0) - 0.1 * (abs(finger) < 0.2))
        stage.capsule(root, tip, (0.15 * size, 0.12 * size), tone)
    if not fist:
        stage.capsule(centre - side * 0.3 * size, centre + (ahead * 0.6 - side * 0.75) * size, (0.15, 0.11), skin)


def arm(stage: Stage, shoulder: Array, wrist: Array, thick: float, sleeve: Skin, skin: Skin, side: float = 1.0) -> None:
    """An arm from `shoulder` to `wrist` (N,2) with an elbow; the sleeve ends at the elbow or goes on to the wrist."""
    reach = float(np.linalg.norm(wrist - shoulder, axis=-1).max())
    elbow = knee(shoulder, wrist, 0.54 * reach, 0.52 * reach, side)
    stage.capsule(shoulder, elbow, (thick * 1.15, thick * 0.9), sleeve)
    stage.capsule(elbow, wrist, (thick * 0.88, thick * 0.6), sleeve if sleeve.texture > 0.15 else skin)


def forearm(stage: Stage, wrist: Array, angle: Array | float, length: float, thick: float, skin: Skin) -> None:
    """A forearm that comes in from outside the picture along `angle`."""
    stage.capsule(wrist - direction(angle) * length, wrist, (thick, thick * 0.65), skin)


def head(stage: Stage, centre: Array, size: float, skin: Skin, facing: bool, hair: Skin) -> None:
    """A head with hair; a face when `facing`."""
    stage.ellipse(centre, (0.8 * size, size), skin)
    stage.ellipse(centre - point(0, 0.5 * size), (0.82 * size, 0.58 * size), hair)
    if facing and stage.shows(0.2 * size):
        for x in (-0.32, 0.32):
            stage.ellipse(centre + point(x * size, 0.05 * size), (0.12 * size, 0.08 * size), darker(hair, 0.5))
        stage.ellipse(centre + point(0, 0.55 * size), (0.28 * size, 0.08 * size), darker(skin, 0.55))


def leg(
    stage: Stage, hip: Array, foot: Array, length: float, thick: float, cloth: Skin, shoe: Skin, turn: Array
) -> None:
    """A leg from `hip` to the sole `foot` (N,2), knee forward, shoe turned by `turn` (N,) radians."""
    ankle = foot + point(-0.03 * length, -0.09 * length)
    joint = knee(hip, ankle, 0.5 * length, 0.47 * length, 1.0)
    stage.capsule(hip, joint, (thick * 1.25, thick * 0.9), cloth)
    stage.capsule(joint, ankle, (thick * 0.88, thick * 0.6), cloth)
    toe = direction(turn) * length
    heel, tip = foot - toe * 0.05 - point(0, 0.04 * length), foot + toe * 0.17 - point(0, 0.03 * length)
    stage.capsule(heel, tip, (0.05 * length, 0.035 * length), shoe)
