"""Shows a dub: progress and notes while it runs, then a path per line, or JSON."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from foleycli.cli.console import Console
from foleycli.cues.summary import summary
from foleycli.errors import UsageError
from foleycli.text import clock
from foleycli.workflows.dub import DubRequest, DubResult, Event, check_request, dub, plan_dub
from foleycli.workflows.dub_facts import dub_facts, dub_plan_facts, dub_plan_lines
from foleycli.workflows.events import Advanced, Foreseen, ModelLoaded, Spotted
from foleycli.workflows.sheets import read_sheet_file
from foleycli.workflows.stdin import local_file
from foleycli.workflows.takes import ranked, take_line


def run_dub(request: DubRequest, console: Console, *, dry_run: bool = False) -> None:
    """Dubs, or with `dry_run` shows the plan. Settings are checked before a video is read from stdin."""
    check_request(request)
    if request.sink is not None and console.as_json:
        raise UsageError("stdout can't carry a WAV and JSON at once; name a file with -o")
    if isinstance(request.cues, Path):
        read_sheet_file(request.cues)  # before a video from stdin, and in a plan
    named, told = str(request.video), list[str]()
    with local_file(named) as path:
        request = replace(request, video=path)
        if dry_run:
            _show_plan(request, console)
            return
        with ExitStack() as stack:
            progress = stack.enter_context(console.progress())

            def on_event(event: Event) -> None:
                match event:
                    case Foreseen():
                        told.extend(event.warnings)
                        for warning in told:
                            console.warn(warning)
                    case ModelLoaded():
                        console.detail(f"model {event.folder}, on {event.device}")
                    case Spotted():
                        count = len(event.cues)
                        console.detail(f"{count} cues, {event.windows} windows, seeds from {event.seed}")
                    case Advanced():
                        progress(event.stage, event.done, event.total)

            result = dub(request, on_event)
        _show(result, request, named=named, console=console, told=told)


def _show(result: DubResult, request: DubRequest, named: str, *, console: Console, told: list[str]) -> None:
    if request.takes > 1:
        for take in ranked(result.takes):
            console.note(take_line(take))
    for warning in (*result.warnings, *(line for outcome in result.outcomes for line in outcome.warnings)):
        if warning not in told:
            console.warn(warning)
    if played := summary(result.cues):
        console.note(played)
    console.note(f"{len(result.cues)} cues, {clock(result.video.duration)} of video in {result.seconds:.1f} s")
    if console.as_json:
        console.data(dub_facts(result, video=named, model=request.settings.model.name))
        return
    for outcome in result.outcomes:
        if outcome.target is not None:
            console.result(str(outcome.target))


def _show_plan(request: DubRequest, console: Console) -> None:
    found, info, targets = plan_dub(request)
    facts = dub_plan_facts(found, info, targets, model=request.settings.model.name)
    for warning in found.lost:
        console.warn(warning)
    console.either(facts, "\n".join(dub_plan_lines(found, targets)))
