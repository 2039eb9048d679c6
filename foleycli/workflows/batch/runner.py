"""Runs the jobs of a batch: one video is watched while another is performed; one that fails stops no other.

watch      a.mp4  b.mp4 ─┐ c.mp4           one thread, at most `workers` videos ahead
perform           a.mp4  └─> b.mp4         `workers` threads
events     ──────────────────────────>     the caller's thread, in order
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import BoundedSemaphore, Event
from typing import Generic, TypeVar

from foleycli.atomic import atomic_file, check_target
from foleycli.errors import FoleyError, InputError, ModelError, OutputError, UsageError
from foleycli.types import Progress
from foleycli.workflows.batch import events
from foleycli.workflows.batch.executors import Executor
from foleycli.workflows.batch.job import DubJob, Notes
from foleycli.workflows.batch.journal import Journal

Prepared = TypeVar("Prepared")
Result = TypeVar("Result")
OnEvent = Callable[[events.JobEvent], None]

SPARE_BYTES = 2**20
KINDS = {InputError: "input", ModelError: "model", OutputError: "output", UsageError: "usage"}


class _Stopped(Exception):
    """Ends a thread of an interrupted run; sends no event."""


class Batch(Generic[Prepared]):
    """One run over many jobs; `run` returns when each is done or has failed."""

    def __init__(
        self, journal: Journal, executor: Executor[Prepared], *, overwrite: bool = False, alone: bool = False
    ) -> None:
        """`alone`: one video at a time, from its reading to its end."""
        self.journal, self.executor, self.overwrite = journal, executor, overwrite
        workers = executor.workers
        self._watching, self._performing = ThreadPoolExecutor(1, "watch"), ThreadPoolExecutor(workers, "perform")
        # Most videos in memory at a time.
        self._ahead = BoundedSemaphore(1 if alone else 2 * workers)
        self._events: SimpleQueue[events.JobEvent] = SimpleQueue()
        self._stop = Event()

    def run(self, jobs: Sequence[DubJob], on_event: OnEvent) -> tuple[events.Failed, ...]:
        """Does the jobs and returns the failures; `on_event` is called in this thread. Ctrl-C waits for one window."""
        failures: list[events.Failed] = []
        try:
            for number, job in enumerate(jobs):
                self._watching.submit(self._prepare, job, number)
            left = len(jobs)
            while left:
                event = self._events.get()
                on_event(event)
                left -= isinstance(event, events.Done | events.Failed)
                if isinstance(event, events.Failed):
                    failures.append(event)
        finally:
            self._stop.set()
            self._watching.shutdown(cancel_futures=True)
            self._performing.shutdown(cancel_futures=True)
            while not self._events.empty():  # jobs that ended while the run was being stopped
                event = self._events.get()
                if isinstance(event, events.Done | events.Failed):
                    on_event(event)
        return tuple(failures)

    def _prepare(self, job: DubJob, number: int) -> None:
        while not self._ahead.acquire(timeout=0.1):
            if self._stop.is_set():
                return
        started = time.monotonic()
        self._events.put(events.Started(job))
        with self.journal.crashes.flying(self.journal.key(job)):
            prepared = self._guarded(job, lambda: self._watched(job))
        if prepared is None:
            self._ahead.release()
        else:
            self._performing.submit(self._perform, job, number, prepared, started)

    def _watched(self, job: DubJob) -> Prepared:
        for folder in {path.parent: None for path in (job.target, *job.beside)}:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise _refused(folder, error) from error
        self._check_places(job)  # fail before the work, not after it
        return self.executor.prepare(job, self._progress(job))

    def _perform(self, job: DubJob, number: int, prepared: Prepared, started: float) -> None:
        try:
            with self.journal.crashes.flying(self.journal.key(job)):
                notes = self._guarded(job, lambda: self._delivered(job, number, prepared))
            if notes is not None:
                self._events.put(events.Done(job, time.monotonic() - started, notes))
        finally:
            self._ahead.release()

    def _delivered(self, job: DubJob, number: int, prepared: Prepared) -> Notes:
        drafts = self.journal.work / str(number)
        try:
            _check_room(job)
            drafts.mkdir()
            notes = self.executor.perform(job, prepared, drafts)
            self._check_places(job)
            self.journal.begun(job, notes, [drafts / path.name for path in job.beside])
            _put_all(drafts, (*job.beside, job.target))  # the target last: if it is there, all files are
            self.journal.done(job)
            return notes
        finally:
            shutil.rmtree(drafts, ignore_errors=True)

    def _check_places(self, job: DubJob) -> None:
        if not self.overwrite and job.target.exists() and self.journal.made_otherwise(job):
            keeps = "'{stem}.{seed}.foley{ext}'"
            raise OutputError(
                f"{job.target} was made with other settings; use --overwrite, or --name {keeps} to keep it"
            )
        check_target(job.target, self.overwrite)
        for path in job.beside:  # a killed run may have left these without the target
            check_target(path, self.overwrite or self.journal.ours(job, path))

    def _progress(self, job: DubJob) -> Progress:
        def report(stage: str, done: int, total: int) -> None:
            if self._stop.is_set():
                raise _Stopped
            self._events.put(events.Advanced(job, stage, done, total))

        return report

    def _guarded(self, job: DubJob, act: Callable[[], Result]) -> Result | None:
        """The result of `act`; None after a failure, which is recorded and sent as an event."""
        try:
            return act()
        except _Stopped:
            return None
        except Exception as error:  # any fault of one video must not stop the others
            failed = _failure(job, error)
        with suppress(OutputError):  # the journal can't be written on a full disk; `failed` says so
            self.journal.failed(job, failed.reason)
        self._events.put(failed)
        return None


def _failure(job: DubJob, error: Exception) -> events.Failed:
    if isinstance(error, OSError):
        error = _refused(job.target, error)
    kind = next((name for one, name in KINDS.items() if isinstance(error, one)), "unexpected")
    reason = str(error) if isinstance(error, FoleyError) else f"{type(error).__name__}: {error}"
    if not any(str(path) in reason for path in (job.source, job.target)):
        reason = f"{job.source}: {reason}"  # in a list of failures each line names its video
    return events.Failed(job, reason, kind)


def _refused(path: Path, error: OSError) -> OutputError:
    hint = "free some space" if error.errno == errno.ENOSPC else "check the folder and its permissions"
    return OutputError(f"{path}: {error.strerror or error}; {hint}, then run this again")


def _put_all(drafts: Path, paths: Sequence[Path]) -> None:
    """Moves each draft to its path; if one can't be moved, those already moved are deleted."""
    for number, path in enumerate(paths):
        try:
            _put(drafts / path.name, path)
        except Exception:
            for one in paths[:number]:
                with suppress(OSError):
                    one.unlink()
            raise


def _put(draft: Path, path: Path) -> None:
    """Moves a draft to its path atomically, or copies it to another disk."""
    try:
        os.replace(draft, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise _refused(path, error) from error
        with atomic_file(path, overwrite=True) as copy:  # another disk, as a folder of stems may be
            shutil.copy2(draft, copy)  # keeps the time of change, which is part of the stamp in the journal


def _check_room(job: DubJob) -> None:
    """Raises OutputError if the disk has no room; a dubbed copy is about as large as its video."""
    free = shutil.disk_usage(job.target.parent).free
    needed = job.source.stat().st_size + SPARE_BYTES
    if free < needed:
        raise OutputError(
            f"{job.target}: {free / 1e6:.1f} MB free, about {needed / 1e6:.1f} MB needed; "
            "free some space, then run this again"
        )
