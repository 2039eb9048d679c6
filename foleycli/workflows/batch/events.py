"""What a batch says while it runs: one dataclass per thing that can happen to a video."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foleycli.cues.sheet import Cue


@dataclass(frozen=True)
class Job:
    """One video and the file it becomes, and what is written beside that: stems, a plot."""

    source: Path
    target: Path
    beside: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Notes:
    """What the file of a dub does not say: the warnings, how many windows, the cues it was performed from."""

    warnings: tuple[str, ...] = ()
    windows: int = 0
    cues: tuple[Cue, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """Done before, with the same settings."""

    job: Job


@dataclass(frozen=True)
class Started:
    """Its pictures are being read."""

    job: Job


@dataclass(frozen=True)
class Advanced:
    """`done` of `total` steps of a stage: "watch" counts seconds of video, "perform" windows."""

    job: Job
    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Done:
    """The target is there, whole; `seconds` since it was started."""

    job: Job
    seconds: float
    notes: Notes = Notes()


@dataclass(frozen=True)
class Failed:
    """No target; `reason` is one line, `kind` is input, model, output, usage or unexpected."""

    job: Job
    reason: str
    kind: str


Event = Skipped | Started | Advanced | Done | Failed
