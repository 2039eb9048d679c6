"""Does the jobs of a batch on a Ray cluster: actors hold a loaded model each; the caller keeps journal and report.

job, drafts  ->  free actor: watch, perform  ->  drafts (a shared folder)
with ship:       the video goes and the files come back through the object store, in chunks
an actor that dies costs the job it had, which another actor does again
"""

from __future__ import annotations

import logging
import math
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from foleycli.errors import FoleyError, ModelError, UsageError
from foleycli.specs.settings import Model
from foleycli.types import Progress
from foleycli.workflows.batch.executors import ThreadExecutor
from foleycli.workflows.batch.job import Cluster, DubJob, Notes

DEATHS = 3  # actors that a job may cost; a file that kills each of them is at fault itself
TOLD_SECONDS = 0.5  # between two questions of how far a job is
ANSWER_SECONDS = 10
CHUNK_BYTES = 32 * 2**20
MISSING = "a cluster needs Ray; install it with: pip install 'foleycli[ray]'"


@dataclass(frozen=True)
class Sent:
    """A job on its way: its video in the object store, if it is shipped, and whom to tell how far it is."""

    chunks: tuple[Any, ...]
    progress: Progress


class Dubber:
    """The actor: a loaded model that does one job at a time."""

    def __init__(self, model: Model, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)  # Ray would give it one; the sums of other counts differ in their last bits
        self.executor = ThreadExecutor(model)
        self.executor.pipeline  # noqa: B018  # loads it
        self.at: tuple[str, int, int] | None = None

    def where(self) -> tuple[str, int, int] | None:
        """Stage, done and total of the job that runs."""
        return self.at

    def process(self) -> int:
        """Its process number."""
        return os.getpid()

    def dub(self, job: DubJob, drafts: str) -> Notes:
        """Does a job into a folder that this node shares with the caller."""
        prepared = self.executor.prepare(job, self._note)
        return self.executor.perform(job, prepared, Path(drafts))

    def dub_shipped(self, job: DubJob, chunks: Sequence[Any]) -> tuple[Notes, dict[str, list[Any]]]:
        """Does a job whose video comes in chunks; the files that it makes are returned in chunks."""
        import ray

        with tempfile.TemporaryDirectory(prefix="foley-ray-") as folder:
            source, drafts = Path(folder) / job.source.name, Path(folder) / "drafts"
            drafts.mkdir()
            with source.open("wb") as file:
                for chunk in chunks:
                    file.write(ray.get(chunk))
            try:
                notes = self.dub(replace(job, source=source), str(drafts))
            except FoleyError as error:
                raise type(error)(str(error).replace(str(source), str(job.source))) from None
            notes = replace(notes, warnings=tuple(one.replace(str(source), str(job.source)) for one in notes.warnings))
            return notes, {path.name: [ray.put(part) for part in _parts(path)] for path in sorted(drafts.iterdir())}

    def _note(self, stage: str, done: int, total: int) -> None:
        self.at = stage, done, total


