"""What `foley batch` does, in order: find, name, leave out what is done, load the model, run, list the failures."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from foleycli.cli import planning
from foleycli.cli.batch_display import Told, board, plain, planned
from foleycli.cli.beside import Beside, check_folder, make_folder, named_beside
from foleycli.cli.console import Say, complain
from foleycli.cli.delivery import check_fades, check_mix, deliver, in_video
from foleycli.cli.performance import Performance, load_pipeline
from foleycli.cli.reporting import Gathered, check_report
from foleycli.cli.signals import Stopped
from foleycli.cli.targets import SOUND_SUFFIXES
from foleycli.errors import EXIT_BATCH_FAILURES, FoleyError, InputError, OutputError, UsageError
from foleycli.text import size
from foleycli.timeline import WINDOW_SECONDS, plan_windows
from foleycli.video.containers import BY_SUFFIX
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.workflows.batch import events
from foleycli.workflows.batch.events import Job, Notes
from foleycli.workflows.batch.find import find, split_list
from foleycli.workflows.batch.fingerprint import settings_hash
from foleycli.workflows.batch.journal import Journal, done_before
from foleycli.workflows.batch.naming import name_jobs

if TYPE_CHECKING:
    from foleycli.pipeline.foley_pipeline import TrackStream
    from foleycli.video.probe import VideoInfo

    Seen = tuple[VideoInfo, TrackStream]

Tell = Callable[[events.Event], None]


@dataclass(frozen=True)
class Order:
    """Which videos, and where to."""

    paths: tuple[str, ...]
    out_dir: Path
    name: str
    nul: bool = False
    workers: int = 1
    overwrite: bool = False
    report: Path | None = None
    stems: Path | None = None
    plots: Path | None = None

    def beside(self, name: Path, below: Path) -> Beside:
        """What lies beside a result of that name, in the folders of stems and plots that mirror --out-dir."""
        stems, plots = (None if folder is None else folder / below for folder in (self.stems, self.plots))
        return named_beside(name, stems, plots)


def batch(order: Order, wanted: Performance, say: Say, *, dry_run: bool = False) -> None:
    """Dubs every video that is not done; leaves with 1 if any failed."""
    _check_overlap(wanted.overlap)
    check_folder("--stems", order.stems)
    check_folder("--plot", order.plots)
    jobs = _jobs(order, wanted.seed)
    for job in jobs:
        check_mix(wanted.mix, job.target, part=False)
    if any(in_video(job.target) for job in jobs):
        find_ffmpeg()  # before the work: without one that works no job can end well
    if dry_run:
        _plan(order, jobs, wanted, say)
        return
    if order.report is not None:
        check_report(order.report, order.out_dir, order.overwrite)
    for option, folder in (("--out-dir", order.out_dir), ("--stems", order.stems), ("--plot", order.plots)):
        make_folder(option, folder)
    with Journal(order.out_dir, _settings(wanted)) as journal:
        gathered = Gathered(jobs, journal)
        try:
            with board(say, len(jobs)) as told:
                _all(journal, jobs, order, wanted, both(gathered.tell, told.tell))  # what was told is in the report
        except (Stopped, KeyboardInterrupt):
            if order.report is not None and gathered.any:
                say.note("interrupted; a second time leaves without the report of what is done")
                try:
                    _report(order, gathered, wanted, told, say)
                except (FoleyError, OSError) as error:  # what is told to the shell is the interruption
                    complain(str(error))
            raise
        try:
            _report(order, gathered, wanted, told, say)
        finally:
            told.close()
    if told.failures:
        raise typer.Exit(EXIT_BATCH_FAILURES)


def _report(order: Order, gathered: Gathered, wanted: Performance, told: Told, say: Say) -> None:
    if order.report is not None:
        with say.progress() as progress:
            rows = gathered.write(order.report, wanted, progress, overwrite=order.overwrite)
        told.reported(order.report, rows)


def both(first: Tell, second: Tell) -> Tell:
    """One ear for two listeners."""

    def tell(event: events.Event) -> None:
        first(event)
        second(event)

    return tell


def _all(journal: Journal, jobs: Sequence[Job], order: Order, wanted: Performance, tell: Tell) -> None:
    waiting = journal.waiting(jobs)
    for job in jobs:
        if job not in waiting:
            tell(events.Skipped(job))
    if waiting:
        _run(journal, waiting, order, wanted, tell)


def _run(journal: Journal, waiting: Sequence[Job], order: Order, wanted: Performance, tell: Tell) -> None:
    from foleycli.video.probe import probe
    from foleycli.workflows.batch.runner import Batch

    pipeline = load_pipeline(wanted)
    pipeline.prepare()  # two threads must not import and build the same

    def watch(source: Path, progress: Callable[[str, int, int], None]) -> Seen:
        info = probe(source)
        check_fades(wanted.mix, info.duration)
        return info, pipeline.stream(
            info,
            seed=wanted.seed,
            sounds=wanted.sounds,
            steps=wanted.steps,
            guidance=wanted.guidance,
            overlap=wanted.overlap,
            progress=progress,
            stems=wanted.apart,
        )

    def perform(seen: Seen, draft: Path) -> Notes:
        info, stream = seen
        here = draft.parent
        beside = named_beside(draft, order.stems and here, order.plots and here)
        outcome = deliver(stream, info, draft, wanted.mix, Fraction(0), overwrite=True, beside=beside)
        return Notes(outcome.warnings, outcome.windows, stream.cues)

    Batch(
        journal, watch, perform, workers=max(order.workers, pipeline.performer.at_once), overwrite=order.overwrite
    ).run(waiting, tell)


def _jobs(order: Order, seed: int) -> tuple[Job, ...]:
    names = [name for path in order.paths for name in ([path] if path != "-" else _listed(order.nul))]
    videos = find(names, order.out_dir)
    if names and not videos:
        raise UsageError(f"no video in {names[0]}{' and the rest' if len(names) > 1 else ''}; name files or folders")
    kinds = (*BY_SUFFIX, *SOUND_SUFFIXES)
    return name_jobs(
        videos, order.out_dir, order.name, seed, kinds, lambda name, below: order.beside(name, below).files
    )


def _listed(nul: bool) -> list[str]:
    if sys.stdin.isatty():
        raise UsageError("no list on stdin; pipe one in (find . -name '*.mp4' | foley batch - -o out), or name files")
    return split_list(sys.stdin.buffer.read(), nul=nul)


def _plan(order: Order, jobs: Sequence[Job], wanted: Performance, say: Say) -> None:
    """What a run would do, and what it would find done or in its way."""
    done = done_before(order.out_dir, _settings(wanted), jobs)
    for job in jobs:
        event = plain(events.Skipped(job)) if job in done else planned(job)
        note = ", done before" if job in done else ""
        say.result(json.dumps(event) if say.as_json else f"{job.source} -> {job.target}{note}")
        if job not in done and job.target.exists() and not order.overwrite:
            say.warn(f"{job.target} exists; use --overwrite, or another name")
    _sum_up([job for job in jobs if job not in done], wanted, say)


def _sum_up(jobs: Sequence[Job], wanted: Performance, say: Say) -> None:
    """Windows, time and disk of all that can be read, and what can't."""
    from foleycli.video.mux import check_container
    from foleycli.video.probe import probe

    seconds, windows, disk = 0.0, 0, 0
    for job in jobs:
        try:
            info = probe(job.source)
            if in_video(job.target):
                check_container(info, job.target)
        except (InputError, OutputError) as error:
            say.warn(str(error))
            continue
        found = planning.plan(info, [job.target], [path for path in job.beside if path.suffix == ".wav"], wanted)
        seconds, windows, disk = seconds + float(info.duration), windows + len(found.spans), disk + found.disk_bytes
    time = planning.about(planning.cpu_seconds(seconds, windows, wanted))
    say.note(f"{windows} windows, {time}, {size(disk)} of disk")


def _check_overlap(overlap: Fraction) -> None:
    try:
        plan_windows(WINDOW_SECONDS, overlap=overlap)
    except ValueError as error:
        raise UsageError(f"--overlap: {error}") from error


def _settings(wanted: Performance) -> str:
    """The hash of what is heard: where it is computed, and how the video is called, make no other sound."""
    from foleycli.bundles.format import read_bundle
    from foleycli.bundles.store import resolve

    choices = asdict(wanted)
    for name in ("model", "device", "compiled", "offline", "sheet"):
        del choices[name]
    return settings_hash(choices, read_bundle(resolve(wanted.model, offline=wanted.offline)))
