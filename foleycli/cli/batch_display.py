"""Shows a batch: a live table on a terminal, lines elsewhere, or a JSON object per line with --json."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

from foleycli.cli.console import Console, complain
from foleycli.errors import EXIT_BATCH_FAILURES
from foleycli.text import one_line, size
from foleycli.types import Progress
from foleycli.workflows.batch import events
from foleycli.workflows.batch.batch import BatchRequest, batch, plan_batch
from foleycli.workflows.batch.events import Event, Failed, JobEvent
from foleycli.workflows.batch.facts import event_facts, finished_facts, planned_facts, report_facts
from foleycli.workflows.batch.job import DubJob
from foleycli.workflows.plan import about

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

SHOWN = 12  # rows of the table: videos in work, and those that ended last


def run_batch(request: BatchRequest, console: Console, *, dry_run: bool = False) -> None:
    """Runs a batch, or with `dry_run` shows what it would do; the exit code is 1 if any video failed."""
    if dry_run:
        _show_plan(request, console)
        return
    with ExitStack() as stack:
        display = BatchDisplay(console, stack)
        try:
            result = batch(request, display.on_event)
        finally:
            if display.ended:
                display.close()
    if result.failed:
        raise typer.Exit(EXIT_BATCH_FAILURES)


def _show_plan(request: BatchRequest, console: Console) -> None:
    found = plan_batch(request)
    for one in found.jobs:
        job, note = one.job, ", done before" if one.done else ""
        facts = planned_facts(job, done=one.done)
        console.result(json.dumps(facts) if console.as_json else f"{job.source} -> {job.target}{note}")
        if one.in_the_way and not one.done:
            console.warn(f"{job.target} exists; use --overwrite, or another name")
    for reason in (*found.unreadable, *found.lost):
        console.warn(reason)
    console.note(f"{found.windows} windows, {about(found.cpu_seconds)}, {size(found.disk_bytes)} of disk")


class BatchDisplay:
    """Shows the events of a batch as they come; `close` sums up."""

    def __init__(self, console: Console, stack: ExitStack) -> None:
        self.console, self.stack = console, stack
        self.failures: list[Failed] = []
        self.counts: Counter[str] = Counter()
        self.rows: dict[DubJob, tuple[str, str]] = {}
        self.total, self.ended = 0, False
        self.live: Live | None = None
        self._report_progress: Progress | None = None
        self._started = time.monotonic()

    def on_event(self, event: Event) -> None:
        """Shows one event."""
        match event:
            case events.Found():
                self.total = event.total
                self._open_table()
            case events.Ended():
                self.ended = True
                self._close_table()
            case events.Interrupted():
                self._close_table()
                self.console.note("interrupted; a second time leaves without the report of what is done")
            case events.ReportAdvanced():
                if self._report_progress is None:
                    self._report_progress = self.stack.enter_context(self.console.progress())
                self._report_progress("report", event.done, event.total)
            case events.Reported():
                self.stack.close()
                if self.console.as_json:
                    self.console.result(json.dumps(report_facts(event)))
                self.console.note(f"report of {event.rows} videos: {one_line(str(event.page))}")
            case events.ReportFailed():
                complain(event.reason)
            case _:
                self._on_job_event(event)

    def _open_table(self) -> None:
        """A live table, if stderr is a terminal."""
        if self.console.quiet or self.console.as_json or not sys.stderr.isatty():
            return
        from rich.console import Console as RichConsole
        from rich.live import Live

        # Results that go to a pipe must not be drawn over the table instead.
        on_terminal = sys.stdout.isatty()
        table = RichConsole(stderr=True)
        live = Live(console=table, transient=True, redirect_stdout=on_terminal, refresh_per_second=5)
        self.live = self.stack.enter_context(live)

    def _close_table(self) -> None:
        self.live = None
        self.stack.close()

    def _on_job_event(self, event: JobEvent) -> None:
        self.counts[type(event).__name__] += 1
        if isinstance(event, Failed):
            self.failures.append(event)
        if self.console.as_json:
            self.console.result(json.dumps(event_facts(event)))
        else:
            self._print(event)
        self.rows.pop(event.job, None)
        self.rows[event.job] = row(event)
        if self.live is not None:
            self.live.update(self.table())

    def _print(self, event: JobEvent) -> None:
        name = one_line(str(event.job.source))
        match event:
            case events.Skipped():
                self.console.detail(f"{name}: done before")
            case events.Started():
                self.console.detail(f"{name}: started")
            case events.Done():
                for warning in event.notes.warnings:
                    self.console.warn(f"{name}: {warning}")
                self.console.result(str(event.job.target))
            case events.Failed():
                complain(event.reason)

    def close(self) -> None:
        """Prints the totals, and every failure once more, as it may have scrolled away."""
        done, skipped, failed = self.counts["Done"], self.counts["Skipped"], len(self.failures)
        seconds = time.monotonic() - self._started
        if self.console.as_json:
            facts = finished_facts(done=done, skipped=skipped, failures=self.failures, seconds=seconds)
            self.console.result(json.dumps(facts))
        self.console.note(f"{done} done, {skipped} done before, {failed} failed, in {seconds:.1f} s")
        if failed:
            complain(f"{failed} of {self.total} failed:")
            for one in self.failures:
                complain(f"  {one.reason}")

    def table(self) -> Table:
        """A row for each video in work and for those that ended last."""
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


def row(event: JobEvent) -> tuple[str, str]:
    """The text and the colour of a video's row after an event."""
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
