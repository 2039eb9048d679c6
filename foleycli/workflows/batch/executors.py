"""Where jobs are done. An executor does one job at a time for each of the runner's threads. The runner keeps the
journal, moves finished files into place and sends the events, so an executor on another machine needs none of that.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from foleycli.specs.settings import Model
from foleycli.types import Progress
from foleycli.workflows.batch.job import DubJob, Notes, Watched, render_job, watch_job
from foleycli.workflows.loading import load_pipeline

if TYPE_CHECKING:
    from foleycli.pipeline.foley_pipeline import FoleyPipeline

Prepared = TypeVar("Prepared")


class Executor(Protocol, Generic[Prepared]):
    """Does jobs in two steps, so that the next video is watched while this one is performed."""

    @property
    def workers(self) -> int:
        """How many jobs it performs at a time."""
        ...

    def prepare(self, job: DubJob, progress: Progress) -> Prepared:
        """Reads the video; `progress` is called on the way and may raise to stop it."""
        ...

    def perform(self, job: DubJob, prepared: Prepared, drafts: Path) -> Notes:
        """Writes the target and what lies beside it into the folder `drafts`, whole, each under its own name."""
        ...


class ThreadExecutor:
    """Does jobs in threads of this process, which share one loaded model and its micro-batches."""

    def __init__(self, model: Model, workers: int = 1) -> None:
        self.model, self._workers = model, workers

    @cached_property
    def pipeline(self) -> FoleyPipeline:
        """The model, loaded with all its networks: two threads must not build the same one at once."""
        pipeline = load_pipeline(self.model)
        pipeline.prepare()
        return pipeline

    @property
    def workers(self) -> int:
        return max(self._workers, self.pipeline.model.at_once)

    def prepare(self, job: DubJob, progress: Progress) -> Watched:
        return watch_job(job, self.pipeline, progress)

    def perform(self, job: DubJob, prepared: Watched, drafts: Path) -> Notes:
        return render_job(job, prepared, drafts)
