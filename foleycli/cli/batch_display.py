"""How a batch is shown: a live table on a terminal, quiet lines elsewhere, or an object per line with --json."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foleycli.cli.console import Say, complain
from foleycli.text import one_line
from foleycli.workflows.batch import events
from foleycli.workflows.batch.events import Event, Failed, Job

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

SHOWN = 12  # rows of the table: the videos at work, and the last ones that ended


@contextmanager
def board(say: Say, total: int) -> Iterator[Told]:
    """The teller of a batch of `total` videos, with a table around it if somebody watches."""
    if say.quiet or say.as_json or not sys.stderr.isatty():
        yield Told(say, total)
        return
    from rich.console import Console
    from rich.live import Live

    # Results that go to a pipe must not be drawn over the table instead.
    on_terminal = sys.stdout.isatty()
    with Live(console=Console(stderr=True), transient=True, redirect_stdout=on_terminal, refresh_per_second=5) as live:
        yield Told(say, total, live)


class Told:
    """What was told of a batch so far; `tell` is called for each event, `close` at the end."""

    def __init__(self, say: Say, total: int, live: Live | None = None) -> None:
        self.say, self.total, self.live = say, total, live
        self.failures: list[Failed] = []
        self.counts: Counter[str] = Counter()
        self.rows: dict[Job, tuple[str, str]] = {}
        self._started = time.monotonic()

    def tell(self, event: Event) -> None:
        """Passes one event on to whoever reads."""
        self.counts[type(event).__name__] += 1
        if isinstance(event, Failed):
            self.failures.append(event)
        if self.say.as_json:
            self.say.result(json.dumps(plain(event)))
        else:
            self._say(event)
        self.rows.pop(event.job, None)
        self.rows[event.job] = row(event)
        if self.live is not None:
            self.live.update(self.table())

    def _say(self, event: Event) -> None:
        name = one_line(str(event.job.source))
        match event:
            case events.Skipped():
                self.say.detail(f"{name}: done before")
            case events.Started():
                self.say.detail(f"{name}: started")
            case events.Done():
                for warning in event.notes.warnings:
                    self.say.warn(f"{name}: {warning}")
                self.say.result(str(event.job.target))
            case events.Failed():
                complain(event.reason)

    def reported(self, page: Path, rows: int) -> None:
        """The report is there."""
        if self.say.as_json:
            self.say.result(json.dumps({"event": "report", "output": text(page), "rows": rows}))
        self.say.note(f"report of {rows} videos: {one_line(str(page))}")

    def close(self) -> None:
        """The sum of it, and every failure once more, so that none has scrolled away."""
        done, skipped, failed = (self.counts[name] for name in ("Done", "Skipped", "Failed"))
        seconds = time.monotonic() - self._started
        if self.say.as_json:
            failures = [{"input": text(one.job.source), "reason": text(one.reason)} for one in self.failures]
            self.say.result(
                json.dumps(
                    {
                        "event": "finished",
                        "done": done,
                        "skipped": skipped,
                        "failed": failed,
                        "seconds": round(seconds, 3),
                        "failures": failures,
                    }
                )
            )
        self.say.note(f"{done} done, {skipped} done before, {failed} failed, in {seconds:.1f} s")
        if failed:
            complain(f"{failed} of {self.total} failed:")
            for one in self.failures:
                complain(f"  {one.reason}")

    def table(self) -> Table:
        """The videos at work and the last that ended, a row each."""
        from rich.table import Table
        from rich.text import Text

        ended = self.counts["Done"] + self.counts["Failed"] + self.counts["Skipped"]
        table = Table(title=f"{ended} of {self.total}", title_justify="left", box=None, show_header=False)
        for job, (state, style) in list(self.rows.items())[-SHOWN:]:
            # Text, not markup: a name with [brackets] is a name.
            table.add_row(
                Text(one_line(str(job.source)), no_wrap=True, overflow="ellipsis"),
                Text(state, style, no_wrap=True, overflow="ellipsis"),
            )
        return table


def row(event: Event) -> tuple[str, str]:
    """What the table says of a video after an event, and in which colour."""
    match event:
        case events.Skipped():
            return "done before", "dim"
        case events.Started():
            return "reading", "cyan"
        case events.Advanced():
            return f"{event.stage} {event.done}/{event.total}", "cyan"
        case events.Done():
            return f"done in {event.seconds:.1f} s", "green"
        case events.Failed():
            return one_line(event.reason), "red"


def plain(event: Event) -> dict[str, Any]:
    """An event as JSON values: `event`, `input` and `output` always, and what belongs to its kind."""
    facts = _files(event.job)
    match event:
        case events.Skipped():
            return {"event": "skipped", **facts}
        case events.Started():
            return {"event": "started", **facts}
        case events.Advanced():
            kind = "window" if event.stage == "perform" else event.stage
            return {"event": kind, **facts, "done": event.done, "total": event.total}
        case events.Done():
            notes = event.notes
            about = {"windows": notes.windows, "cues": len(notes.cues), "warnings": list(notes.warnings)}
            return {"event": "done", **facts, "seconds": round(event.seconds, 3), **about}
        case events.Failed():
            return {"event": "failed", **facts, "kind": event.kind, "reason": text(event.reason)}


def planned(job: Job) -> dict[str, Any]:
    """A job of a dry run as JSON values."""
    return {"event": "planned", **_files(job)}


def _files(job: Job) -> dict[str, Any]:
    return {"input": text(job.source), "output": text(job.target)}


def text(value: object) -> str:
    """Text that any JSON reader takes: bytes of a name that are not UTF-8 become the replacement character."""
    return os.fsencode(str(value)).decode("utf-8", "replace")
