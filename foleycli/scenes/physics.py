"""How things move before and after a contact: rhythms, strokes, bounces, recoil, gait. Times in seconds, y down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foleycli.scenes.scene import Array

MARGIN_SECONDS = 1.5  # motion is planned beyond both ends of the clip, so that strokes enter and leave it half done
SHORTEST_GAP_SECONDS = 0.12
PAUSING_SHARE = 0.45  # of the rhythms have pauses
LEAVING_SECONDS = 0.7  # a gap longer than this is long enough to leave the place and come back


@dataclass(frozen=True)
class Strokes:
    """Contacts of one striker at `times` (K,) with `strengths` (K,), and what it does between them.

    `floors` (K,) > 0 where it stops in the air. The gap after stroke k has four phases, each of its own seconds: it
    stays (`dwell`), lifts off (`rise`), hovers and re-aims, strikes (`down` of stroke k + 1). In a long gap it leaves
    by `away` (K,2), in units of a full stroke.
    """

    times: Array
    strengths: Array
    floors: Array
    down: Array
    dwell: Array
    rise: Array
    away: Array
    power: float
    spring: float
    reach: float
    hover: float
    hover_hertz: float
    seed: int

    def height(self, t: Array) -> Array:
        """Distance from contact at times `t` (N,): 0 while touching, about `reach` at the top of a full stroke."""
        k, since, gap, dwell, rise, down = self._phase(t)
        top = self.reach * (0.35 + 0.65 * self.strengths[k + 1])
        floor, next_floor = self.reach * self.floors[k], self.reach * self.floors[k + 1]
        x = np.clip((since - dwell) / rise, 0, 1)
        spring = np.where(floor > 0, 0.0, self.spring)
        up = spring * (1 - (1 - x) ** 2) + (1 - spring) * x * x * (3 - 2 * x)
        z = np.clip((since - (gap - down)) / down, 0, 1)
        # a real stroke is still speeding up when it is stopped; a stroke into the air slows down by itself
        fall = np.where(next_floor > 0, 0.5 - 0.5 * np.cos(np.pi * z), z**self.power)
        path = floor + (top - floor) * up - (top - next_floor) * fall
        drift = smooth_noise(np.random.default_rng([self.seed, 0]), t, self.hover_hertz)
        return np.asarray(path + 0.5 * self.hover * top * self._free(t) * np.clip(drift, -1, 1))

    def aside(self, t: Array) -> Array:
        """How far (N,2) it has moved off its line: while it hovers, re-aims or leaves; 0 in every contact."""
        k, since, gap, dwell, _, down = self._phase(t)
        noise = [smooth_noise(np.random.default_rng([self.seed, axis]), t, self.hover_hertz) for axis in (1, 2)]
        free = self._free(t)[:, None]
        rest = np.maximum(gap - dwell - down, 1e-3)
        x = np.clip((since - dwell) / rest, 0, 1)
        gone = _ease(np.clip(x / 0.35, 0, 1)) * _ease(np.clip((1 - x) / 0.35, 0, 1))
        leaves = (rest > LEAVING_SECONDS)[:, None]
        return np.asarray(
            0.5 * self.hover * self.reach * free * np.stack(noise, 1) + leaves * self.away[k] * gone[:, None]
        )

    def hits(self, seconds: float) -> list[tuple[float, float]]:
        """(time, strength) of the true contacts inside a clip of `seconds`."""
        inside = (self.floors <= 0) & (self.times >= 0) & (self.times < seconds)
        return [(float(a), float(b)) for a, b in zip(self.times[inside], self.strengths[inside], strict=True)]

    def _phase(self, t: Array) -> tuple[Array, ...]:
        """Of each time: its gap, the seconds since the gap began, and the lengths of the gap and of its phases."""
        k = np.clip(np.searchsorted(self.times, t, side="right") - 1, 0, len(self.times) - 2)
        gap = self.times[k + 1] - self.times[k]
        dwell = np.minimum(self.dwell[k], 0.35 * gap)
        down = np.minimum(self.down[k + 1], 0.5 * (gap - dwell))
        rise = np.minimum(self.rise[k], gap - dwell - down)
        return k, np.clip(t - self.times[k], 0, gap), gap, dwell, rise, down

    def _free(self, t: Array) -> Array:
        """How free (N,) the striker is to hover: 0 in contact, 1 in the middle of a long gap."""
        _, since, gap, dwell, rise, down = self._phase(t)
        risen = _ease(np.clip((since - dwell) / rise, 0, 1))
        left = _ease(np.clip((gap - since) / down, 0, 1))
        return np.asarray(risen * left)


def _ease(x: Array) -> Array:
    """0..1 -> 0..1 with level ends."""
    return np.asarray(x * x * (3 - 2 * x))


def rhythm(rng: np.random.Generator, seconds: float, slowest_hz: float = 0.4, fastest_hz: float = 7.0) -> Array:
    """Contact times (K,) from before the clip to after it: even, doubled, in bursts, irregular or speeding up."""
    start, stop = -MARGIN_SECONDS, seconds + MARGIN_SECONDS
    rate = float(np.exp(rng.uniform(np.log(slowest_hz), np.log(fastest_hz))))
    count = int((stop - start) * max(rate, 1.0)) + 12
    style = rng.choice(["even", "double", "burst", "loose", "ramp"], p=[0.45, 0.12, 0.15, 0.2, 0.08])
    gaps = np.full(count, 1 / rate)
    if style == "even":
        gaps *= 1 + rng.uniform(0.01, 0.08) * rng.standard_normal(count)
    elif style == "double":
        gaps = np.where(np.arange(count) % 2 == 0, rng.uniform(0.14, 0.3), gaps * 1.6)
    elif style == "burst":
        length = int(rng.integers(2, 6))
        gaps = np.where(np.arange(count) % length == 0, rng.uniform(0.6, 1.6), rng.uniform(0.13, 0.35))
        gaps *= rng.uniform(0.9, 1.1, count)
    elif style == "loose":
        gaps = rng.exponential(0.7 / rate, count) + 0.3 / rate
    else:
        gaps = gaps * np.geomspace(1.6, 0.4, count) if rng.random() < 0.5 else gaps * np.geomspace(0.4, 1.6, count)
    gaps = np.maximum(gaps, max(SHORTEST_GAP_SECONDS, 0.8 / fastest_hz))
    if rng.random() < PAUSING_SHARE:  # nobody strikes all the time: breaks in which the hands do something else
        gaps[1:] += np.where(rng.random(count) < rng.uniform(0.1, 0.4), rng.uniform(0.8, 4.0, count), 0.0)[1:]
    times = start + rng.uniform(0, 1 / rate) + np.cumsum(gaps)
    keep = max(4, int(np.searchsorted(times, stop)) + 1)
    return np.asarray(times[:keep])


def strokes(
    rng: np.random.Generator,
    seconds: float,
    slowest_hz: float = 0.4,
    fastest_hz: float = 7.0,
    air: float = 0.25,
    times: Array | None = None,
) -> Strokes:
    """A striker's contacts with human variation; a share `air` of the strokes stops short of the surface."""
    if times is None:
        times = rhythm(rng, seconds, slowest_hz, fastest_hz)
    count = len(times)
    strengths = np.clip(rng.uniform(0.35, 1.0) * rng.uniform(0.6, 1.25, count), 0.15, 1.0)
    floors = np.where(rng.random(count) < air, rng.uniform(0.12, 0.8, count), 0.0)
    down = rng.uniform(0.06, 0.22) * rng.uniform(0.8, 1.25, count)
    # half of the strikers lift off as quickly as they strike, which is not a second hit
    rise = down * rng.uniform(0.7, 1.3, count) if rng.random() < 0.5 else 1.6 * down + rng.uniform(0.02, 0.15)
    leaving = rng.random((count, 1)) < (0.4 if rng.random() < 0.4 else 0.0)
    away = np.where(leaving, rng.uniform(-1.0, 1.0, (count, 2)) * [1.2, 0.6] - [0.0, 0.4], 0.0)
    return Strokes(
        times=times,
        strengths=strengths,
        floors=floors,
        down=down,
        dwell=float(rng.choice([0.0, 0.02, 0.06, 0.12, 0.25, 0.4])) * rng.uniform(0.4, 1.2, count),
        rise=rise,
        away=away,
        power=float(rng.uniform(1.8, 3.2)),
        spring=float(rng.uniform(0.2, 1.0)),
        reach=float(rng.uniform(0.2, 0.6)) if rng.random() < 0.3 else 1.0,
        hover=float(rng.choice([0.0, 0.15, 0.35, 0.7], p=[0.15, 0.3, 0.35, 0.2])),
        hover_hertz=float(np.exp(rng.uniform(np.log(0.6), np.log(3.0)))),
        seed=int(rng.integers(2**31)),
    )


