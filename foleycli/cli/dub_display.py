"""Shows a dub: progress and notes while it runs, then a path per line, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from foleycli.cli.console import Console
from foleycli.cli.stdin import local_file
from foleycli.cues.summary import summary
from foleycli.errors import UsageError
from foleycli.text import clock, size
from foleycli.workflows.dub import DubRequest, DubResult, Event, check_request, dub, plan_dub
from foleycli.workflows.events import Advanced, ModelLoaded, Spotted
from foleycli.workflows.plan import about
from foleycli.workflows.render import SAMPLE_RATE, Outcome
from foleycli.workflows.sheets import read_sheet_file
from foleycli.workflows.takes import Take, ranked


def run_dub(request: DubRequest, console: Console, *, dry_run: bool = False) -> None:
    """Dubs, or with `dry_run` shows the plan. Settings are checked before a video is read from stdin."""
    check_request(request)
    if request.sink is not None and console.as_json:
        raise UsageError("stdout can't carry a WAV and JSON at once; name a file with -o")
    if isinstance(request.cues, Path):
        request = replace(request, cues=read_sheet_file(request.cues))
    named = str(request.video)
    with local_file(named) as path:
        request = replace(request, video=path)
        if dry_run:
            _show_plan(request, console)
            return
        with ExitStack() as stack:
            progress = stack.enter_context(console.progress())

            def on_event(event: Event) -> None:
                match event:
                    case ModelLoaded():
                        console.detail(f"model {event.folder}, on {event.device}")
                    case Spotted():
                        count = len(event.cues)
                        console.detail(f"{count} cues, {event.windows} windows, seeds from {event.seed}")
                    case Advanced():
                        progress(event.stage, event.done, event.total)

            result = dub(request, on_event)
        _show(result, request, named=named, console=console)


def _show(result: DubResult, request: DubRequest, named: str, console: Console) -> None:
    if request.takes > 1:
        for take in ranked(result.takes):
            console.note(in_words(take))
    for warning in result.warnings:
        console.warn(warning)
    for outcome in result.outcomes:
        for warning in outcome.warnings:
            console.warn(warning)
    if played := summary(result.cues):
        console.note(played)
    console.note(f"{len(result.cues)} cues, {clock(result.video.duration)} of video in {result.seconds:.1f} s")
    if console.as_json:
        console.data(
            {
                "video": named,
                "model": request.settings.model.name,
                "cues": len(result.cues),
                "elapsed_seconds": round(result.seconds, 3),
                "outputs": [outcome_facts(outcome) for outcome in result.outcomes],
                "takes": in_data(result.takes),
            }
        )
        return
    for outcome in result.outcomes:
        if outcome.target is not None:
            console.result(str(outcome.target))


def outcome_facts(outcome: Outcome) -> dict[str, Any]:
    """A file that was written, as JSON values."""
    return {
        "output": "-" if outcome.target is None else str(outcome.target),
        "seed": outcome.seed,
        "seconds": outcome.seconds,
        "sample_rate": SAMPLE_RATE,
        "windows": outcome.windows,
        "gain_db": round(outcome.level.gain_db, 2),
        "true_peak_dbtp": round(outcome.level.true_peak_dbtp, 2),
        "track_sha256": outcome.track_sha256,
        "loudness_lufs": None if outcome.level.loudness_lufs is None else round(outcome.level.loudness_lufs, 2),
        "warnings": list(outcome.warnings),
        "lost": list(outcome.lost),
        "plot": None if outcome.beside.plot is None else str(outcome.beside.plot),
        "stems": {name: str(path) for name, path in outcome.beside.stems.items()},
        "scores": None if outcome.scores is None else asdict(outcome.scores),
    }


def _show_plan(request: DubRequest, console: Console) -> None:
    found, info, placed = plan_dub(request)
    targets, stems, model = placed.files, placed.stems, request.settings.model.name
    if console.as_json:
        plain: dict[str, Any] = {
            "video": str(info.path),
            "model": model,
            "windows": [{"start": start, "stop": stop} for start, stop in found.spans],
            "outputs": [{"output": "-" if target is None else str(target)} for target in targets],
            "stems": [str(path) for path in stems],
            "cpu_seconds": found.cpu_seconds,
            "disk_bytes": found.disk_bytes,
        }
        console.data(plain)
        return
    for start, stop in found.spans:
        console.result(f"window   {clock(start)} to {clock(stop)}")
    for target in targets:
        console.result(f"output   {'stdout' if target is None else target}")
    for path in stems:
        console.result(f"stem     {path}")
    console.result(f"time     {about(found.cpu_seconds)}")
    console.result(f"disk     {size(found.disk_bytes)}")


def in_words(take: Take) -> str:
    """seed 3: sync 0.71, level 2.1 dB off, noise -43 dB, quality 0.82."""
    scores = take.scores
    assert scores is not None
    words = [
        "" if scores.sync is None else f"sync {scores.sync:.2f}",
        "" if scores.level_error_db is None else f"level {scores.level_error_db:.1f} dB off",
        "" if scores.noise_db is None else f"noise {scores.noise_db:.0f} dB",
        f"quality {scores.quality:.2f}",
    ]
    return f"seed {take.stream.seeds[0]}: {', '.join(word for word in words if word)}"


def in_data(heard: Sequence[Take]) -> list[dict[str, Any]]:
    """Every take's seed, rank (1 is best) and scores, in the order of performance."""
    best_first = ranked(heard)
    return [
        {"seed": take.stream.seeds[0], "rank": best_first.index(take) + 1, "scores": asdict(take.scores)}
        for take in heard
        if take.scores is not None
    ]
