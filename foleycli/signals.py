"""How foley ends: signals that stop it are raised as exceptions, so that files are tidied up as after any error.

SIGINT (Ctrl-C)           exit 130
SIGTERM (kill, systemd)   exit 143
SIGHUP (terminal closed)  exit 129, unless ignored (nohup)
"""

from __future__ import annotations

import _thread
import atexit
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, NoReturn

TIDYING_SECONDS = 2.0  # a second Ctrl-C must not interrupt the clean-up after the first
RETRY_SECONDS = 0.02
# Imports make objects that stay. Python looks for garbage among them every 700: up to half a second of a cold start.
YOUNGEST_OBJECTS = 20_000


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


def run_process(main: Callable[[], object]) -> NoReturn:
    """Runs `main` as all that a process does, and ends it with the code of its SystemExit, 0 without one.

    On the way out threads are waited for, functions registered with atexit run and streams are flushed, as always.
    But the interpreter is not taken apart: with torch in it that takes over a second.
    """
    gc.set_threshold(YOUNGEST_OBJECTS)
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    threading._shutdown()  # type: ignore[attr-defined]  # what the interpreter calls first, too
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # a reader that left, a closed stream, none
            stream.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))
