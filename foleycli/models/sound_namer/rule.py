"""What a shot sounds like: the picture's answer and the motion's, weighed. NumPy only.

score = PICTURE x share of the frame's labels + MOTION x probability of the spotter's class head, by class

Weights and threshold were fitted on rendered scenes and on the `dev` half of the test clips (docs/evaluation.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.sheet import MOTION as BY_MOTION
from foleycli.cues.sheet import PICTURE as BY_PICTURE

Scores = npt.NDArray[np.float64]  # (classes,) in the order of SOUND_CLASSES

PICTURE, MOTION = 1.0, 0.3
NAMED = 0.25  # score from which it is said
STEADY = 0.15  # the same where nothing is struck, of a family of textures that is twice as likely as any other sound
TEXTURES = (("water_pour_flow", "water_waves", "rain"), ("vehicle_engine", "vehicle_train", "vehicle_air"))
MOTION_ALONE = 0.5  # probability from which it is said where no picture was looked at
MENTIONED = 0.02  # score from which it is worth a suggestion
SUGGESTIONS = 3


@dataclass(frozen=True)
class Name:
    """What a shot sounds like; `sound` "" where nothing is sure enough, and then what it may be, likeliest first."""

    sound: str = ""
    by: str = ""
    score: float = 0.0
    suggestions: tuple[str, ...] = ()


def name_of(picture: Scores | None, motion: Scores | None) -> Name:
    """The name of a shot by the mean of its frames' shares and of its hits' class probabilities, either may lack."""
    seen, moved = (np.zeros(len(SOUND_CLASSES)) if one is None else one for one in (picture, motion))
    score = moved * NAMED / MOTION_ALONE if picture is None else PICTURE * seen + MOTION * moved
    order = np.argsort(-score, kind="stable")[:SUGGESTIONS].tolist()
    best = order[0]
    if score[best] >= NAMED or (motion is None and _is_texture(score, SOUND_CLASSES[best])):
        by = BY_PICTURE if picture is not None and PICTURE * seen[best] >= MOTION * moved[best] else BY_MOTION
        return Name(SOUND_CLASSES[best], by, float(score[best]))
    mentioned = tuple(SOUND_CLASSES[one] for one in order if score[one] >= MENTIONED)
    return Name(score=float(score[best]), suggestions=mentioned)


def _is_texture(score: Scores, best: str) -> bool:
    """Whether the family of the likeliest sound is clearly seen, though its members share the score."""
    family = next((names for names in TEXTURES if best in names), ())
    inside = np.isin(SOUND_CLASSES, family)
    return bool(score[inside].sum() >= max(STEADY, 2 * score[~inside].max()))


def in_order(probabilities: npt.NDArray[np.floating], classes: Sequence[str]) -> Scores:
    """Probabilities (C,) of these classes, laid in the order of SOUND_CLASSES; of others, 0."""
    laid = np.zeros(len(SOUND_CLASSES))
    for sound, probability in zip(classes, probabilities, strict=True):
        if sound in SOUND_CLASSES:
            laid[SOUND_CLASSES.index(sound)] = probability
    return laid
