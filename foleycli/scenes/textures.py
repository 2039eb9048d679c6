"""Photo-like stuff: periodic 1/f noise, wood, stone and weave patterns, and the picture plate behind the action."""

from __future__ import annotations

import colorsys
from functools import lru_cache

import numpy as np

from foleycli.scenes.scene import Array

TILE = 256  # pixels; a power of two so that wrapping is a bit mask
TILES = 12
SKIN = ((0.93, 0.76, 0.66), (0.85, 0.64, 0.51), (0.72, 0.51, 0.38), (0.55, 0.37, 0.26), (0.36, 0.24, 0.18))
WOOD = ((0.72, 0.53, 0.33), (0.55, 0.37, 0.22), (0.83, 0.68, 0.48), (0.36, 0.23, 0.15))
METAL = ((0.62, 0.63, 0.66), (0.42, 0.43, 0.46), (0.80, 0.80, 0.80), (0.25, 0.25, 0.28))


def rgb(red: float, green: float, blue: float) -> Array:
    """A colour, float32 (3,) in 0..1; above 1 it glows."""
    return np.array([red, green, blue], np.float32)


@lru_cache(maxsize=1)
def tiles() -> Array:
    """float32 (TILES, TILE, TILE) of about -1..1, periodic: clouds, grain, wood, weave, bricks."""
    rng = np.random.default_rng(20261121)
    out = [_cloud(rng, slope) for slope in (1.0, 1.3, 1.6, 1.9, 2.2)]
    ramp = np.arange(TILE) / TILE
    rings = np.sin(2 * np.pi * (9 * ramp[None, :] + 0.9 * _cloud(rng, 2.2)))
    out += [0.6 * rings + 0.5 * _cloud(rng, 1.2), _cloud(rng, 1.7, stretch=9), _cloud(rng, 1.4, stretch=16)]
    weave = np.sin(2 * np.pi * 32 * ramp)[:, None] * np.sin(2 * np.pi * 32 * ramp)[None, :]
    out.append(0.7 * weave + 0.6 * _cloud(rng, 1.5))
    out.append(_bricks(rng))
    spots = _cloud(rng, 1.0)
    out += [np.clip(3 * (spots - 0.4), -0.4, 1.2), np.sign(_cloud(rng, 1.8)) * 0.5 + 0.5 * _cloud(rng, 1.5)]
    stack = np.stack(out).astype(np.float32)
    return np.asarray(np.clip(stack, -1.6, 1.6))


def _cloud(rng: np.random.Generator, slope: float, stretch: float = 1.0) -> Array:
    fy, fx = np.meshgrid(np.fft.fftfreq(TILE) * TILE, np.fft.rfftfreq(TILE) * TILE, indexing="ij")
    radius = np.sqrt((fy * stretch) ** 2 + (fx / stretch**0.5) ** 2)
    radius[0, 0] = np.inf
    # above a third of Nyquist the tile is empty: it is sampled at its nearest texel, which must not flicker
    size = radius**-slope * (np.sqrt(fy**2 + fx**2) < TILE / 5)
    picture = np.fft.irfft2(size * np.exp(2j * np.pi * rng.random(size.shape)), s=(TILE, TILE))
    return np.asarray(picture / picture.std() / 2)


