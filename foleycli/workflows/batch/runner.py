"""Many videos through one model: the next is watched while this one is performed, and a bad one stops no other.

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
Tell = Callable[[events.JobEvent], None]

SPARE_BYTES = 2**20
KINDS = {InputError: "input", ModelError: "model", OutputError: "output", UsageError: "usage"}


class _Stopped(Exception):
    """The run was interrupted: unwind, say nothing."""


class Batch(Generic[Prepared]):
    """One run over many videos; `run` returns when each is done or has failed."""

    def __init__(
        self, journal: Journal, executor: Executor[Prepared], *, overwrite: bool = False, alone: bool = False
    ) -> None:
        """`alone`: one video at a time, from its reading to its end."""
        self.journal, self.executor, self.overwrite = journal, executor, overwrite
        workers = executor.workers
        self._watching, self._performing = ThreadPoolExecutor(1, "watch"), ThreadPoolExecutor(workers, "perform")
        # Videos begun and not done: what they hold in memory is bounded.
        self._ahead = BoundedSemaphore(1 if alone else 2 * workers)
        self._said: SimpleQueue[events.JobEvent] = SimpleQueue()
        self._stop = Event()

    def run(self, jobs: Sequence[DubJob], tell: Tell) -> tuple[events.Failed, ...]:
        """Does the jobs, tells what happens in this thread, returns the failures; Ctrl-C unwinds within a window."""
        failures: list[events.Failed] = []
        try:
            for number, job in enumerate(jobs):
                self._watching.submit(self._prepare, job, number)
            left = len(jobs)
            while left:
                event = self._said.get()
                tell(event)
                left -= isinstance(event, events.Done | events.Failed)
                if isinstance(event, events.Failed):
                    failures.append(event)
        finally:
            self._stop.set()
            self._watching.shutdown(cancel_futures=True)
            self._performing.shutdown(cancel_futures=True)
            while not self._said.empty():  # what ended while the run was stopped
                event = self._said.get()
                if isinstance(event, events.Done | events.Failed):
                    tell(event)
        return tuple(failures)

    def _prepare(self, job: DubJob, number: int) -> None:
        while not self._ahead.acquire(timeout=0.1):
            if self._stop.is_set():
                return
        started = time.monotonic()
        self._said.put(events.Started(job))
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
        self._check_places(job)  # before the work, not after it
        return self.executor.prepare(job, self._progress(job))

    def _perform(self, job: DubJob, number: int, prepared: Prepared, started: float) -> None:
        try:
            with self.journal.crashes.flying(self.journal.key(job)):
                notes = self._guarded(job, lambda: self._delivered(job, number, prepared))
            if notes is not None:
                self._said.put(events.Done(job, time.monotonic() - started, notes))
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
            _put_all(drafts, (*job.beside, job.target))  # the target last: where it is, all is
            self.journal.done(job)
            return notes
        finally:
            shutil.rmtree(drafts, ignore_errors=True)

    def _check_places(self, job: DubJob) -> None:
        check_target(job.target, self.overwrite)
        for path in job.beside:  # a kill may have come between these and the target
            check_target(path, self.overwrite or self.journal.ours(job, path))

    def _progress(self, job: DubJob) -> Progress:
        def report(stage: str, done: int, total: int) -> None:
            if self._stop.is_set():
                raise _Stopped
            self._said.put(events.Advanced(job, stage, done, total))

        return report

    def _guarded(self, job: DubJob, act: Callable[[], Result]) -> Result | None:
        """The result, or None after telling why there is none."""
        try:
            return act()
        except _Stopped:
            return None
        except Exception as error:  # whatever is wrong with one video is no reason to leave the others
            failed = _failure(job, error)
        with suppress(OutputError):  # the disk is full: that is what `failed` says already
            self.journal.failed(job, failed.reason)
        self._said.put(failed)
        return None


def _failure(job: DubJob, error: Exception) -> events.Failed:
    if isinstance(error, OSError):
        error = _refused(job.target, error)
    kind = next((name for one, name in KINDS.items() if isinstance(error, one)), "unexpected")
    reason = str(error) if isinstance(error, FoleyError) else f"{type(error).__name__}: {error}"
    if not any(str(path) in reason for path in (job.source, job.target)):
        reason = f"{job.source}: {reason}"  # a list of failures says which videos
    return events.Failed(job, reason, kind)


def _refused(path: Path, error: OSError) -> OutputError:
    hint = "free some space" if error.errno == errno.ENOSPC else "check the folder and its permissions"
    return OutputError(f"{path}: {error.strerror or error}; {hint}, then run this again")


def _put_all(drafts: Path, paths: Sequence[Path]) -> None:
    """Moves each file to where it belongs; if one can't be, those before it go away again."""
    for number, path in enumerate(paths):
        try:
            _put(drafts / path.name, path)
        except Exception:
            for one in paths[:number]:
                with suppress(OSError):
                    one.unlink()
            raise


def _put(draft: Path, path: Path) -> None:
    """Moves a whole file to where it belongs, at once."""
    try:
        os.replace(draft, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise _refused(path, error) from error
        with atomic_file(path, overwrite=True) as copy:  # a folder of stems may lie on another disk
            shutil.copy2(draft, copy)  # with its age: by that the journal knows it


def _check_room(job: DubJob) -> None:
    """Refuses before the work what would fill the disk after it: a dubbed copy is about as large as its video."""
    free = shutil.disk_usage(job.target.parent).free
    needed = job.source.stat().st_size + SPARE_BYTES
    if free < needed:
        raise OutputError(
            f"{job.target}: {free / 1e6:.1f} MB free, about {needed / 1e6:.1f} MB needed; "
            "free some space, then run this again"
        )