def ringing(t: Array, hits: list[tuple[float, float]], hertz: float, decay_seconds: float) -> Array:
    """The shiver (N,) of a thing that was struck: a decaying oscillation after each hit, zero before the first."""
    out = np.zeros_like(t)
    for time, strength in hits:
        since = np.maximum(t - time, 0)
        out += strength * np.sin(2 * np.pi * hertz * since) * np.exp(-since / decay_seconds)
    return out


def kick(t: Array, times: Array, rise_seconds: float, decay_seconds: float) -> Array:
    """A jerk (N,) that starts at once at each time, peaks near 1 after `rise_seconds` and decays: recoil, a bark."""
    since = np.maximum(t[:, None] - np.asarray(times)[None, :], 0)
    pulse = (1 - np.exp(-since / rise_seconds)) * np.exp(-since / decay_seconds)
    peak = (1 - np.exp(-1.0)) * np.exp(-rise_seconds / decay_seconds)
    return np.asarray(np.minimum(pulse.sum(1) / peak, 1.6))


def bounce(t: Array, start: float, height: float, restitution: float, gravity: float) -> tuple[Array, Array, Array]:
    """A ball let go at `start` from `height`: its height (N,), its contact times (K,) and impact speeds (K,)."""
    first = np.sqrt(2 * height / gravity)
    speed = gravity * first * restitution ** np.arange(24)
    flights = 2 * speed[1:] / gravity
    contacts = start + first + np.concatenate([[0.0], np.cumsum(flights)])
    k = np.searchsorted(contacts, t, side="right") - 1
    since = t - contacts[np.maximum(k, 0)]
    away = np.where(k < len(speed) - 1, speed[np.minimum(k + 1, len(speed) - 1)] * since - gravity * since**2 / 2, 0.0)
    fall = height - gravity * np.maximum(t - start, 0) ** 2 / 2
    return np.maximum(np.where(k < 0, fall, away), 0), contacts, speed


