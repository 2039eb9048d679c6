"""The HTML report of a batch: outcomes are collected while it runs, and the page is written at its end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.atomic import check_target
from foleycli.cues.plain_words import readable
from foleycli.errors import OutputError, UsageError
from foleycli.specs.settings import Settings
from foleycli.types import Progress
from foleycli.workflows.batch import events
from foleycli.workflows.batch.events import Event
from foleycli.workflows.batch.job import DubJob
from foleycli.workflows.batch.journal import Journal

if TYPE_CHECKING:
    from foleycli.reports.page.rows import Outcome

SUFFIXES = (".html", ".htm")


def check_report(page: Path, out_dir: Path, overwrite: bool) -> None:
    """Raises before the work if the page could not be written; an earlier report may be replaced."""
    from foleycli.reports.page.page import is_report

    if page.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--report {page}: a report is a page; name it .html")
    if page.parent.resolve() != out_dir.resolve():  # out_dir itself is made later
        check_target(page, overwrite or is_report(page))
    elif page.exists() and not (overwrite or is_report(page)):
        raise OutputError(f"{page} exists and is no report; use --overwrite, or another name")


class BatchOutcomes:
    """How each job of a run ended, in the order of the jobs; writes the report of them."""

    def __init__(self, jobs: Sequence[DubJob], journal: Journal) -> None:
        self._ends: dict[DubJob, Event | None] = dict.fromkeys(jobs)
        self._journal = journal
        self._started = time.monotonic()

    def add(self, event: Event) -> None:
        """Keeps the event if it is the last of its video."""
        if isinstance(event, events.Done | events.Failed | events.Skipped):
            self._ends[event.job] = event

    @property
    def ends(self) -> tuple[tuple[DubJob, Event | None], ...]:
        """Each job and how it ended; None for one that did not."""
        return tuple(self._ends.items())

    @property
    def any(self) -> bool:
        """Whether any video was done or failed in this run."""
        return any(isinstance(end, events.Done | events.Failed) for end in self._ends.values())

    def write(self, page: Path, settings: Settings, progress: Progress, *, overwrite: bool) -> int:
        """Writes the HTML page with a row for each video that ended; returns the number of rows."""
        from foleycli.reports.page.page import Run, write_page
        from foleycli.reports.page.rows import PAGE_BYTES, make_row

        took, rows, free = time.monotonic() - self._started, [], PAGE_BYTES
        outcomes = [outcome for job, end in self._ends.items() if (outcome := self._outcome(job, end))]
        for number, outcome in enumerate(outcomes, start=1):
            rows.append(make_row(outcome, free))
            free -= rows[-1].page_bytes
            progress("report", number, len(outcomes))
        run = Run(str(self._journal.out_dir), time.strftime("%Y-%m-%d %H:%M"), facts=facts(settings), took_seconds=took)
        write_page(rows, run, page, overwrite=overwrite)
        return len(rows)

    def _outcome(self, job: DubJob, end: Event | None) -> Outcome | None:
        from foleycli.reports.page.rows import Outcome

        match end:
            case events.Done():
                return Outcome(
                    job.source,
                    job.target,
                    "done",
                    cues=end.notes.cues,
                    warnings=end.notes.warnings,
                    took_seconds=end.seconds,
                )
            case events.Skipped():
                known = self._journal.notes(job)
                cues, warnings = (known.cues, known.warnings) if known else (None, ())
                return Outcome(job.source, job.target, "before", cues=cues, warnings=warnings)
            case events.Failed():
                return Outcome(job.source, job.target, "failed", reason=end.reason)
        return None


KEPT = {"all": None, "hits": "hits alone", "spans": "lasting sounds alone", "none": "nothing spotted"}


def facts(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The settings as names and values for the page; those left to the model are not listed."""
    mix, generation = settings.mix, settings.generation
    shown = {
        "model": settings.model.name,
        "seed": generation.seed,
        "steps": generation.steps,
        "guidance": generation.guidance,
        "sound": ", ".join(map(readable, generation.sounds)) or None,
        "span": ", ".join(readable(bed.sound) for bed in generation.beds) or None,
        "cues": KEPT[generation.kept],
        "original": None if mix.original == "replace" else mix.original,
        "gain": f"{mix.gain_db:g} dB" if mix.gain_db else None,
        "fade in": f"{float(mix.fade_in):g} s" if mix.fade_in else None,
        "fade out": f"{float(mix.fade_out):g} s" if mix.fade_out else None,
        "loudness": None if mix.loudness_lufs is None else f"{mix.loudness_lufs:g} LUFS",
    }
    return tuple((name, str(value)) for name, value in shown.items() if value is not None)
