"""The stage that a scene family dresses: layers in world units (picture height 1, y down), and what they sound like.

Families draw in their own unit square around (0, 0); `Placement` puts that into the world. Times come in pairs: the
first half of `t` opens the shutter, the second half closes it, so every layer knows how far it moved while exposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from foleycli.scenes.scene import Array, Event, Span


@dataclass(frozen=True)
class Skin:
    """How a layer looks: rgb `colour` (3,), `tile` of noise at `grain` texels per unit, `shine` from side to side."""

    colour: Array
    tile: int = 0
    texture: float = 0.0
    grain: float = 120.0
    shine: float = 0.0


@dataclass(frozen=True)
class Layer:
    """One primitive: `points` (N|1,K,2) in world units, `radii` (N|1,K) and `opacity` (N|1,), drawn in stage order.

    shape: "capsule" (2 points, 2 radii), "ellipse" (centre, ends of both half axes), "polygon" (convex),
    "glow" (1 point, 1 radius, adds light), "dots" (K points of the same radius).
    """

    shape: str
    points: Array
    radii: Array
    skin: Skin
    opacity: Array
    softness: float = 0.0
    drift: Array | None = None


@dataclass(frozen=True)
class Placement:
    """An affine map of a family's own units to the world: `matrix` (2,2) and `origin` (2,)."""

    matrix: Array
    origin: Array

    def __call__(self, points: Array) -> Array:
        return np.asarray(points @ self.matrix.T + self.origin)

    @property
    def scale(self) -> float:
        """World units in one unit of the family: the root of the area ratio."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix))))


@dataclass
class Stage:
    """A scene being built at shutter times `t` (2U,); the world is `aspect` wide and shown `pixels` high."""

    rng: np.random.Generator
    t: Array
    seconds: float
    aspect: float
    place: Placement = field(default_factory=lambda: Placement(np.eye(2), np.zeros(2)))
    scenery: list[Layer] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    hits: list[tuple[Event, Array]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    light: Array | None = None
    still: bool = False
    pixels: int = 64

    def shows(self, size: float) -> bool:
        """Whether a detail of `size` in the family's units covers enough pixels to be worth drawing."""
        return size * self.place.scale * self.pixels >= 1.6

    def at(self, *points: Array | tuple[float, float]) -> Array:
        """Points in the family's units as (N|1,K,2) in world units."""
        shaped = [np.asarray(point, np.float64).reshape(-1, 2) for point in points]
        longest = max(len(point) for point in shaped)
        return self.place(np.stack([np.broadcast_to(point, (longest, 2)) for point in shaped], 1))

    def add(
        self,
        shape: str,
        points: Array,
        skin: Skin,
        radii: Array | tuple[float, ...] = (0.0,),
        opacity: Array | float = 1.0,
        softness: float = 0.0,
        drift: Array | None = None,
    ) -> None:
        """Puts a primitive on top; while `scenery` is being dressed it goes onto the still plate instead."""
        sizes = np.atleast_2d(np.asarray(radii, np.float64)) * self.place.scale
        clear = np.atleast_1d(np.asarray(opacity, np.float64))
        layer = Layer(shape, points, sizes, skin, clear, softness * self.place.scale, drift)
        (self.scenery if self.still else self.layers).append(layer)

    def capsule(
        self,
        a: Array | tuple[float, float],
        b: Array | tuple[float, float],
        radii: tuple[float, float] | Array,
        skin: Skin,
        opacity: Array | float = 1.0,
    ) -> None:
        """A limb, a stick: from `a` to `b` with a radius at each end."""
        self.add("capsule", self.at(a, b), skin, radii, opacity)

    def ellipse(
        self,
        centre: Array | tuple[float, float],
        axes: tuple[float, float] | Array,
        skin: Skin,
        turn: Array | float = 0.0,
        opacity: Array | float = 1.0,
        softness: float = 0.0,
    ) -> None:
        """A ball, a head, a drum skin: half `axes` (2,) or (N,2), turned by `turn`; `softness` blurs its rim."""
        middle = np.asarray(centre, np.float64).reshape(-1, 2)
        half = np.asarray(axes, np.float64).reshape(-1, 2)
        angle = np.atleast_1d(np.asarray(turn, np.float64))
        u = half[:, :1] * np.stack([np.cos(angle), np.sin(angle)], -1)
        v = half[:, 1:] * np.stack([-np.sin(angle), np.cos(angle)], -1)
        self.add("ellipse", self.at(middle, middle + u, middle + v), skin, (0.0,), opacity, softness)

    def polygon(
        self,
        corners: Sequence[Array | tuple[float, float]],
        skin: Skin,
        opacity: Array | float = 1.0,
        drift: Array | None = None,
    ) -> None:
        """A convex plate: blade, box, door; `drift` (N,2) moves its texture (flowing water)."""
        self.add("polygon", self.at(*corners), skin, (0.0,), opacity, 0.0, drift)

    def shadow(
        self,
        centre: Array | tuple[float, float],
        axes: tuple[float, float],
        opacity: Array | float = 0.45,
        softness: float = 0.06,
    ) -> None:
        """A dark blurred ellipse."""
        self.ellipse(centre, axes, Skin(np.zeros(3, np.float32)), 0.0, opacity, softness)

    def glow(self, centre: Array | tuple[float, float], radius: float, colour: Array, power: Array) -> None:
        """Added light around a point; `power` (N,) is how bright."""
        self.add("glow", self.at(centre), Skin(colour), (radius,), power)

    def dots(self, points: Array, radius: float, skin: Skin, opacity: Array | float = 1.0) -> None:
        """Many small moving things (N,K,2): drops, sparks, crumbs."""
        self.add("dots", self.place(points), skin, (radius,), opacity)

    def hit(self, time: float, strength: float, sound: str, point: Array | tuple[float, float]) -> None:
        """Something touches at `time` at `point` in the family's units."""
        if 0 <= time < self.seconds:
            world = self.place(np.asarray(point, np.float64).reshape(2))
            self.hits.append((Event(float(time), float(np.clip(strength, 0, 1)), sound, 0.0, 0.0), world))

    def span(self, start: float, stop: float, level: float, sound: str) -> None:
        """Something sounds all the time from `start` to `stop`, cut to the clip."""
        start, stop = max(start, 0.0), min(stop, self.seconds)
        if stop > start:
            self.spans.append(Span(float(start), float(stop), float(np.clip(level, 0, 1)), sound))

    def shine(self, light: Array) -> None:
        """Multiplies the light on the whole picture by `light` (N,)."""
        self.light = light if self.light is None else self.light * light
