"""Signals that ask foley to stop: raised where they find it, so that every temporary file goes the usual way.

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

TIDYING_SECONDS = 2.0  # an impatient second Ctrl-C must not stop the tidying up after the first
RETRY_SECONDS = 0.02


class Stopped(BaseException):
    """Foley was asked to stop. No KeyboardInterrupt: typer would catch that one and console nothing."""


@dataclass
class Listener:
    """Which signal came, and until when further ones are only noted."""

    number: int = 0
    deaf_until: float = 0.0

    def listen(self) -> None:
        """Turns the signals into `Stopped`, SIGINT even where a shell script's `&` had it ignored."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and (name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN):
                signal.signal(number, self._stop)
        sys.unraisablehook = self._unheard

    @property
    def exit_code(self) -> int | None:
        """The code to leave with, or None if nobody asked foley to stop."""
        return 128 + self.number if self.number else None

    def _stop(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if now >= self.deaf_until:
            self.number, self.deaf_until = number, now + TIDYING_SECONDS
            raise Stopped

    def _unheard(self, lost: Any) -> None:
        """Python drops what is raised in a destructor or a callback from C: then the signal comes once more."""
        if issubclass(lost.exc_type, Stopped):
            self.deaf_until = 0.0
            threading.Timer(RETRY_SECONDS, _thread.interrupt_main, (self.number,)).start()
        else:
            sys.__unraisablehook__(lost)
