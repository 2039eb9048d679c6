"""All kinds of scene by name, and how one is rendered: dress the stage, look through the camera, develop."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foleycli.scenes.camera import Camera, moving_camera, rolling_shutter_seconds, shutter_times, still_camera
from foleycli.scenes.editing import (
    BARS_SHARE,
    CAPTION_SHARE,
    JOIN_SHARE,
    STUTTER_SHARE,
    barred,
    joined,
    random_join,
    stuttering,
    titled,
)
from foleycli.scenes.encoding import random_encoding, transmit
from foleycli.scenes.exposure import expose
from foleycli.scenes.kinds import body, fall, flash, flow, held, machine, objects, restless, silent, strike, work
from foleycli.scenes.photometric import clean_film, random_film
from foleycli.scenes.scene import Array, Event, Scene, Span
from foleycli.scenes.stage import Placement, Stage

SIZE = (64, 64)  # height, width in pixels at which the spotter is trained
SECONDS = 2.56
FRAMES_PER_SECOND = 25.0
ASPECTS = (16 / 9, 4 / 3, 1.0, 3 / 4, 9 / 16)


@dataclass(frozen=True)
class Kind:
    """A family: how it dresses the stage, what it may sound like, how large it is seen and how often it is drawn.

    `scale`: picture heights per unit; `where`: range of the origin in the picture (x low, x high, y low, y high).
    """

    build: Callable[[Stage], None]
    sounds: tuple[str, ...] = ()
    scale: tuple[float, float] = (0.3, 1.0)
    where: tuple[float, float, float, float] = (0.2, 0.8, 0.4, 0.85)
    turn: float = 0.15
    weight: float = 1.0
    restless: float = 1.0


STRUCK = ("impact_wood", "impact_metal", "impact_generic", "cloth", "plastic_rubber", "can_bottle")
DROPPED = ("impact_wood", "impact_metal", "plastic_rubber", "glass_ceramic", "small_metal_objects", "can_bottle",
           "stone_gravel_dirt", "impact_generic")  # fmt: skip
SAWN = ("saw_file_scrape", "domestic_brush_scrub")
STEPS = ("footsteps", "stone_gravel_dirt")
KINDS: dict[str, Kind] = {
    "ball": Kind(fall.bouncing_ball, ("ball_bounce", "plastic_rubber"), (0.4, 0.9), (0.2, 0.8, 0.6, 0.95), 0.08, 1.5),
    "stick": Kind(strike.stick_strike, STRUCK, (0.35, 1.4), (0.25, 0.8, 0.35, 0.8), 0.5, 3.0),
    "drum": Kind(strike.drum_sticks, ("impact_generic",), (0.35, 1.3), (0.25, 0.75, 0.4, 0.75), 0.15, 2.0),
    "hand_drums": Kind(strike.hand_drums, ("impact_generic",), (0.35, 1.1), (0.25, 0.75, 0.55, 0.85), 0.1, 1.5),
    "hammer": Kind(work.hammer, ("impact_metal", "impact_wood"), (0.35, 1.5), (0.3, 0.75, 0.45, 0.8), 0.3, 2.5),
    "knock": Kind(work.knock, ("door_knock",), (0.45, 1.6), (0.35, 0.75, 0.3, 0.7), 0.1, 1.2),
    "chop": Kind(work.chop, ("impact_wood",), (0.4, 1.5), (0.3, 0.7, 0.4, 0.75), 0.3, 2.0),
    "typing": Kind(work.typing, ("click_keyboard",), (0.35, 0.9), (0.35, 0.65, 0.35, 0.6), 0.2, 0.8),
    "drop": Kind(fall.drop, DROPPED, (0.4, 1.0), (0.25, 0.75, 0.6, 0.95), 0.1, 1.5),
    "walk_side": Kind(body.walk_side, STEPS, (0.22, 1.5), (0.2, 0.8, 0.7, 0.95), 0.05, 2.0),
    "walk_front": Kind(body.walk_front, STEPS, (0.15, 1.3), (0.25, 0.75, 0.7, 0.95), 0.05, 1.5),
    "clap": Kind(body.clap, ("human_clapping",), (0.5, 1.6), (0.3, 0.7, 0.4, 0.7), 0.15, 1.5),
    "bark": Kind(body.bark, ("animal_dog", "animal_cat"), (0.4, 1.3), (0.3, 0.7, 0.35, 0.65), 0.2, 1.5),
    "pistol": Kind(flash.pistol, ("explosion_gun",), (0.4, 1.2), (0.2, 0.6, 0.35, 0.7), 0.15, 1.2),
    "blast": Kind(flash.blast, ("explosion_gun",), (0.4, 1.2), (0.3, 0.7, 0.3, 0.6), 0.5, 1.0),
    "water_drops": Kind(fall.water_drops, ("water_drops",), (0.5, 1.2), (0.3, 0.7, 0.55, 0.85), 0.03, 0.8),
    "bell": Kind(fall.ring_bell, ("bell_alarm",), (0.5, 1.0), (0.3, 0.7, 0.5, 0.9), 0.05, 0.5),
    "rain": Kind(flow.rain, ("rain",), (0.7, 1.0), (0.4, 0.6, 0.4, 0.6), 0.1, 0.6),
    "stream": Kind(flow.stream, ("water_pour_flow",), (0.5, 1.3), (0.3, 0.7, 0.4, 0.7), 0.15, 0.7),
    "waves": Kind(flow.waves, ("water_waves",), (0.7, 1.2), (0.3, 0.7, 0.4, 0.7), 0.1, 0.5),
    "sway": Kind(flow.sway, ("wind",), (0.5, 1.2), (0.3, 0.7, 0.5, 0.8), 0.1, 0.6),
    "pass_by": Kind(flow.pass_by, ("vehicle_engine", "vehicle_train"), (0.3, 0.9), (0.3, 0.7, 0.5, 0.85), 0.05, 0.7),
    "fire": Kind(flow.fire, ("fire",), (0.5, 1.3), (0.3, 0.7, 0.5, 0.8), 0.05, 1.0),
    "drum_kit": Kind(strike.drum_kit, ("impact_generic",), (0.45, 1.2), (0.35, 0.65, 0.4, 0.6), 0.4, 2.5),
    "tear": Kind(objects.tear, ("paper_card",), (0.5, 1.5), (0.3, 0.7, 0.3, 0.6), 0.15, 0.8),
    "door": Kind(objects.door, ("door_open_close",), (0.3, 0.8), (0.1, 0.5, 0.5, 0.7), 0.05, 1.0),
    "clink": Kind(held.clink, ("glass",), (0.6, 1.8), (0.3, 0.7, 0.35, 0.65), 0.15, 0.8),
    "put_down": Kind(held.put_down, held.PUT_SOUNDS, (0.5, 1.5), (0.3, 0.7, 0.5, 0.8), 0.1, 1.2),
    "flap": Kind(objects.flap, ("cloth",), (0.5, 1.3), (0.3, 0.7, 0.4, 0.6), 0.3, 0.6),
    "volley": Kind(objects.volley, ("impact_generic",), (0.3, 0.9), (0.3, 0.7, 0.35, 0.65), 0.1, 0.8),
    "clock": Kind(machine.clock, ("clock_tick",), (0.4, 1.2), (0.3, 0.7, 0.4, 0.6), 0.2, 0.3),
    "mouse": Kind(machine.mouse, ("click_keyboard",), (0.5, 1.6), (0.3, 0.7, 0.3, 0.6), 0.3, 0.5),
    "saw": Kind(held.saw, SAWN, (0.4, 1.4), (0.3, 0.7, 0.4, 0.7), 0.15, 0.8),
    "shaker": Kind(held.shaker, ("rattle_shake_spray",), (0.5, 1.5), (0.3, 0.7, 0.35, 0.65), 0.3, 0.8),
    "whoosh": Kind(machine.whoosh, ("whoosh",), (0.35, 1.1), (0.3, 0.7, 0.4, 0.6), 0.1, 0.5),
    "fan": Kind(machine.fan, ("machine_domestic", "vehicle_air"), (0.3, 1.1), (0.3, 0.7, 0.3, 0.6), 0.1, 1.0),
    "idle": Kind(machine.idle, ("vehicle_engine",), (0.4, 1.3), (0.3, 0.7, 0.4, 0.7), 0.1, 1.2),
    "drill": Kind(machine.drill, ("power_tool",), (0.5, 1.5), (0.35, 0.7, 0.3, 0.7), 0.3, 1.0),
    "still": Kind(silent.still, (), (0.5, 1.2), (0.3, 0.7, 0.3, 0.7), 0.3, 0.6, 0.0),
    "camera_only": Kind(silent.camera_only, (), (0.5, 1.2), (0.3, 0.7, 0.3, 0.7), 0.3, 2.5, 2.5),
    "flicker": Kind(silent.flicker, (), (0.5, 1.2), (0.3, 0.7, 0.3, 0.7), 0.3, 1.2),
    "air_strokes": Kind(silent.air_strokes, (), (0.35, 1.4), (0.25, 0.8, 0.4, 0.8), 0.5, 2.5),
    "gesture": Kind(silent.gesture, (), (0.4, 1.3), (0.3, 0.7, 0.4, 0.7), 0.1, 2.5),
    "drift": Kind(silent.drift, (), (0.4, 1.2), (0.3, 0.7, 0.3, 0.7), 0.5, 1.0),
    "talk": Kind(restless.talk, (), (0.35, 2.2), (0.3, 0.7, 0.4, 0.7), 0.2, 6.0),
    "handling": Kind(restless.handling, (), (0.4, 1.6), (0.3, 0.7, 0.4, 0.7), 0.3, 5.0),
    "perch": Kind(restless.perch, (), (0.25, 1.3), (0.3, 0.7, 0.35, 0.65), 0.2, 3.0),
    "wave_hand": Kind(restless.wave_hand, (), (0.35, 1.4), (0.3, 0.7, 0.4, 0.7), 0.15, 3.0),
    "crowd": Kind(restless.crowd, (), (0.5, 1.2), (0.3, 0.7, 0.4, 0.6), 0.05, 2.0),
    "screen": Kind(restless.screen, (), (0.5, 1.5), (0.3, 0.7, 0.3, 0.7), 0.2, 1.5),
    "snow": Kind(restless.snow, (), (0.6, 1.2), (0.3, 0.7, 0.3, 0.7), 0.2, 0.7),
}
COMPANIONS = ("drift", "sway", "gesture", "still", "stick", "walk_side", "ball", "flicker", "talk", "wave_hand",
              "crowd", "perch", "handling", "screen", "snow")  # fmt: skip
CROWDED_SHARES = 0.32, 0.12  # of the scenes have another family behind the first, before it
CAMERA_SHARE = 0.45  # of the scenes are seen by a camera that moves


def sample(seed: int, *, seconds: float = SECONDS, size: tuple[int, int] = SIZE, grey: bool = False) -> Scene:
    """A random scene of a random kind, `size` = (height, width) pixels; the same for the same seed."""
    return render(_any_kind(np.random.default_rng([seed, 1])), seed, seconds=seconds, size=size, grey=grey)


def _any_kind(rng: np.random.Generator) -> str:
    weights = np.array([kind.weight for kind in KINDS.values()])
    return str(rng.choice(list(KINDS), p=weights / weights.sum()))


def render(
    kind: str,
    seed: int,
    *,
    seconds: float = SECONDS,
    frames_per_second: float = FRAMES_PER_SECOND,
    size: tuple[int, int] = SIZE,
    clean: bool = False,
    grey: bool = False,
) -> Scene:
    """A scene of `kind`, `size` = (height, width) pixels; `clean` is for showing: steady, full rate, no noise."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    taken, index, exposure = shutter_times(rng, seconds, frames_per_second, clean)
    # small pictures are squeezed videos of any shape; shown ones keep the shape they are asked for
    aspect = size[1] / size[0] if clean else float(rng.choice(ASPECTS, p=[0.5, 0.2, 0.12, 0.08, 0.1]))
    opened = taken + rolling_shutter_seconds(seed, clean)  # a picture bears the time at which its first row opens
    view = View(opened, exposure, seconds, aspect, size, clean, grey)
    pictures, events, spans = _shot(kind, rng, view)
    if not clean:
        cut = KINDS[kind].restless == 1.0  # still and camera_only stay alone: they must be silent
        pictures, events, spans = _edited(pictures, events, spans, rng, view, cut)
        index = stuttering(index, rng) if rng.random() < STUTTER_SHARE else index
    frames = pictures if len(pictures) == len(index) and clean else pictures[index]
    return Scene(kind, frames, frames_per_second, events, spans)


