"""The events of a workflow while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foleycli.cues.sheet import Cue


@dataclass(frozen=True)
class ModelLoaded:
    """The model lies in `folder` and runs on `device`."""

    folder: Path
    device: str


@dataclass(frozen=True)
class Foreseen:
    """What of the video will not be kept as it is, in one line each; known before it is watched."""

    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Spotted:
    """The cues that will be performed, in how many windows, with seeds from `seed` on."""

    cues: tuple[Cue, ...]
    windows: int
    seed: int


@dataclass(frozen=True)
class Advanced:
    """`done` of `total` steps of a stage: "watch" counts seconds of video, "perform" windows."""

    stage: str
    done: int
    total: int
