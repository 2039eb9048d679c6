"""The JSON lines of a batch are the documented ones: events, fields and types."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest

from foleycli.cli.batch_display import BatchDisplay
from foleycli.cli.console import Console
from foleycli.workflows.batch import events
from foleycli.workflows.batch.events import Event
from foleycli.workflows.batch.facts import planned_facts
from foleycli.workflows.batch.job import DubJob, Notes
from foleycli.workflows.batch.runner import KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "batch.md").read_text()
LINES = PAGE.split("## JSON lines")[1]
JOB = DubJob(Path("a.mp4"), Path("out/a.foley.mp4"))
EVENTS: tuple[Event, ...] = (
    events.Skipped(JOB),
    events.Started(JOB),
    events.Advanced(JOB, "watch", 1, 2),
    events.Advanced(JOB, "perform", 1, 2),
    events.Done(JOB, 1.5, Notes(("one",), 2)),
    events.Failed(JOB, "a.mp4: broken", "input"),
)
TYPES = {"text": str, "number": int | float, "list of text": list, "list of objects": list}


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    """A line of every kind."""
    teller = BatchDisplay(Console(quiet=True, as_json=True), ExitStack())
    for event in EVENTS:
        teller.on_event(event)
    teller.on_event(events.Reported(Path("report.html"), 1))
    teller.close()
    return [planned_facts(JOB, done=False), *(json.loads(line) for line in capsys.readouterr().out.splitlines())]


def test_the_fields_are_the_documented_ones(told: list[dict[str, object]]) -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ((?:`\w+` ?)+)\|$", LINES, re.MULTILINE)
    documented = {event: {"event", *re.findall(r"\w+", names)} for event, names in rows}
    assert {str(line["event"]): set(line) for line in told} == documented
    assert told[-1]["event"] == "finished"


def test_every_field_is_explained_and_of_the_type_that_is_said(told: list[dict[str, object]]) -> None:
    explained = dict(re.findall(r"^\| `(\w+)` \| ([a-z ]+)[:|]?[^`\n]*", LINES.split("| field |")[1], re.MULTILINE))
    assert set(explained) == {field for line in told for field in line} - {"event"}
    for line in told:
        for field in set(line) - {"event"}:
            kind = next(kind for name, kind in TYPES.items() if explained[field].strip() == name)
            assert isinstance(line[field], kind), (field, line[field])


def test_every_kind_of_failure_is_named() -> None:
    row = next(line for line in LINES.splitlines() if line.startswith("| `kind`"))
    assert set(re.findall(r"`(\w+)`", row)) == {"kind", *KINDS.values(), "unexpected"}
