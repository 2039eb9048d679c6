"""What `foley dub` does, in order: check, probe, spot, perform, deliver."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from foleycli.cli import planning
from foleycli.cli.beside import Beside, beside_targets, make_folder
from foleycli.cli.console import Say
from foleycli.cli.delivery import Outcome, check_fades, check_mix, deliver, in_video
from foleycli.cli.options import Keep
from foleycli.cli.paper import read_paper
from foleycli.cli.performance import Performance, load_pipeline
from foleycli.cli.recipe import write_sidecar
from foleycli.cli.stdin import local_file
from foleycli.cli.takes import Take, in_data, in_words, ranked, scored
from foleycli.cli.targets import check_place, dub_targets
from foleycli.errors import FoleyError, UsageError
from foleycli.text import clock
from foleycli.timeline import plan_windows
from foleycli.workflows.sidecar import sidecar_path

if TYPE_CHECKING:
    from foleycli.cues.sheet import Cue
    from foleycli.pipeline.foley_pipeline import FoleyPipeline, Progress
    from foleycli.pipeline.track import TrackStream
    from foleycli.video.probe import VideoInfo


@dataclass(frozen=True)
class Asked:
    """What else was asked for, beside the sound."""

    video: str  # its name, '-' for stdin
    keep: Keep
    sidecar: bool
    overwrite: bool


def dub(
    video: str,
    output: str | None,
    wanted: Performance,
    say: Say,
    *,
    keep: Keep = "all",
    stems: Path | None = None,
    plot: Path | None = None,
    sidecar: bool = False,
    overwrite: bool = False,
    dry_run: bool = False,
) -> None:
    """Dubs one video, or with `dry_run` says how it would."""
    targets = dub_targets(video, output, 1 if keep == "best" else wanted.takes, overwrite or dry_run)
    check_mix(wanted.mix, targets[0], wanted.start is not None or wanted.end is not None)
    if None in targets and say.as_json:
        raise UsageError("stdout can't carry a WAV and JSON at once; name a file with -o")
    besides = beside_targets(video, targets, stems, plot, overwrite or dry_run)
    if sidecar:
        _check_sidecars(video, targets, overwrite or dry_run)
    cues = None if wanted.sheet is None else read_paper(wanted.sheet)
    with local_file(video) as path:
        from foleycli.video.mux import check_container
        from foleycli.video.probe import probe

        info = probe(path)  # before the model: a bad file should fail at once
        _check_span(info, wanted)
        for target in targets:
            if in_video(target):
                check_container(info, target)
        if dry_run:
            _show_plan(info, targets, besides, wanted, say)
        else:
            make_folder("--stems", stems)
            job = Asked("-" if video == "-" else str(path), keep, sidecar, overwrite)
            _perform(info, targets, besides, cues, wanted, say, job)


def _perform(
    info: VideoInfo,
    targets: Sequence[Path | None],
    besides: Sequence[Beside],
    cues: tuple[Cue, ...] | None,
    wanted: Performance,
    say: Say,
    asked: Asked,
) -> None:
    started = time.monotonic()
    outcomes: list[Outcome] = []
    heard: list[Take] = []
    start = wanted.start or Fraction(0)
    from foleycli.video.watching import View, begun

    view = View(info, start, info.duration if wanted.end is None else min(wanted.end, info.duration))
    with say.progress() as progress:
        with begun(view):  # decoded while torch is imported
            pipeline = load_pipeline(wanted)
            say.detail(f"model {pipeline.bundle.bundle.folder}, on {pipeline.device}")
            streams = _watched(pipeline, info, cues, wanted, progress)
        cues = streams[0].cues
        say.detail(f"{len(cues)} cues, {len(streams[0].windows)} windows, seeds from {wanted.seed}")
        with tempfile.TemporaryDirectory(prefix="foley-") as folder:
            takes: Iterable[Take] = map(Take, streams)
            if wanted.takes > 1 or asked.sidecar or say.as_json:
                takes = scored(streams, float(start), Path(folder), asked.keep, heard)
            for take, target, beside in zip(takes, targets, besides, strict=True):
                outcome = deliver(take.stream, info, target, wanted.mix, start, asked.overwrite, beside)
                outcomes.append(replace(outcome, scores=take.scores))
                if asked.sidecar:
                    write_sidecar(outcomes[-1], take.stream, info, wanted, pipeline, asked.overwrite)
    took = time.monotonic() - started
    if wanted.takes > 1:
        for take in ranked(heard):
            say.note(in_words(take))
    if late := sum(cue.time >= info.duration for cue in cues):
        say.warn(f"{late} of {len(cues)} cues lie behind the end of the video")
    _tell(asked.video, info, outcomes, heard, len(cues), wanted, say, took)


def _watched(
    pipeline: FoleyPipeline,
    info: VideoInfo,
    cues: tuple[Cue, ...] | None,
    wanted: Performance,
    progress: Progress | None,
) -> tuple[TrackStream, ...]:
    """A track per take, spotted and not yet performed; the networks that perform are built meanwhile."""
    building = Thread(target=_built, args=(pipeline,), daemon=True)
    building.start()
    streams = pipeline.takes(
        info,
        range(wanted.seed, wanted.seed + wanted.takes),
        cues=cues,
        sounds=wanted.sounds,
        steps=wanted.steps,
        guidance=wanted.guidance,
        overlap=wanted.overlap,
        start=wanted.start,
        stop=wanted.end,
        progress=progress,
        stems=wanted.apart,
    )
    building.join()
    return streams


def _built(pipeline: FoleyPipeline) -> None:
    with suppress(FoleyError):  # whoever needs the part will say it
        pipeline.prepare()


def _check_sidecars(video: str, targets: Sequence[Path | None], overwrite: bool) -> None:
    """Raises before the work if a sidecar could not be written, or not be used."""
    if video == "-" or None in targets:
        raise UsageError("--sidecar needs files: a video on disk to make it again from, and an output to lie beside")
    for target in targets:
        if target is not None:
            check_place(sidecar_path(target), (".json",), overwrite)


def _tell(
    video: str,
    info: VideoInfo,
    outcomes: Sequence[Outcome],
    heard: Sequence[Take],
    cues: int,
    wanted: Performance,
    say: Say,
    took_seconds: float,
) -> None:
    for outcome in outcomes:
        for warning in outcome.warnings:
            say.warn(warning)
    say.note(f"{cues} cues, {clock(info.duration)} of video in {took_seconds:.1f} s")
    if say.as_json:
        say.data(
            {
                "video": video,
                "model": wanted.model,
                "cues": cues,
                "elapsed_seconds": round(took_seconds, 3),
                "outputs": [outcome.facts() for outcome in outcomes],
                "takes": in_data(heard),
            }
        )
        return
    for outcome in outcomes:
        if outcome.target is not None:
            say.result(str(outcome.target))


def _check_span(info: VideoInfo, wanted: Performance) -> None:
    length = f"the video is {clock(info.duration)} long"
    if wanted.start is not None and wanted.start >= info.duration:
        raise UsageError(f"--start {float(wanted.start):g} lies behind the end; {length}")
    if wanted.end is not None and wanted.end <= (wanted.start or 0):
        raise UsageError(f"--end {float(wanted.end):g} is not after the start; {length}")
    check_fades(wanted.mix, min(wanted.end or info.duration, info.duration) - (wanted.start or 0))
    try:
        plan_windows(info.duration, overlap=wanted.overlap)
    except ValueError as error:
        raise UsageError(f"--overlap: {error}") from error


def _show_plan(
    info: VideoInfo, targets: Sequence[Path | None], besides: Sequence[Beside], wanted: Performance, say: Say
) -> None:
    stems = [path for beside in besides for path in beside.stems.values()]
    planning.show(planning.plan(info, targets, stems, wanted), info, targets, stems, wanted.model, say)
