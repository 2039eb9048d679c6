"""Draws the layers of a stage onto chunks of frames: coverage within boxes that follow the layer.

Arrays are planar, (C,n,H,W) of colours or of grey: chunks of a few frames stay in the cache while layers are laid on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foleycli.scenes.cover import COVERS, Box, shade
from foleycli.scenes.scene import Array
from foleycli.scenes.stage import Layer

INVISIBLE = 0.004
PLAIN_BELOW_PIXELS = 1.2  # a limb thinner than this shows no texture


@dataclass(frozen=True)
class Placed:
    """A layer in pixels for all U frames: `start` and `stop` of the exposure (U,K,2), boxes `low`, `high` (U,2)."""

    layer: Layer
    start: Array
    stop: Array
    middle: Array
    smear: Array
    radii: Array
    clear: Array
    soft: Array
    scale: Array
    low: Array
    high: Array


def placed(layer: Layer, view: Callable[[Array], Array], scale: Array) -> Placed:
    """`layer` where `view` (world (2U,K,2) to pixels) puts it; `scale` (U,) is pixels per unit."""
    count = len(scale)
    points = np.broadcast_to(layer.points, (2 * count, *layer.points.shape[1:]))
    pixels = view(points).astype(np.float32)
    start, stop = pixels[:count], pixels[count:]
    middle, smear = (start + stop) / 2, stop - start
    radii = (np.broadcast_to(layer.radii, (2 * count, layer.radii.shape[1]))[:count] * scale[:, None]).astype(
        np.float32
    )
    opacity = np.broadcast_to(layer.opacity, (2 * count,))
    clear = ((opacity[:count] + opacity[count:]) / 2).astype(np.float32)
    soft = (layer.softness * scale).astype(np.float32)
    reach = 3 if layer.shape == "glow" else 1
    pad = (radii.max(1) * reach + np.abs(smear).max((1, 2)) + 1.5 + 1.5 * soft)[:, None]
    if layer.shape == "ellipse":
        half = np.abs(middle[:, 1:] - middle[:, :1]).sum(1) + pad
        low, high = middle[:, 0] - half, middle[:, 0] + half
    else:
        low, high = middle.min(1) - pad, middle.max(1) + pad
    return Placed(layer, start, stop, middle, smear, radii, clear, soft, scale, low, high)


def paint(canvas: Array, part: Placed, first: int) -> None:
    """Composites frames `first`.. of a layer onto `canvas` (C,n,H,W)."""
    whole = slice(first, first + canvas.shape[1])
    size = np.array([canvas.shape[3], canvas.shape[2]])
    on_picture = (part.high[whole] > 0).all(1) & (part.low[whole] < size).all(1)
    seen = np.flatnonzero((part.clear[whole] > INVISIBLE) & (on_picture | (part.layer.shape == "dots")))
    if len(seen) == 0:
        return
    # what is seen only for a while, a ring on water or a passing ball, is drawn only for that while
    canvas = canvas[:, seen[0] : seen[-1] + 1]
    frames = slice(first + int(seen[0]), first + int(seen[-1]) + 1)
    clear = part.clear[frames]
    if part.layer.shape == "dots":
        _dots(canvas, part.layer, part.start[frames], part.stop[frames], part.radii[frames, 0], clear)
        return
    box = _box(canvas, part.low[frames].min(0), part.high[frames].max(0))
    if box is None:
        return
    middle, radii = part.middle[frames], part.radii[frames]
    cover = COVERS[part.layer.shape](box, middle, part.smear[frames], radii, part.soft[frames])
    if clear.min() < 1:
        cover *= clear[:, None, None]
    target = canvas[:, :, box.rows, box.columns]
    skin = part.layer.skin
    if part.layer.shape == "glow":
        target += skin.colour[:, None, None, None] * cover
        return
    target *= 1 - cover
    limb = radii.mean(1) if part.layer.shape == "capsule" else None
    if limb is None or limb.max() > PLAIN_BELOW_PIXELS:
        drift = None if part.layer.drift is None else part.layer.drift[frames]
        tone = shade(skin, box, middle, limb, part.scale[frames], drift)
        if tone is not None:
            cover *= tone
    for channel, share in enumerate(skin.colour):
        target[channel] += cover * share


def _box(canvas: Array, low: Array, high: Array) -> Box | None:
    """The pixels between `low` and `high` (2,), or None when they are off the picture."""
    height, width = canvas.shape[2:]
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return None
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]) + 1, width), min(int(high[1]) + 1, height)
    if right <= left or bottom <= top:
        return None
    x = np.arange(left, right, dtype=np.float32)[None, None, :] + np.float32(0.5)
    y = np.arange(top, bottom, dtype=np.float32)[None, :, None] + np.float32(0.5)
    return Box(slice(top, bottom), slice(left, right), x, y)


def _dots(canvas: Array, layer: Layer, start: Array, stop: Array, radius: Array, clear: Array) -> None:
    """Splats many small dots, each as a short streak of its own motion."""
    _, count, height, width = canvas.shape
    reach = float(np.abs(stop - start).max())
    steps = int(np.clip(np.ceil(reach), 1, 6))
    size = float(np.clip(radius.mean(), 0.35, 0.06 * height + 1))
    spread = int(np.ceil(2 * size))
    ring = [
        (i / spread * size, j / spread * size) for i in range(-spread, spread + 1) for j in range(-spread, spread + 1)
    ]
    ring = [offset for offset in ring if np.hypot(*offset) <= size] if size > 0.8 else [(0.0, 0.0)]
    weight = np.zeros(count * height * width, np.float32)
    frame = np.arange(count)[:, None] * (height * width)
    amount = np.broadcast_to(clear[:, None] * (1.1 if size > 0.8 else min(1, 1.8 * size)) / steps, start.shape[:2])
    for step in range(steps):
        spot = start + (stop - start) * ((step + 0.5) / steps)
        for dx, dy in ring:
            x, y = (spot[..., 0] + dx).astype(np.int64), (spot[..., 1] + dy).astype(np.int64)
            seen = (spot[..., 0] + dx >= 0) & (x < width) & (spot[..., 1] + dy >= 0) & (y < height)
            flat = (frame + y * width + x)[seen]
            weight += np.bincount(flat, amount[seen], minlength=weight.size).astype(np.float32)
    cover = np.minimum(weight, 1).reshape(count, height, width)
    for channel, share in enumerate(layer.skin.colour):
        canvas[channel] += cover * (share - canvas[channel])
