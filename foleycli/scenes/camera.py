"""The camera: where it looks (shake, pan, zoom, roll, cuts, knocks) and when its frames were really taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from foleycli.scenes.physics import ringing, smooth_noise
from foleycli.scenes.scene import Array

LONGEST_READOUT_SECONDS = 0.030  # of a phone's sensor; a cinema camera takes a third of that, a global shutter none
CAPTURE_RATES = (10, 12, 15, 17.5, 20, 21.5, 24, 25, 29.97, 50, 60)  # pictures a second
CAPTURE_SHARES = (0.02, 0.03, 0.15, 0.04, 0.04, 0.07, 0.14, 0.19, 0.22, 0.05, 0.05)
CONVERTED_SHARE = 0.15  # of the clips are stored at another rate
PLATE_MARGIN = 0.12  # of the picture height, on each side; beyond it the plate is mirrored


@dataclass(frozen=True)
class Camera:
    """World (height 1, width `aspect`) to pixels; `move` gives (N,4) at times: x, y, log zoom, roll."""

    aspect: float
    height: int
    width: int
    move: Callable[[Array], Array]
    moves: bool

    def affine(self, t: Array) -> tuple[Array, Array]:
        """Matrices (N,2,2) and offsets (N,2) of pixels = matrix @ world + offset."""
        x, y, zoom, roll = self.move(t).T
        size, cos, sin = np.exp(zoom), np.cos(roll), np.sin(roll)
        turn = size[:, None, None] * np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], 1)
        middle = np.array([self.aspect / 2, 0.5])
        offset = middle - np.einsum("nij,nj->ni", turn, middle + np.stack([x, y], -1))
        pixels = np.array([self.width / self.aspect, self.height])
        return turn * pixels[None, :, None], offset * pixels

    def project(self, t: Array, world: Array) -> Array:
        """Where world points (N,2) are seen at times `t` (N,), in 0..1 of the picture, held inside it."""
        matrix, offset = self.affine(t)
        seen = np.einsum("nij,nj->ni", matrix, world) + offset
        return np.asarray(np.clip(seen / [self.width, self.height], 0, 1))


def still_camera(aspect: float, height: int, width: int) -> Camera:
    """A camera on a tripod."""
    return Camera(aspect, height, width, lambda t: np.zeros((len(t), 4)), moves=False)


def moving_camera(
    rng: np.random.Generator,
    aspect: float,
    height: int,
    width: int,
    seconds: float,
    knocks: list[tuple[float, float]],
    restless: float = 1.0,
) -> Camera:
    """A hand-held, panning, zooming or cutting camera; `knocks` (time, strength) may shake it."""
    shake = rng.choice([0.0, 0.004, 0.012, 0.03], p=[0.4, 0.35, 0.17, 0.08]) * restless
    rate = rng.uniform(0.5, 3.5)
    starts = rng.integers(2**31, size=4)
    pan = rng.uniform(-0.25, 0.25, 2) * (rng.random() < 0.25) * restless
    zoom = rng.uniform(-0.12, 0.12) * (rng.random() < 0.25) * restless
    knock = rng.uniform(0.003, 0.02) * (rng.random() < 0.15)
    cuts = np.sort(rng.uniform(0, seconds, int(rng.integers(1, 3)))) if rng.random() < 0.07 * restless else np.zeros(0)
    shots = np.concatenate([np.zeros((1, 4)), rng.uniform(-1, 1, (2, 4)) * [0.3, 0.25, 0.35, 0.05]])
    knock_rate = rng.uniform(8, 20)

    def move(t: Array) -> Array:
        wander = [smooth_noise(np.random.default_rng(int(start)), t, rate) for start in starts]
        out = np.stack(wander, -1) * shake * [1, 1, 0.8, 0.8]
        middle = t - seconds / 2
        out[:, 0] += pan[0] * middle
        out[:, 1] += 0.5 * pan[1] * middle + knock * ringing(t, knocks, knock_rate, 0.08)
        out[:, 2] += zoom * middle
        return np.asarray(out + shots[np.searchsorted(cuts, t, side="right")])

    return Camera(aspect, height, width, move, moves=True)


def shutter_times(
    rng: np.random.Generator, seconds: float, frames_per_second: float, clean: bool
) -> tuple[Array, Array, float]:
    """Times (U,) at which distinct pictures were taken, which of them each output frame shows (T,), exposure seconds.

    A clip of another rate, or of a varying one, is seen at ours: each frame shows the latest picture taken.
    """
    shown = np.arange(round(seconds * frames_per_second)) / frames_per_second
    if clean:
        return shown, np.arange(len(shown)), 0.5 / frames_per_second
    rate = float(rng.choice(CAPTURE_RATES, p=CAPTURE_SHARES))
    taken = np.arange(-1, seconds * rate + 2) / rate + rng.uniform(-1, 0) / rate
    if rng.random() < 0.12:
        taken = np.sort(taken + rng.uniform(-0.4, 0.4, len(taken)) / rate)
    latest = np.maximum(np.searchsorted(taken, shown + 1e-6, side="right") - 1, 0)
    if rng.random() < CONVERTED_SHARE:  # 15 in 30, 24 in 30: stored at another rate than it was taken at
        stored = float(rng.choice([24, 25, 29.97, 30]))
        shown = np.floor((shown + 1e-6) * stored) / stored
        latest = np.maximum(np.searchsorted(taken, shown + 1e-6, side="right") - 1, 0)
    used, index = np.unique(latest, return_inverse=True)
    exposure = rng.uniform(0.05, 0.9) / max(rate, 24.0)
    return taken[used], index, float(exposure)


def rolling_shutter_seconds(seed: int, clean: bool) -> float:
    """How much later than its stamp the middle row of a picture opens: half of a readout of 0 to 30 ms."""
    return 0.0 if clean else float(np.random.default_rng([seed, 3]).uniform(0, LONGEST_READOUT_SECONDS)) / 2


def look_at_plate(plate: Array, detail: float, camera: Camera, t: Array) -> Array:
    """The still plate (3,h,w), `detail` plate pixels per picture pixel, as seen at times `t`: float32 (3,U,H,W)."""
    height, width = camera.height, camera.width
    left, top = plate_border(camera)
    if not camera.moves:
        rows = (np.arange(height) + 0.5 + top) * detail
        columns = (np.arange(width) + 0.5 + left) * detail
        seen = plate[:, rows.astype(np.intp)[:, None], columns.astype(np.intp)[None]]
        return np.repeat(seen[:, None], len(t), 1)
    matrix, offset = camera.affine(t)
    still, shift = still_camera(camera.aspect, height, width).affine(np.zeros(1))
    back: Array = still @ np.linalg.inv(matrix)
    origin: Array = shift - np.einsum("nij,nj->ni", back, offset)
    x = np.arange(width, dtype=np.float32) + np.float32(0.5)
    y = np.arange(height, dtype=np.float32) + np.float32(0.5)
    back, origin = back.astype(np.float32) * np.float32(detail), origin.astype(np.float32)
    across = back[:, 0, 0, None] * x + ((origin[:, 0] + left) * detail)[:, None]
    down = back[:, 1, 0, None] * x + ((origin[:, 1] + top) * detail)[:, None]
    columns = across[:, None, :] + (back[:, 0, 1, None] * y)[:, :, None]
    rows = down[:, None, :] + (back[:, 1, 1, None] * y)[:, :, None]
    index = _mirror(rows, plate.shape[1]) * plate.shape[2] + _mirror(columns, plate.shape[2])
    return np.stack([np.take(channel.reshape(-1), index) for channel in plate])


def plate_border(camera: Camera) -> tuple[int, int]:
    """Extra picture pixels that the plate has on the left and on top."""
    return int(PLATE_MARGIN * camera.width / camera.aspect), int(PLATE_MARGIN * camera.height)


def _mirror(place: Array, size: int) -> Array:
    whole = place.astype(np.int32)
    if whole.min() >= 0 and whole.max() < size:
        return whole
    folded = np.abs(whole) % (2 * size)
    return np.asarray(np.where(folded >= size, 2 * size - 1 - folded, folded))
