"""The events of a batch while it runs, one dataclass for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from foleycli.workflows.batch.job import DubJob, Notes


@dataclass(frozen=True)
class Skipped:
    """Done before, with the same settings."""

    job: DubJob


@dataclass(frozen=True)
class Started:
    """Its pictures are being read."""

    job: DubJob


@dataclass(frozen=True)
class Advanced:
    """`done` of `total` steps of a stage: "watch" counts seconds of video, "perform" windows."""

    job: DubJob
    stage: str
    done: int
    total: int


@dataclass(frozen=True)
class Done:
    """The target is there, whole; `seconds` since it was started."""

    job: DubJob
    seconds: float
    notes: Notes = field(default_factory=Notes)


@dataclass(frozen=True)
class Failed:
    """No target; `reason` is one line, `kind` is input, model, output, usage or unexpected."""

    job: DubJob
    reason: str
    kind: str


@dataclass(frozen=True)
class Found:
    """The batch is of `total` videos, done before or not."""

    total: int


@dataclass(frozen=True)
class Ended:
    """No job is left; a report may still be written."""


@dataclass(frozen=True)
class Interrupted:
    """The run was stopped, and the report of what is done will be written."""


@dataclass(frozen=True)
class ReportAdvanced:
    """`done` of `total` rows of the report."""

    done: int
    total: int


@dataclass(frozen=True)
class Reported:
    """The report is written."""

    page: Path
    rows: int


@dataclass(frozen=True)
class ReportFailed:
    """After an interruption the report could not be written."""

    reason: str


JobEvent = Skipped | Started | Advanced | Done | Failed
Event = JobEvent | Found | Ended | Interrupted | ReportAdvanced | Reported | ReportFailed
