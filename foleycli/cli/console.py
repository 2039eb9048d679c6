"""All output of foley: results on stdout, everything for people on stderr, progress while a command runs.

stdout   a path, JSON, a WAV: what the next program in a pipe wants, and nothing else
stderr   notes (not with --quiet), details (with --verbose), warnings, errors, progress
"""

from __future__ import annotations

import codecs
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn, cast

from foleycli.errors import EXIT_INTERRUPTED
from foleycli.signals import Listener
from foleycli.text import one_line
from foleycli.types import Progress

LINE_SECONDS = 10.0  # between two progress lines of one stage, when stderr is not a terminal


@dataclass(frozen=True)
class Console:
    """What one command prints, by its --json, --quiet and --verbose."""

    quiet: bool = False
    verbose: bool = False
    as_json: bool = False

    def result(self, text: str) -> None:
        """One line of the result, on stdout."""
        _write(sys.stdout, text + "\n")

    def data(self, value: Any) -> None:
        """The result as JSON, on stdout."""
        self.result(json.dumps(value, indent=1, default=_plain))

    def either(self, data: Any, text: str) -> None:
        """The result on stdout: `data` as JSON with --json, else `text`."""
        self.data(data) if self.as_json else self.result(text)

    def sink(self) -> BinaryIO:
        """Stdout for bytes."""
        return cast(BinaryIO, _Stdout())

    def note(self, text: str) -> None:
        if not self.quiet:
            _write(sys.stderr, text + "\n")

    def detail(self, text: str) -> None:
        if self.verbose:
            _write(sys.stderr, text + "\n")

    def warn(self, text: str) -> None:
        _write(sys.stderr, f"foley: warning: {one_line(text)}\n")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A bar on a terminal, a line now and then elsewhere, nothing with --quiet."""
        if self.quiet:
            yield lambda stage, done, total: None
        elif sys.stderr.isatty():
            with _bar() as report:
                yield report
        else:
            yield _lines()


class _Stdout:
    """Writes bytes to stdout; a closed pipe ends the program quietly."""

    def write(self, block: bytes) -> int:
        _guarded(lambda: sys.stdout.buffer.write(block))
        _guarded(sys.stdout.buffer.flush)
        return len(block)


def open_streams() -> None:
    """Makes stdin, stdout and stderr usable, closed ones too. To be called once, first.

    Names of files come out byte for byte as they went in, whatever their encoding and that of the stream.
    """
    codecs.register_error("foley", _as_on_disk)
    # A closed one (`>&-`) is opened on /dev/null, or else the next file that is opened would get its number.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # until the end
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="foley")  # type: ignore[union-attr]


def _as_on_disk(error: UnicodeError) -> tuple[str | bytes, int]:
    """Replaces characters that an encoding lacks: by the bytes of a file name, else by an escape."""
    assert isinstance(error, UnicodeEncodeError)
    lost = error.object[error.start : error.end]
    try:
        return os.fsencode(lost), error.end
    except UnicodeEncodeError:
        return lost.encode("ascii", "backslashreplace"), error.end


def complain(text: str) -> None:
    """Prints an error as one line on stderr."""
    _write(sys.stderr, f"foley: {one_line(text)}\n")


@contextmanager
def _bar() -> Iterator[Progress]:
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (TextColumn("{task.description:>12}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with RichProgress(*columns, console=RichConsole(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}
        loading = bars.add_task("load", total=None)  # imports and models take seconds; until something is counted

        def report(stage: str, done: int, total: int) -> None:
            bars.update(loading, visible=False)
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report


def _lines() -> Progress:
    last: dict[str, float] = {}

    def report(stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - last.get(stage, 0.0) >= LINE_SECONDS or done == total:
            last[stage] = now
            _write(sys.stderr, f"{stage} {done}/{total}\n")

    return report


def _write(stream: Any, text: str) -> None:
    _guarded(lambda: stream.write(text))
    _guarded(stream.flush)


def _guarded(act: Callable[[], object]) -> None:
    try:
        act()
    except BrokenPipeError:
        leave_quietly()


def leave_quietly() -> NoReturn:
    """Ends as SIGPIPE would, after the reader closed the pipe (`| head`), without a message."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    raise SystemExit(141)


def leave_interrupted(listener: Listener) -> NoReturn:
    """Ends after a signal, with one line."""
    complain("interrupted; nothing was left half done")
    raise SystemExit(listener.exit_code or EXIT_INTERRUPTED) from None


def _plain(value: object) -> object:
    from fractions import Fraction

    if isinstance(value, Fraction):
        return round(float(value), 6)
    return str(value)
