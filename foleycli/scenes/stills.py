"""One picture of a rendered scene, at the moment when something sounds in it: cheaper than a clip by its frames.

The stage is dressed twice from the same seed: once to learn when something sounds, once more at that moment.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleycli.scenes.camera import moving_camera, still_camera
from foleycli.scenes.catalogue import ASPECTS, KINDS, SECONDS, SIZE, _dress
from foleycli.scenes.exposure import expose
from foleycli.scenes.photometric import clean_film, random_film
from foleycli.scenes.stage import Stage

CARELESS = 0.4  # share of pictures in any light and by any camera, as the clips of the spotter are
SOUNDING_KINDS: tuple[str, ...] = tuple(name for name, kind in KINDS.items() if kind.sounds)


@dataclass(frozen=True)
class Still:
    """A picture uint8 (H, W, 3) of `kind`, and the class of `sound` that is heard when it is taken."""

    kind: str
    picture: npt.NDArray[np.uint8]
    sound: str


def render_still(kind: str, seed: int, size: tuple[int, int] = SIZE) -> Still:
    """The picture of a scene of `kind` at a contact or within a lasting sound; the same for the same seed."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode()), 0x57111])
    aspect = float(rng.choice(ASPECTS, p=[0.5, 0.2, 0.12, 0.08, 0.1]))
    exposure = rng.uniform(0.05, 0.7) / 25.0
    probe = _stage(kind, seed, aspect, SECONDS / 2, exposure, size)
    moments = _moments(probe, kind, rng)
    if not moments:  # the seed's action is cut short: what is seen still belongs to the kind
        moments = [(SECONDS / 2, KINDS[kind].sounds[0])]
    time, sound = moments[int(rng.integers(len(moments)))]
    # A photograph is seldom of the very instant: up to 60 ms after the contact.
    time = min(time + float(rng.uniform(0.0, 0.06)), SECONDS)
    stage = _stage(kind, seed, aspect, time, exposure, size)
    camera, film = still_camera(aspect, *size), clean_film()
    if rng.random() < CARELESS:  # most photographs are taken in better light than frames of a video
        film = random_film(rng)
        if rng.random() < 0.5:
            camera = moving_camera(rng, aspect, *size, SECONDS, [], KINDS[kind].restless)
    return Still(kind, expose(stage, camera, np.array([time + exposure]), film)[0], sound)


def _stage(kind: str, seed: int, aspect: float, time: float, exposure: float, size: tuple[int, int]) -> Stage:
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    stage = Stage(rng, np.array([time, time + exposure]), SECONDS, aspect, pixels=size[0])
    _dress(stage, kind, clean=False)
    return stage


def _moments(stage: Stage, kind: str, rng: np.random.Generator) -> list[tuple[float, str]]:
    """Times at which one of the kind's own sounds is heard: contacts, and one random time in each lasting sound."""
    own = KINDS[kind].sounds
    hits = [(event.time, event.sound) for event, _ in stage.hits if event.sound in own]
    spans = [(float(rng.uniform(s.start, s.stop)), s.sound) for s in stage.spans if s.sound in own]
    return [(time, sound) for time, sound in hits + spans if 0.0 <= time <= SECONDS]
