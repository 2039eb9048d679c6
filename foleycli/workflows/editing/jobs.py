"""The work of a session: one job at a time in a thread, with its progress for whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Lock, Thread

from foleycli.errors import FoleyError, UsageError
from foleycli.types import Progress

Work = Callable[[Progress], None]


class Cancelled(Exception):
    """The job was asked to stop."""


@dataclass(frozen=True)
class Running:
    """A job and how far it is: `done` of `total` steps of a stage."""

    kind: str
    stage: str = "load"
    done: int = 0
    total: int = 0


class Jobs:
    """Runs jobs in a thread of its own; `running` is the one at work, `error` how the last one failed ("": well)."""

    def __init__(self) -> None:
        self.running: Running | None = None
        self.error = ""
        self._lock, self._stop = Lock(), Event()
        self._thread: Thread | None = None

    def start(self, kind: str, work: Work) -> None:
        """Starts a job; raises UsageError while another one runs."""
        with self._lock:
            if self.running is not None:
                raise UsageError(f"{self.running.kind} is still running; wait for it, or stop it")
            self.running, self.error = Running(kind), ""
            self._stop.clear()
            self._thread = Thread(target=self._run, args=(kind, work), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Asks the job to stop; it does so at its next step."""
        self._stop.set()

    def wait(self) -> None:
        """Returns when no job runs."""
        if self._thread is not None:
            self._thread.join()

    def _run(self, kind: str, work: Work) -> None:
        def progress(stage: str, done: int, total: int) -> None:
            if self._stop.is_set():
                raise Cancelled
            self.running = Running(kind, stage, done, total=total)

        try:
            work(progress)
        except Cancelled:
            self.error = f"{kind} was stopped"
        except FoleyError as error:
            self.error = str(error)
        except Exception as error:  # the page must learn of it, and the next job may do better
            self.error = f"{kind} failed: {type(error).__name__}: {error}"
        finally:
            self.running = None