class RayExecutor:
    """Does jobs by actors of a Ray cluster; `with` it, so that they end with the batch."""

    def __init__(self, model: Model, workers: int, cluster: Cluster) -> None:
        """Connects, and starts `workers` actors; raises UsageError without Ray, ModelError if none can be reached."""
        self.model, self._workers, self.cluster = model, workers, cluster
        self.free: SimpleQueue[Any] = SimpleQueue()
        self.starting: dict[Any, Any] = {}  # actors by the call that is answered when their model is loaded
        self.missing, self.failed_starts = workers, 0
        self.lock = threading.Lock()
        # Ray starts and stops in a thread that lives as long as it: the exception of a signal, which the main thread
        # raises, would leave it half started, and its processes end with the thread that started them.
        self._thread = ThreadPoolExecutor(1, "ray")
        self._connecting = self._thread.submit(_connected, cluster)
        try:
            self.ray = self._connecting.result()
            _hear_signals()
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> RayExecutor:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    def _end(self) -> None:
        """Ends the actors, and Ray itself if it was started here; Ctrl-C while it starts waits for that."""
        self._thread.submit(self._disconnect).result()
        self._thread.shutdown()

    def _disconnect(self) -> None:
        if self._connecting.exception() is None:
            self._connecting.result().shutdown()

    @property
    def workers(self) -> int:
        return self._workers

    def prepare(self, job: DubJob, progress: Progress) -> Sent:
        chunks = tuple(map(self.ray.put, _parts(job.source))) if self.cluster.ship else ()
        return Sent(chunks, progress)

    def perform(self, job: DubJob, prepared: Sent, drafts: Path) -> Notes:
        for _ in range(DEATHS):
            with suppress(self.ray.exceptions.RayActorError, self.ray.exceptions.ObjectLostError):
                return self._tried(job, prepared, drafts)
            shutil.rmtree(drafts)  # half files of an actor that died
            drafts.mkdir()
        raise ModelError(f"{job.source}: the process that worked on it died {DEATHS} times; see the logs of Ray")

    def _tried(self, job: DubJob, sent: Sent, drafts: Path) -> Notes:
        with self._lent(sent.progress) as actor:
            if not self.cluster.ship:
                notes: Notes = self._awaited(actor, actor.dub.remote(job, str(drafts)), sent.progress)
                return notes
            told, files = self._awaited(actor, actor.dub_shipped.remote(job, list(sent.chunks)), sent.progress)
            shipped: Notes = told
            for name, chunks in files.items():
                with (drafts / name).open("wb") as file:
                    for chunk in chunks:
                        file.write(self.ray.get(chunk))
            return shipped

    @contextmanager
    def _lent(self, progress: Progress) -> Iterator[Any]:
        """An actor that has nothing to do; one that died, or had to be stopped, will be missing."""
        actor = self._next(progress)
        try:
            yield actor
        except FoleyError:  # the video's fault: the actor is well
            self.free.put(actor)
            raise
        except BaseException:
            self.ray.kill(actor)
            with self.lock:
                self.missing += 1
            raise
        self.free.put(actor)

    def _next(self, progress: Progress) -> Any:
        while True:
            with self.lock:
                self._gather()
            try:
                return self.free.get(timeout=TOLD_SECONDS)
            except Empty:
                progress("wait", 0, 1)

    def _awaited(self, actor: Any, result: Any, progress: Progress) -> Any:
        """The result of a call, while `progress` is told how far it is; errors of the job are raised as they were."""
        asked = actor.where.remote()
        while not self.ray.wait([result], timeout=TOLD_SECONDS)[0]:
            stage = "start", 0, 1
            if self.ray.wait([asked], timeout=0)[0]:
                stage = self.ray.get(asked) or stage
                asked = actor.where.remote()
            progress(*stage)
        try:
            return self.ray.get(result)
        except self.ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from None

    def _gather(self) -> None:
        """Starts the missing actors, frees those that have loaded their model. One whose node is full, or gone, must
        not hold a job.
        """
        for _ in range(self.missing):
            self._start()
        waiting = list(self.starting)
        for answer in self.ray.wait(waiting, num_returns=len(waiting), timeout=0)[0] if waiting else []:
            actor = self.starting.pop(answer)
            try:
                self.ray.get(answer)
            except self.ray.exceptions.RayError as error:
                self.failed_starts += 1
                if self.failed_starts > DEATHS:
                    reason = str(error).strip().splitlines()[-1]
                    raise ModelError(f"Ray: no worker can start: {reason}; is foley installed on its nodes?") from error
                self.missing += 1
            else:
                self.free.put(actor)

    def _start(self) -> None:
        import torch

        devices = self.ray.cluster_resources().get("GPU", 0) if self.model.device in ("auto", "cuda") else 0
        share = min(1.0, math.floor(100 * devices / self._workers) / 100)
        kind = self.ray.remote(num_cpus=1, num_gpus=share, max_concurrency=2, max_restarts=0)(Dubber)
        actor = kind.remote(self.model, torch.get_num_threads())
        self.starting[actor.process.remote()] = actor
        self.missing -= 1


def _hear_signals() -> None:
    """Sets the handler of SIGTERM once more: Ray's C++ has put its own below it, which prints the stack and aborts."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(partial(file.read, CHUNK_BYTES), b"")


def _connected(cluster: Cluster) -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would send statistics
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")  # a thread that comes late would start Ray anew
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # no warning of a default that will change
    try:
        import ray
    except ImportError:
        raise UsageError(MISSING) from None
    _check_address(cluster.address)
    logging.getLogger("ray").setLevel("ERROR")  # it warns that outside the main thread it can't listen for SIGTERM
    try:
        ray.init(cluster.address or "local", include_dashboard=None if cluster.address else False, **QUIET)
    except Exception as error:  # Ray raises many kinds
        where = f"Ray cluster {cluster.address}" if cluster.address else "Ray on this machine"
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"{where}: {reason}; check that it runs and that --address is right") from error
    return ray


def _check_address(address: str | None) -> None:
    """Raises ModelError in seconds if nothing answers there; Ray itself tries for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        return  # none, or "auto"
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
    except OSError as error:
        raise ModelError(
            f"Ray cluster {address}: {error.strerror or error}; check that it runs and that --address is right"
        ) from error


QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
