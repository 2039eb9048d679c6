"""Coverage of primitives from signed distances, for a chunk of frames at once. Coordinates are pixels.

A layer's shutter-open and shutter-close positions give its motion blur: the rim widens along the motion, and a thing
thinner than its smear turns see-through.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foleycli.scenes.scene import Array
from foleycli.scenes.stage import Skin
from foleycli.scenes.textures import TILE, tiles


@dataclass(frozen=True)
class Box:
    """Where a chunk of a layer lies: rows and columns, with pixel centres `x` (1,1,w) and `y` (1,h,1)."""

    rows: slice
    columns: slice
    x: Array
    y: Array


def _column(values: Array) -> Array:
    return np.asarray(values, np.float32)[:, None, None]


def _capsule(box: Box, middle: Array, smear: Array, radii: Array, soft: Array) -> Array:
    """Coverage (n,h,w) of a limb: a segment whose radius and smear change from end to end."""
    a, along = middle[:, 0], middle[:, 1] - middle[:, 0]
    length2 = (along**2).sum(-1) + 1e-6
    dx, dy = _column(along[:, 0]), _column(along[:, 1])
    px, py = box.x - _column(a[:, 0]), box.y - _column(a[:, 1])
    inverse = _column(1 / length2)
    place = np.clip((px * dx) * inverse + (py * dy) * inverse, 0, 1)
    away_x, away_y = px - place * dx, py - place * dy
    away_x *= away_x
    away_y *= away_y
    away_x += away_y
    distance = np.sqrt(away_x, out=away_x)
    radius = _column(radii[:, 0])
    if radii.shape[1] > 1 and np.ptp(radii, axis=1).max() > 1e-3:
        radius = radius + place * _column(radii[:, 1] - radii[:, 0])
    length = np.sqrt(length2)
    across = np.abs(smear[:, :, 0] * along[:, None, 1] - smear[:, :, 1] * along[:, None, 0]) / length[:, None]
    short = np.linalg.norm(smear, axis=-1)
    # a limb moving along itself hardly smears; a limb as short as it is thick smears either way
    across = np.where((length > 2 * radii.max(1))[:, None], across, short)
    if across.max() < 0.3:
        distance -= radius
        return np.asarray(np.clip(0.5 - distance, 0, 1, out=distance))
    width = 1 + _column(across[:, 0]) + place * _column(across[:, 1] - across[:, 0])
    distance -= radius
    distance /= width
    return np.asarray(np.clip(0.5 - distance, 0, 1) * np.minimum(1, (2 * radius + 0.5) / width))


def _ellipse(box: Box, middle: Array, smear: Array, radii: Array, soft: Array) -> Array:
    """Coverage (n,h,w) of an ellipse; the smear stretches it and thins it out."""
    centre, u, v = middle[:, 0], middle[:, 1] - middle[:, 0], middle[:, 2] - middle[:, 0]
    move = smear[:, 0] / 2
    # covariance of the smeared disc: the sum of its half axes and of the motion
    xx, yy = (part[:, 0] ** 2 + 1e-3 for part in (u, u[:, ::-1]))
    xx, yy = xx + v[:, 0] ** 2, yy + v[:, 1] ** 2
    xy = u[:, 0] * u[:, 1] + v[:, 0] * v[:, 1]
    area = np.maximum(xx * yy - xy**2, 1e-4)
    xx, yy, xy = xx + move[:, 0] ** 2, yy + move[:, 1] ** 2, xy + move[:, 0] * move[:, 1]
    smeared = np.maximum(xx * yy - xy**2, 1e-4)
    px, py = box.x - _column(centre[:, 0]), box.y - _column(centre[:, 1])
    # q' C^-1 q, and the length of its gradient to turn it into pixels
    gx = px * _column(yy / smeared) - py * _column(xy / smeared)
    gy = py * _column(xx / smeared) - px * _column(xy / smeared)
    square = gx * px + gy * py
    root = np.sqrt(np.maximum(square, 1e-8))
    gx *= gx
    gy *= gy
    gx += gy
    slope = np.sqrt(gx, out=gx)
    slope /= root
    slope += np.float32(1e-4)
    root -= 1
    root /= slope
    root /= _column(1 + soft)
    thin = np.sqrt(area / smeared).astype(np.float32)
    return np.asarray(np.clip(0.5 - root, 0, 1) * _column(np.minimum(1, 1.25 * thin)))


def _polygon(box: Box, middle: Array, smear: Array, radii: Array, soft: Array) -> Array:
    """Coverage (n,h,w) of a convex plate: the least of its edges' coverages, each widened by its own motion."""
    turn = np.roll(middle, -1, 1) - middle
    signed = (middle[..., 0] * np.roll(middle, -1, 1)[..., 1] - middle[..., 1] * np.roll(middle, -1, 1)[..., 0]).sum(1)
    normal = np.stack([turn[..., 1], -turn[..., 0]], -1) * np.sign(signed + 1e-9)[:, None, None]
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-6
    travel = (smear + np.roll(smear, -1, 1)) / 2
    width = 1 + np.abs((normal * travel).sum(-1))
    offset = (normal * middle).sum(-1) / width + 0.5
    normal = normal / width[..., None]
    inside: Array | None = None
    for edge in range(middle.shape[1]):
        row = _column(offset[:, edge]) - box.y * _column(normal[:, edge, 1])
        cover = row - box.x * _column(normal[:, edge, 0])
        inside = cover if inside is None else np.minimum(inside, cover, out=inside)
    assert inside is not None
    return np.asarray(np.clip(inside, 0, 1, out=inside))


def _glow(box: Box, middle: Array, smear: Array, radii: Array, soft: Array) -> Array:
    """Brightness (n,h,w) around a point, falling to a quarter at the radius."""
    inverse = _column(1 / np.maximum(radii[:, 0], 0.3) ** 2)
    px, py = box.x - _column(middle[:, 0, 0]), box.y - _column(middle[:, 0, 1])
    spread = 1 + (px**2) * inverse + (py**2) * inverse
    return np.asarray(1 / (spread * spread))


COVERS = {"capsule": _capsule, "ellipse": _ellipse, "polygon": _polygon, "glow": _glow}


def shade(skin: Skin, box: Box, middle: Array, radius: Array | None, scale: Array, drift: Array | None) -> Array | None:
    """Brightness (n,h,w) of the surface: noise fixed to it and light from one side; None when it is plain."""
    if skin.texture <= 0.01 and abs(skin.shine) <= 0.01:
        return None
    origin = middle[:, 0]
    along = middle[:, 1] - origin if middle.shape[1] > 1 else np.ones_like(origin)
    length = np.linalg.norm(along, axis=-1, keepdims=True) + 1e-6
    unit = along / length
    px, py = box.x - _column(origin[:, 0]), box.y - _column(origin[:, 1])
    cos, sin = _column(unit[:, 0]), _column(unit[:, 1])
    v = py * cos - px * sin
    reach = length[:, 0] if radius is None else radius + 0.3
    tone = np.ones_like(v) if skin.shine == 0 else np.clip(1 - v * (skin.shine / _column(reach)), 0.45, 1.6)
    if skin.texture > 0.01:
        u = px * cos + py * sin
        texels = _column(skin.grain / scale)
        u *= texels
        v *= texels
        if drift is not None:
            u -= _column(drift[:, 0] * skin.grain)
            v -= _column(drift[:, 1] * skin.grain)
        index = (u.astype(np.int32) & (TILE - 1)) + (v.astype(np.int32) & (TILE - 1)) * TILE
        tone = tone + skin.texture * np.take(tiles()[skin.tile].reshape(-1), index)
    return np.asarray(tone)
