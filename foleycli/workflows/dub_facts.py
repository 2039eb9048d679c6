"""A dub and the plan of one as plain data, for JSON: seconds, dB, dBTP and LUFS (docs/json.md lists the fields)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foleycli.text import clock, size
from foleycli.workflows.dub import DubResult, Targets
from foleycli.workflows.plan import Plan, about
from foleycli.workflows.recordings import heard_of, recording_facts
from foleycli.workflows.render import SAMPLE_RATE, Outcome
from foleycli.workflows.takes import take_facts

if TYPE_CHECKING:
    from foleycli.video.probe import VideoInfo


def dub_facts(result: DubResult, *, video: str, model: str) -> dict[str, Any]:
    """A finished dub; `video` is the name it was asked for by, "-" for stdin."""
    return {
        "video": video,
        "model": model,
        "cues": len(result.cues),
        "elapsed_seconds": round(result.seconds, 3),
        "outputs": [outcome_facts(outcome) for outcome in result.outcomes],
        "takes": take_facts(result.takes),
    }


def outcome_facts(outcome: Outcome) -> dict[str, Any]:
    """A file that was written; "-" is stdout."""
    return {
        "output": _named(outcome.target),
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
        "recordings": recording_facts(heard_of(outcome.recordings)),
        "plot": None if outcome.beside.plot is None else str(outcome.beside.plot),
        "stems": {name: str(path) for name, path in outcome.beside.stems.items()},
        "timeline": None if outcome.beside.timeline is None else str(outcome.beside.timeline),
        "scores": None if outcome.scores is None else asdict(outcome.scores),
    }


def dub_plan_facts(found: Plan, info: VideoInfo, targets: Targets, *, model: str) -> dict[str, Any]:
    """What a dub would write, and the estimates of time and disk."""
    return {
        "video": str(info.path),
        "model": model,
        "windows": [{"start": start, "stop": stop} for start, stop in found.spans],
        "outputs": [{"output": _named(target)} for target in targets.files],
        "stems": [str(path) for path in targets.stems],
        "cpu_seconds": found.cpu_seconds,
        "disk_bytes": found.disk_bytes,
        "lost": list(found.lost),
    }


def dub_plan_lines(found: Plan, targets: Targets) -> list[str]:
    """The same in lines for people."""
    return [
        *(f"window   {clock(start)} to {clock(stop)}" for start, stop in found.spans),
        *(f"output   {'stdout' if target is None else target}" for target in targets.files),
        *(f"stem     {path}" for path in targets.stems),
        f"time     {about(found.cpu_seconds)}",
        f"disk     {size(found.disk_bytes)}",
    ]


def _named(target: Path | None) -> str:
    return "-" if target is None else str(target)
