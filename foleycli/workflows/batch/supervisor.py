"""Runs `foley batch` in a child process: if a video crashes the child, the batch continues in a new one.

The journal of the output folder knows which video it was (workflows/batch/crashes.py); the next child leaves it out.
SIGKILL is such an end too: it is what the system sends when memory runs out.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType

CHILD = "FOLEY_BATCH_CHILD"  # in the environment of the child: the process id of its parent
ENDED = "FOLEY_BATCH_ENDED"  # in the environment of the child: the signal that ended the one before it
BEGUN = "SIGUSR1"  # what a child sends when it begins a video
FAULTS = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGKILL")
FORWARDED = ("SIGINT", "SIGTERM", "SIGHUP")
MOST_IDLE = 3  # children in a row that were ended before they began a video: it isn't a video
PR_SET_PDEATHSIG = 1  # Linux: the child ends with its parent


def wanted(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether these arguments ask for a batch, which then runs in a child process."""
    asks = not arguments or arguments[0] != "batch" or any(word in ("-h", "--help") for word in arguments)
    return not asks and CHILD not in environment and hasattr(os, "posix_spawn")


def supervise(command: Sequence[str], environment: Mapping[str, str], complain: Callable[[str], None]) -> int:
    """Runs the command, again after each crash, and returns its exit code; `complain` gets a line for each crash."""
    listed = _spooled() if "-" in command else None
    idle, begun, asked, fault = 0, list[int](), list[int](), ""
    signal.signal(getattr(signal, BEGUN), lambda number, frame: begun.append(number))
    while True:
        begun.clear()
        code = _run(command, {**environment, CHILD: str(os.getpid()), ENDED: fault}, stdin=listed, asked=asked)
        fault = next((name for name in FAULTS if code == -getattr(signal, name)), "")
        if asked and code < 0:
            complain(f"interrupted; {signal.Signals(-code).name} ended the program; run this again to go on")
            return 128 + asked[0]
        if not fault:
            return code if code >= 0 else 128 - code
        idle = 0 if begun else idle + 1
        if idle >= MOST_IDLE:
            hint = "free some memory" if fault == "SIGKILL" else "'foley doctor' checks the installation"
            complain(f"the program was ended by {fault} {idle} times before it began a video; {hint}")
            return 128 - code
        complain(f"{'a video' if begun else fault} ended the program{f' ({fault})' if begun else ''}; going on")


def tell_begun(environment: Mapping[str, str]) -> None:
    """Called in the child when a video is begun: an end from now on may be that video's."""
    if environment.get(CHILD) == str(os.getppid()):
        os.kill(os.getppid(), getattr(signal, BEGUN))


def tie_to_parent(environment: Mapping[str, str]) -> None:
    """Called in the child: makes it end when its parent is killed (Linux)."""
    if CHILD not in environment:
        return
    try:
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):  # another system
        return
    if os.getppid() != int(environment[CHILD]):  # it was killed before
        os.kill(os.getpid(), signal.SIGKILL)


def _run(command: Sequence[str], environment: Mapping[str, str], *, stdin: int | None, asked: list[int]) -> int:
    """The end of one child: its exit code, or minus the signal; `asked` gets the signals that asked it to stop."""
    if stdin is not None:
        os.lseek(stdin, 0, os.SEEK_SET)
    actions = [] if stdin is None else [(os.POSIX_SPAWN_DUP2, stdin, 0)]
    # SIGINT too where a shell's `&` made it ignored: a script may send it.
    numbers = [getattr(signal, name) for name in FORWARDED]
    numbers = [one for one in numbers if one != signal.SIGHUP or signal.getsignal(one) != signal.SIG_IGN]
    # A signal waits until the handler knows the child. The child inherits the mask: there it waits for the listener.
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    # In a group of its own, so that Ctrl-C comes once: from here.
    child = os.posix_spawn(command[0], list(command), dict(environment), file_actions=actions, setpgroup=0)

    def forward(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in numbers:
        signal.signal(number, forward)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)
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
