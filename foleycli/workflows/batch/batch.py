"""Dubs many videos: finds them, names the outputs, skips what is done, runs the rest, writes a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foleycli.errors import FoleyError, InputError, OutputError, UsageError
from foleycli.specs.settings import Settings
from foleycli.video.containers import BY_SUFFIX
from foleycli.workflows.batch import events
from foleycli.workflows.batch.find import NOWHERE, beside_videos, find
from foleycli.workflows.batch.job import Cluster, DubJob
from foleycli.workflows.batch.journal import Journal, done_before
from foleycli.workflows.batch.naming import TEMPLATE, name_jobs
from foleycli.workflows.batch.report import BatchOutcomes, check_report
from foleycli.workflows.dub import check_overlap
from foleycli.workflows.fingerprint import settings_hash
from foleycli.workflows.outputs import (
    SOUND_SUFFIXES,
    Beside,
    check_folder,
    check_kind,
    in_video,
    make_folder,
    named_beside,
)
from foleycli.workflows.plan import cpu_seconds, plan
from foleycli.workflows.recordings import check_own, own_of
from foleycli.workflows.render import check_mix

if TYPE_CHECKING:
    from foleycli.workflows.batch.executors import Executor

OnEvent = Callable[[events.Event], None]


@dataclass(frozen=True, kw_only=True)
class BatchRequest:
    """Which videos to dub, into which folder, with which settings.

    `paths` are files, folders and patterns. Folders are searched with all their subfolders; the results stand in the
    same subfolders of `out_dir`; without one each stands beside its video, and the journal in the folder that holds all
    videos. `name` is a template with {stem}, {ext}, {folder}, {seed}. `workers` videos are
    performed at the same time. `stems` and `plots` are folders, `report` is an HTML page. With `cluster` the
    videos are performed there, else in this process.
    """

    paths: Sequence[str | Path]
    out_dir: Path | None = None
    name: str = TEMPLATE
    settings: Settings = field(default_factory=Settings)
    workers: int = 1
    overwrite: bool = False
    report: Path | None = None
    stems: Path | None = None
    plots: Path | None = None
    cluster: Cluster | None = None

    def beside(self, name: Path, below: Path) -> Beside:
        """The stems and the plot of a result of that name, in the subfolder `below` of their folders."""
        stems, plots = (None if folder is None else folder / below for folder in (self.stems, self.plots))
        return named_beside(name, stems, plots)


@dataclass(frozen=True)
class BatchResult:
    """The videos that were done in this run, done before, and failed."""

    done: tuple[DubJob, ...]
    skipped: tuple[DubJob, ...]
    failed: tuple[events.Failed, ...]


@dataclass(frozen=True)
class Planned:
    """A job of a dry run: whether it was done before, and whether another file is at its target."""

    job: DubJob
    done: bool
    in_the_way: bool


@dataclass(frozen=True)
class BatchPlan:
    """What a run would do; `unreadable` has an error line for each video that can't be read, `lost` one for each thing
    of a video that does not go into its file as it is.
    """

    jobs: tuple[Planned, ...]
    windows: int
    cpu_seconds: float | None
    disk_bytes: int
    unreadable: tuple[str, ...]
    lost: tuple[str, ...] = ()


def batch(request: BatchRequest, on_event: OnEvent | None = None) -> BatchResult:
    """Dubs every video that is not done; a bad one stops no other.

    `on_event` is called in this thread. Finished videos are in the journal of `out_dir`, so calling this again
    continues a run that Ctrl-C or kill -9 stopped. Raises UsageError for a request that makes no sense, ModelError, and
    OutputError for folders that can't be written. A video that fails raises nothing and is listed in the result.
    """
    request, jobs = _checked(request)
    assert request.out_dir is not None
    notify = on_event or (lambda event: None)
    if request.report is not None:
        check_report(request.report, request.out_dir, request.overwrite)
    folders = (("--out-dir", request.out_dir), ("--stems", request.stems), ("--plot", request.plots))
    for option, folder in folders:
        make_folder(option, folder)
    with Journal(request.out_dir, _fingerprint(request.settings)) as journal:
        outcomes = BatchOutcomes(jobs, journal)

        def on_job_event(event: events.JobEvent) -> None:
            outcomes.add(event)  # first, as the caller may raise: then the report has the event
            notify(event)

        notify(events.Found(len(jobs)))
        try:
            _run(journal, jobs, request=request, on_event=on_job_event)
        except BaseException as stop:
            if not isinstance(stop, Exception):  # Ctrl-C or a signal
                _report_interrupted(request, outcomes, notify)
            raise
        notify(events.Ended())
        _report(request, outcomes, notify)
    return _result(outcomes)


def plan_batch(request: BatchRequest) -> BatchPlan:
    """What `batch` would do; changes nothing on disk."""
    from foleycli.video.probe import probe
    from foleycli.video.stream_plan import check_container

    request, jobs = _checked(request)
    assert request.out_dir is not None
    done = done_before(request.out_dir, _fingerprint(request.settings), jobs)
    seconds, windows, disk, unreadable = 0.0, 0, 0, list[str]()
    lost: list[str] = []
    for job in jobs:
        if job in done:
            continue
        try:
            info = probe(job.source)
            if in_video(job.target):
                check_container(info, job.target)
        except (InputError, OutputError) as error:
            unreadable.append(str(error))
            continue
        found = plan(
            info, [job.target], stems=[path for path in job.beside if path.suffix == ".wav"], settings=job.settings
        )
        lost += [f"{job.source}: {line}" for line in found.lost]
        seconds, windows, disk = seconds + float(info.duration), windows + len(found.spans), disk + found.disk_bytes
    planned = [Planned(job, job in done, job.target.exists() and not request.overwrite) for job in jobs]
    return BatchPlan(
        tuple(planned),
        windows,
        cpu_seconds=cpu_seconds(seconds, windows, request.settings),
        disk_bytes=disk,
        unreadable=tuple(unreadable),
        lost=tuple(lost),
    )


def _checked(request: BatchRequest) -> tuple[BatchRequest, tuple[DubJob, ...]]:
    """The request and its jobs; raises UsageError.

    The request gets a folder for its journal, and the setting `stems` if it names a folder of stems.
    """
    generation = request.settings.generation
    check_overlap(generation)
    check_own(generation)
    check_folder("--stems", request.stems)
    check_folder("--plot", request.plots)
    generation = replace(generation, stems=generation.stems or request.stems is not None)
    request = replace(request, settings=replace(request.settings, generation=generation))
    names = [str(path) for path in request.paths]
    out_dir = request.out_dir
    videos = find(names, NOWHERE if out_dir is None else out_dir)
    if out_dir is None:
        out_dir, videos = beside_videos(videos)
    request = replace(request, out_dir=out_dir)
    if names and not videos:
        raise UsageError(f"no video in {names[0]}{' and the rest' if len(names) > 1 else ''}; name files or folders")
    kinds = (*BY_SUFFIX, *SOUND_SUFFIXES)
    jobs = name_jobs(
        videos,
        out_dir,
        template=request.name,
        settings=request.settings,
        suffixes=kinds,
        beside=lambda name, below: request.beside(name, below).files,
    )
    for job in jobs:
        check_kind(job.target)  # before the work: without ffmpeg every job would fail
        check_mix(request.settings.mix, job.target, part=False)
    return request, jobs


def _run(
    journal: Journal, jobs: Sequence[DubJob], request: BatchRequest, on_event: Callable[[events.JobEvent], None]
) -> None:
    waiting = journal.waiting(jobs)
    for job in jobs:
        if job not in waiting:
            on_event(events.Skipped(job))
    left = [(job, None if request.overwrite else journal.crashed(job)) for job in waiting]
    for job, reason in left:
        if reason is not None:
            on_event(events.Failed(job, reason, "input"))
    waiting = tuple(job for job, reason in left if reason is None)
    if waiting:
        from foleycli.workflows.batch.runner import Batch

        with _executor(request) as executor, journal.crashes.watched():
            suspects = [job for job in waiting if journal.key(job) in journal.crashes.suspected]
            for group in (suspects, [job for job in waiting if job not in suspects]):
                if group:
                    Batch(journal, executor, overwrite=request.overwrite, alone=group is suspects).run(group, on_event)


@contextmanager
def _executor(request: BatchRequest) -> Iterator[Executor[Any]]:
    model = request.settings.model
    if request.cluster is None:
        from foleycli.workflows.batch.executors import ThreadExecutor

        yield ThreadExecutor(model, request.workers)
        return
    from foleycli.workflows.batch.ray_executor import RayExecutor

    with RayExecutor(model, request.workers, request.cluster) as executor:
        yield executor


def _result(outcomes: BatchOutcomes) -> BatchResult:
    ends = outcomes.ends
    return BatchResult(
        done=tuple(job for job, end in ends if isinstance(end, events.Done)),
        skipped=tuple(job for job, end in ends if isinstance(end, events.Skipped)),
        failed=tuple(end for _, end in ends if isinstance(end, events.Failed)),
    )


def _report(request: BatchRequest, outcomes: BatchOutcomes, on_event: OnEvent) -> None:
    if request.report is not None:
        rows = outcomes.write(
            request.report,
            request.settings,
            lambda stage, done, total: on_event(events.ReportAdvanced(done, total)),
            overwrite=request.overwrite,
        )
        on_event(events.Reported(request.report, rows))


def _report_interrupted(request: BatchRequest, outcomes: BatchOutcomes, on_event: OnEvent) -> None:
    """Writes the report of what is done; a failure is an event, because the interruption is what is raised."""
    if request.report is not None and outcomes.any:
        on_event(events.Interrupted())
        try:
            _report(request, outcomes, on_event)
        except (FoleyError, OSError) as error:
            on_event(events.ReportFailed(str(error)))


def _fingerprint(settings: Settings) -> str:
    from foleycli.bundles.format import read_bundle
    from foleycli.bundles.store import resolve

    own = own_of(settings.generation)
    bundle = read_bundle(resolve(settings.model.name, offline=settings.model.offline))
    return settings_hash(settings, bundle, "" if own is None else own.sha256)