@dataclass(frozen=True)
class View:
    """What all shots of a clip share: when its pictures are taken (U,), and how large and how dressed up they are."""

    opened: Array
    exposure: float
    seconds: float
    aspect: float
    size: tuple[int, int]
    clean: bool
    grey: bool


def _shot(
    kind: str, rng: np.random.Generator, view: View
) -> tuple[npt.NDArray[np.uint8], tuple[Event, ...], tuple[Span, ...]]:
    """Pictures (U,H,W,C) of one stage, what is struck in it and what sounds."""
    closed = view.opened + view.exposure
    stage = Stage(rng, np.concatenate([view.opened, closed]), view.seconds, view.aspect, pixels=view.size[0])
    _dress(stage, kind, view.clean)
    knocks = [(event.time, event.strength) for event, _ in stage.hits]
    camera = still_camera(view.aspect, *view.size)
    restless = KINDS[kind].restless
    if not view.clean and restless > 0 and (rng.random() < CAMERA_SHARE or restless > 1):
        camera = moving_camera(rng, view.aspect, *view.size, view.seconds, knocks, restless)
    pictures = expose(stage, camera, closed, clean_film() if view.clean else random_film(rng), view.grey)
    return pictures, _seen(stage, camera), tuple(stage.spans)


def _edited(
    pictures: npt.NDArray[np.uint8],
    events: tuple[Event, ...],
    spans: tuple[Span, ...],
    rng: np.random.Generator,
    view: View,
    cut: bool,
) -> tuple[npt.NDArray[np.uint8], tuple[Event, ...], tuple[Span, ...]]:
    """A shot as it arrives: joined to another one where it may be `cut`, titled, barred, encoded."""
    if cut and rng.random() < JOIN_SHARE:
        join = random_join(rng, view.seconds)
        second, later, more = _shot(_any_kind(rng), rng, view)
        pictures = joined(pictures, second, join, view.opened)
        events = tuple(
            [event for event in events if event.time < join.time]
            + [event for event in later if event.time >= join.time]
        )
        spans = tuple(
            [replace(span, stop=min(span.stop, join.time)) for span in spans if span.start < join.time]
            + [replace(span, start=max(span.start, join.time)) for span in more if span.stop > join.time]
        )
    if rng.random() < CAPTION_SHARE:
        titled(pictures, rng, view.opened)
    if rng.random() < BARS_SHARE:
        barred(pictures, rng)
    encoding = random_encoding(rng, len(pictures))
    return pictures if encoding is None else transmit(pictures, encoding), events, spans


