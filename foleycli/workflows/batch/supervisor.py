"""`foley batch` in a child process: a video whose reading ends the program ends the child, and the batch goes on.

The journal of the output folder knows which video it was (workflows/batch/crashes.py); the next child leaves it out.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from types import FrameType

CHILD = "FOLEY_BATCH_CHILD"  # in the environment of the child: the process id of its parent
FAULTS = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")
FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP")
QUICK_SECONDS, MOST_QUICK = 5.0, 3  # children that end at once, one after the other: it isn't a video
PR_SET_PDEATHSIG = 1  # Linux: the child ends with its parent


def wanted(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether these are the arguments of a batch that is to run in a child."""
    asks = not arguments or arguments[0] != "batch" or any(word in ("-h", "--help") for word in arguments)
    return not asks and CHILD not in environment and hasattr(os, "posix_spawn")


def supervise(command: Sequence[str], environment: Mapping[str, str], complain: Callable[[str], None]) -> int:
    """Runs the command until it ends otherwise than by a fault; returns its exit code. `complain` is told of faults."""
    listed = _spooled() if "-" in command else None
    quick = 0
    while True:
        started = time.monotonic()
        code = _run(command, {**environment, CHILD: str(os.getpid())}, listed)
        fault = next((name for name in FAULTS if code == -getattr(signal, name)), None)
        if fault is None:
            return code if code >= 0 else 128 - code
        quick = quick + 1 if time.monotonic() - started < QUICK_SECONDS else 0
        if quick >= MOST_QUICK:
            complain(f"the program was ended by {fault} {quick} times; 'foley doctor' checks the installation")
            return 128 - code
        complain(f"a video ended the program ({fault}); going on without it")


def tie_to_parent(environment: Mapping[str, str]) -> None:
    """Called in the child: it ends when its parent is killed."""
    if CHILD not in environment:
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):  # another system
        return
    if os.getppid() != int(environment[CHILD]):  # it was killed before
        os.kill(os.getpid(), signal.SIGKILL)


def _run(command: Sequence[str], environment: Mapping[str, str], stdin: int | None) -> int:
    if stdin is not None:
        os.lseek(stdin, 0, os.SEEK_SET)
    actions = [] if stdin is None else [(os.POSIX_SPAWN_DUP2, stdin, 0)]
    # In a group of its own, so that Ctrl-C comes once: from here.
    child = os.posix_spawn(command[0], list(command), dict(environment), file_actions=actions, setpgroup=0)

    def forward(number: int, frame: FrameType | None) -> None:
        try:
            os.kill(child, number)
        except ProcessLookupError:
            return

    for name in FORWARDED:
        number = getattr(signal, name)
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, forward)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _spooled() -> int:
    """Standard input as a file that each child can read from its start."""
    with tempfile.TemporaryFile() as file:
        if not sys.stdin.isatty():
            while block := sys.stdin.buffer.read(1 << 20):
                file.write(block)
        file.flush()
        return os.dup(file.fileno())
