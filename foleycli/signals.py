"""Signals that stop foley, raised as exceptions, so that temporary files are removed as after any error.

SIGINT (Ctrl-C)           exit 130
SIGTERM (kill, systemd)   exit 143
SIGHUP (terminal closed)  exit 129, unless ignored (nohup)
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType
from typing import Any

TIDYING_SECONDS = 2.0  # a second Ctrl-C must not interrupt the clean-up after the first
RETRY_SECONDS = 0.02


class Stopped(BaseException):
    """A signal asked foley to stop. Not a KeyboardInterrupt, which typer would catch and print nothing."""


@dataclass
class Listener:
    """The signal that came, and the time until which further ones are only noted."""

    number: int = 0
    deaf_until: float = 0.0

    def listen(self) -> None:
        """From now on the signals raise `Stopped`; SIGINT too where a shell's `&` made it ignored."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and (name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN):
                signal.signal(number, self._stop)
                if hasattr(signal, "pthread_sigmask"):  # the supervisor of a batch holds it back until now
                    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
        sys.unraisablehook = self._unheard

    @property
    def exit_code(self) -> int | None:
        """The exit code after a signal, or None if none came."""
        return 128 + self.number if self.number else None

    def _stop(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now >= self.deaf_until:
            self.number, self.deaf_until = number, now + TIDYING_SECONDS
            raise Stopped

    def _unheard(self, lost: Any) -> None:
        """Python drops exceptions in destructors and in callbacks from C; the signal is then raised once more."""
        if issubclass(lost.exc_type, Stopped):
            self.deaf_until = 0.0
            threading.Timer(RETRY_SECONDS, _thread.interrupt_main, (self.number,)).start()
        else:
            sys.__unraisablehook__(lost)