def _seen(stage: Stage, camera: Camera) -> tuple[Event, ...]:
    """The events of a stage in order of time, with their contact points as the camera saw them."""
    hits = sorted(stage.hits, key=lambda hit: hit[0].time)
    if not hits:
        return ()
    times, world = np.array([event.time for event, _ in hits]), np.stack([place for _, place in hits])
    places = camera.project(times, world)
    return tuple(replace(event, x=float(x), y=float(y)) for (event, _), (x, y) in zip(hits, places, strict=True))


def _dress(stage: Stage, kind: str, clean: bool) -> None:
    """Places the family on the stage, sometimes with another one behind or before it."""
    rng = stage.rng
    crowd = not clean and KINDS[kind].restless == 1.0
    if crowd and rng.random() < CROWDED_SHARES[0]:
        _put(stage, str(rng.choice(COMPANIONS)), small=True, clean=clean)
    _put(stage, kind, small=False, clean=clean)
    if crowd and rng.random() < CROWDED_SHARES[1]:
        _put(stage, str(rng.choice(COMPANIONS)), small=True, clean=clean)


def _put(stage: Stage, name: str, small: bool, clean: bool) -> None:
    rng, kind = stage.rng, KINDS[name]
    low, high = kind.scale
    scale = np.exp(rng.uniform(np.log(low), np.log(high))) * (0.6 if small else 1.0)
    left, right, top, bottom = kind.where
    where = np.array([rng.uniform(left, right), rng.uniform(top, bottom)])
    turn = rng.uniform(-kind.turn, kind.turn)
    if clean:
        scale, turn = (low * high) ** 0.5, 0.0
        where = np.array([(left + right) / 2, (top + bottom) / 2])
    flip = -1.0 if rng.random() < 0.5 else 1.0
    squash = 1.0 if clean else rng.uniform(0.85, 1.15)
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = scale * np.array([[cos, -sin], [sin, cos]]) @ np.diag([flip * squash, 1 / squash])
    stage.place = Placement(matrix, where * [stage.aspect, 1.0])
    kind.build(stage)
