"""The events of a batch as plain data, one JSON object each (docs/batch.md lists the fields)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foleycli.text import utf8
from foleycli.workflows.batch import events
from foleycli.workflows.batch.events import Failed, JobEvent, Reported
from foleycli.workflows.batch.job import DubJob
from foleycli.workflows.recordings import recording_facts


def event_facts(event: JobEvent) -> dict[str, Any]:
    """An event of one video: `event`, `input` and `output` always, and what belongs to its kind."""
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
            about["recordings"] = recording_facts(notes.recordings)
            return {"event": "done", **facts, "seconds": round(event.seconds, 3), **about}
        case events.Failed():
            return {"event": "failed", **facts, "kind": event.kind, "reason": utf8(event.reason)}


def planned_facts(job: DubJob, *, done: bool) -> dict[str, Any]:
    """A job of a dry run; `done` means done before, with the same settings."""
    return {"event": "skipped" if done else "planned", **_files(job)}


def report_facts(event: Reported) -> dict[str, Any]:
    """The HTML report that was written."""
    return {"event": "report", "output": utf8(event.page), "rows": event.rows}


def finished_facts(*, done: int, skipped: int, failures: Sequence[Failed], seconds: float) -> dict[str, Any]:
    """The last object of a run: totals, and each failure once more."""
    return {
        "event": "finished",
        "done": done,
        "skipped": skipped,
        "failed": len(failures),
        "seconds": round(seconds, 3),
        "failures": [{"input": utf8(one.job.source), "reason": utf8(one.reason)} for one in failures],
    }


def _files(job: DubJob) -> dict[str, Any]:
    return {"input": utf8(job.source), "output": utf8(job.target)}