def _bricks(rng: np.random.Generator) -> Array:
    y, x = np.mgrid[0:TILE, 0:TILE]
    row = y // 32
    joint = (y % 32 < 4) | ((x + 32 * (row % 2)) % 64 < 4)
    tone = rng.uniform(-0.5, 0.5, (8, 5))[row, ((x + 32 * (row % 2)) // 64) % 4]
    return np.where(joint, -0.9, tone) + 0.4 * _cloud(rng, 1.3)


def colour(rng: np.random.Generator, light: tuple[float, float] = (0.1, 0.95)) -> Array:
    """A plausible surface colour, rgb (3,) in 0..1: mostly dull, sometimes vivid."""
    vivid = rng.beta(1.0, 3.2)
    return np.asarray(colorsys.hsv_to_rgb(rng.random(), vivid, rng.uniform(*light)), np.float32)


def pick(rng: np.random.Generator, palette: tuple[tuple[float, float, float], ...], spread: float = 0.08) -> Array:
    """One colour (3,) of a palette, varied by `spread`."""
    base = np.asarray(palette[int(rng.integers(len(palette)))], np.float32)
    return np.clip(base * rng.uniform(0.75, 1.2) + rng.uniform(-spread, spread, 3), 0.03, 1).astype(np.float32)


def away_from(rng: np.random.Generator, other: Array, contrast: float = 0.18) -> Array:
    """A colour whose lightness differs from `other` by at least `contrast`, so that the striker can be seen."""
    best, gap = other, -1.0
    for _ in range(6):
        found = colour(rng)
        distance = float(np.abs(found - other).mean())
        if distance > contrast:
            return found
        best, gap = (found, distance) if distance > gap else (best, gap)
    return best


def plate(rng: np.random.Generator, height: int, width: int, detail: int = 1) -> Array:
    """A still background, float32 (3,height,width) in 0..1, `detail` to a picture pixel: tones, planes, clutter."""
    base, second = colour(rng), colour(rng)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    turn = rng.uniform(0, 2 * np.pi)
    ramp = np.clip(0.5 + (np.cos(turn) * (x - 0.5) + np.sin(turn) * (y - 0.5)) * rng.uniform(0, 1.2), 0, 1)
    out = base[:, None, None] + (second - base)[:, None, None] * (ramp * rng.uniform(0, 0.7))[None]
    out = out + rng.uniform(0.0, 0.4) * _patch(rng, height, width, 3 * rng.uniform(0.4, 1.6) / detail)
    if rng.random() < 0.6:
        _planes(rng, out, detail)
    for _ in range(int(rng.integers(1, 14))):
        _clutter(rng, out, detail)
    vignette = 1 - rng.uniform(0, 0.35) * ((x - 0.5) ** 2 + (y - 0.5) ** 2) * 2
    return np.asarray(np.clip(out * vignette, 0.01, 1), np.float32)


def _patch(rng: np.random.Generator, height: int, width: int, texels: float) -> Array:
    """A random piece of a random tile, float32 (height,width), at `texels` tile pixels per pixel."""
    tile = tiles()[int(rng.integers(TILES))]
    rows = (np.arange(height) * texels + rng.integers(TILE)).astype(np.intp) % TILE
    columns = (np.arange(width) * texels + rng.integers(TILE)).astype(np.intp) % TILE
    piece = tile[rows][:, columns]
    return np.asarray(piece if rng.random() < 0.7 else tile[columns][:, rows].T)


def _planes(rng: np.random.Generator, out: Array, detail: int) -> None:
    """A floor or a wall edge: the lower or the right part gets its own colour and texture."""
    _, height, width = out.shape
    cut = int(height * rng.uniform(0.3, 0.85))
    part = out[:, cut:] if rng.random() < 0.75 else out[:, :, : int(width * rng.uniform(0.2, 0.6))]
    texture = _patch(rng, part.shape[1], part.shape[2], 3 * rng.uniform(0.4, 2.0) / detail) * rng.uniform(0.03, 0.35)
    part[:] = colour(rng)[:, None, None] + texture


def _clutter(rng: np.random.Generator, out: Array, detail: int) -> None:
    """One thing standing about: a textured box or disc with a soft shade on one side."""
    _, height, width = out.shape
    tall, wide = (max(4, int(edge * rng.uniform(0.06, 0.5))) for edge in (height, width))
    top, left = int(rng.integers(-tall // 2, height - tall // 2)), int(rng.integers(-wide // 2, width - wide // 2))
    rows = slice(max(top, 0), min(top + tall, height))
    columns = slice(max(left, 0), min(left + wide, width))
    part = out[:, rows, columns]
    tall, wide = part.shape[1:]
    y, x = np.linspace(-1, 1, tall, dtype=np.float32)[:, None], np.linspace(-1, 1, wide, dtype=np.float32)[None]
    paint = colour(rng)[:, None, None] * (1 + rng.uniform(-0.35, 0.35) * x)
    paint = paint + rng.uniform(0, 0.35) * _patch(rng, tall, wide, 3 * rng.uniform(0.4, 2.0) / detail)
    if rng.random() < 0.45:
        alpha = np.clip((1 - x * x - y * y) * 8, 0, 1)
        part += alpha * (paint - part)
    else:
        part[:] = paint