def smooth_noise(rng: np.random.Generator, t: Array, hertz: float, octaves: int = 3) -> Array:
    """A wandering curve (N,) of about unit size: sums of sines with random phases, slower ones larger."""
    rates = hertz * rng.uniform(0.3, 1.7, 2 * octaves)
    waves = np.sin(2 * np.pi * (rates[:, None] * t + rng.random((2 * octaves, 1))))
    return np.asarray((hertz / (rates + 0.3 * hertz)) @ waves / (1.4 * octaves) ** 0.5 / 1.5)


def reaches(rng: np.random.Generator, t: Array, rate: float, size: float) -> Array:
    """A path (N,2) of quick moves between places of rest, as of hands, heads and birds: sudden, and no contact.

    `rate` moves a second, each of 0.08 to 0.5 s with a bell-shaped speed (Flash and Hogan, 1985), about `size` long.
    """
    count = int((float(t.max() - t.min()) + 2 * MARGIN_SECONDS) * rate) + 4
    gaps = rng.exponential(0.7 / rate, count) + 0.3 / rate
    start = float(t.min()) - MARGIN_SECONDS + np.cumsum(gaps)
    length = np.minimum(np.exp(rng.uniform(np.log(0.08), np.log(0.5), count)), 0.9 * np.append(gaps[1:], 1.0))
    places = rng.normal(0, size, (count + 1, 2))
    out = np.repeat(places[:1], len(t), 0)
    for first, seconds, step in zip(start, length, np.diff(places, axis=0), strict=True):
        x = np.clip((t - first) / seconds, 0, 1)
        out = out + (x**3 * (10 - 15 * x + 6 * x * x))[:, None] * step
    return np.asarray(out)


def gait(phase: Array, stance: float) -> tuple[Array, Array]:
    """One foot seen from the hip over cycles `phase` (N,): forward -1..1 and lift 0..1; lands at phase 0."""
    x = phase % 1.0
    swing = np.clip((x - stance) / (1 - stance), 0, 1)
    forward = np.where(x < stance, 1 - 2 * x / stance, -np.cos(np.pi * swing))
    # the foot is still falling when it lands: the lift ends with a slope, not gently
    lift = np.sin(np.pi * swing**0.8) * np.where(x < stance, 0, 1)
    return forward, lift


def knee(hip: Array, foot: Array, thigh: float, shin: float, side: float) -> Array:
    """The middle joint (N,2) of a two-link limb from `hip` to `foot` (N,2); `side` +1 or -1 chooses the bend."""
    along = foot - hip
    reach = np.clip(np.linalg.norm(along, axis=-1, keepdims=True), 1e-6, None)
    bounded = np.clip(reach, abs(thigh - shin) + 1e-3, thigh + shin - 1e-3)
    near = (thigh**2 - shin**2 + bounded**2) / (2 * bounded)
    out = np.sqrt(np.maximum(thigh**2 - near**2, 0))
    normal = np.stack([along[..., 1], -along[..., 0]], -1) / reach
    return np.asarray(hip + along / reach * near + side * normal * out)
