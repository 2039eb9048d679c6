"""Dubs one video: checks the request, probes, spots, performs, writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO

from foleycli.atomic import scratch_folder
from foleycli.cues.sheet import Cue
from foleycli.errors import FoleyError, UsageError
from foleycli.specs.settings import Generation, Outputs, Settings
from foleycli.text import clock
from foleycli.timeline import WINDOW_SECONDS, plan_windows
from foleycli.workflows.events import Advanced, Foreseen, ModelLoaded, Spotted
from foleycli.workflows.loading import load_pipeline
from foleycli.workflows.outputs import (
    STDOUT,
    Beside,
    beside_targets,
    check_kind,
    check_place,
    dub_targets,
    in_video,
    made_folder,
)
from foleycli.workflows.plan import Plan, foreseen, plan
from foleycli.workflows.recordings import check_own, own_of
from foleycli.workflows.render import Outcome, check_fades, check_mix, render
from foleycli.workflows.sheets import read_sheet_file
from foleycli.workflows.sidecar import sidecar_path, write_sidecar
from foleycli.workflows.takes import Keep, Take, scored

if TYPE_CHECKING:
    from foleycli.library.own import Own
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.pipeline.track import TrackStream
    from foleycli.video.probe import VideoInfo
    from foleycli.video.watching import View

Event = Advanced | Foreseen | ModelLoaded | Spotted
OnEvent = Callable[[Event], None]


@dataclass(frozen=True, kw_only=True)
class DubRequest:
    """A video, the settings of its dub, and what is to be written.

    `cues` replaces spotting: a sheet in memory, or a file of one. With several `takes`, seeds count up from that of the
    settings; `keep="best"` writes only the take with the best scores. `scored` asks for the scores of every take.
    `sink` takes the WAV where no file is wanted.
    """

    video: str | Path
    settings: Settings = field(default_factory=Settings)
    outputs: Outputs = field(default_factory=Outputs)
    cues: Sequence[Cue] | Path | None = None
    takes: int = 1
    keep: Keep = "all"
    scored: bool = False
    sink: BinaryIO | None = None


@dataclass(frozen=True)
class DubResult:
    """An outcome for each file that was written, the takes that were scored, and the cues that were performed."""

    video: VideoInfo
    outcomes: tuple[Outcome, ...]
    takes: tuple[Take, ...]
    cues: tuple[Cue, ...]
    warnings: tuple[str, ...]  # of the whole dub; each outcome has warnings of its own too
    seconds: float  # that it took


@dataclass(frozen=True)
class Targets:
    """The paths of all outputs; None among `files` is the sink."""

    files: tuple[Path | None, ...]
    besides: tuple[Beside, ...]

    @property
    def stems(self) -> list[Path]:
        return [path for beside in self.besides for path in beside.stems.values()]


def dub(request: DubRequest | str | Path, on_event: OnEvent | None = None) -> DubResult:
    """Puts sound to a video: in a copy whose picture is untouched, or as a track alone.

    A path alone stands for a request with every default; its result is written beside it. `on_event` is called with
    the progress. Raises UsageError for settings that make no sense, InputError for files that can't be read,
    ModelError, OutputError; then nothing is written.
    """
    request = DubRequest(video=request) if isinstance(request, str | Path) else request
    targets = check_request(request)
    info = _probed(request, targets)
    cues = _cues(request, info)
    notify = on_event or (lambda event: None)
    with made_folder("--stems", request.outputs.stems):
        if lost := foreseen(info, targets.files[0], request.settings.mix):
            notify(Foreseen(lost))
        own = own_of(request.settings.generation, lambda *progress: notify(Advanced(*progress)))
        return _perform(request, targets, info=info, cues=cues, own=own, on_event=notify)


def plan_dub(request: DubRequest) -> tuple[Plan, VideoInfo, Targets]:
    """What `dub` would write, with estimates of time and disk; changes nothing on disk."""
    request = replace(request, outputs=replace(request.outputs, overwrite=True))
    targets = check_request(request)
    info = _probed(request, targets)
    spotted = request.cues is None and request.settings.generation.spots
    found = plan(
        info, targets.files, stems=targets.stems, settings=_settings(request), takes=request.takes, spotted=spotted
    )
    return found, info, targets


def check_request(request: DubRequest) -> Targets:
    """The paths of all outputs; raises for settings that can be refused before the video is read."""
    outputs, generation = request.outputs, request.settings.generation
    video, output = str(request.video), None if outputs.target is None else str(outputs.target)
    files = dub_targets(
        video,
        STDOUT if request.sink is not None else output,
        count=1 if request.keep == "best" else request.takes,
        overwrite=outputs.overwrite,
    )
    check_kind(files[0])
    check_mix(request.settings.mix, files[0], part=generation.start is not None or generation.end is not None)
    besides = beside_targets(
        video,
        files,
        stems=outputs.stem_folder,
        plot=outputs.plot,
        overwrite=outputs.overwrite,
        timeline=outputs.timeline,
    )
    check_own(generation)
    if outputs.sidecar:
        _check_sidecars(video, files, outputs.overwrite)
    return Targets(files, besides)


def _check_sidecars(video: str, files: Sequence[Path | None], overwrite: bool) -> None:
    """Raises before the work if a sidecar could not be written, or could not be used for a rerun."""
    if video == "-" or None in files:
        raise UsageError("--sidecar needs files: a video on disk to make it again from, and an output to lie beside")
    for target in files:
        if target is not None:
            check_place(sidecar_path(target), (".json",), overwrite)


def _cues(request: DubRequest, info: VideoInfo) -> Sequence[Cue] | None:
    return read_sheet_file(request.cues, info.frame_rate) if isinstance(request.cues, Path) else request.cues


def _settings(request: DubRequest) -> Settings:
    """The settings, with `stems` on if stems are asked for, or a timeline of them."""
    generation = request.settings.generation
    apart = generation.stems or request.outputs.stem_folder is not None
    return replace(request.settings, generation=replace(generation, stems=apart))


def _probed(request: DubRequest, targets: Targets) -> VideoInfo:
    """Probes the video before the model is loaded, so that a bad file fails at once."""
    from foleycli.video.probe import probe
    from foleycli.video.stream_plan import check_container, check_sound

    info = probe(request.video)
    _check_part(info, request.settings)
    check_sound(info, request.settings.mix.original)
    for target in targets.files:
        if in_video(target):
            check_container(info, target)
    return info


def _check_part(info: VideoInfo, settings: Settings) -> None:
    generation, length = settings.generation, f"the video is {clock(info.duration)} long"
    if generation.start is not None and generation.start >= info.duration:
        raise UsageError(f"--start {float(generation.start):g} lies behind the end; {length}")
    if generation.end is not None and generation.end <= generation.first:
        raise UsageError(f"--end {float(generation.end):g} is not after the start; {length}")
    check_fades(settings.mix, min(generation.end or info.duration, info.duration) - generation.first)
    check_overlap(generation)


def check_overlap(generation: Generation) -> None:
    """Raises UsageError for an overlap that windows can't have."""
    try:
        plan_windows(WINDOW_SECONDS, overlap=generation.overlap)
    except ValueError as error:
        raise UsageError(f"--overlap: {error}") from error


def _watched(
    pipeline: FoleyPipeline,
    request: DubRequest,
    info: VideoInfo,
    generation: Generation,
    cues: Sequence[Cue] | None,
    own: Own | None,
    on_event: OnEvent,
) -> tuple[TrackStream, ...]:
    """A stream per take, spotted and not yet performed; another thread builds the networks meanwhile."""
    building = Thread(target=_built, args=(pipeline,), daemon=True)
    building.start()
    seeds = range(generation.seed, generation.seed + request.takes)
    streams = pipeline.takes(
        info,
        seeds,
        generation,
        cues=cues,
        own=own,
        progress=lambda *progress: on_event(Advanced(*progress)),
    )
    building.join()
    return streams


def _built(pipeline: FoleyPipeline) -> None:
    with suppress(FoleyError):  # raised again where the part is needed
        pipeline.prepare()


def _view(info: VideoInfo, settings: Settings, *, spot: bool) -> View:
    """The part of the video to watch; with stills if the namer looks at pictures."""
    from foleycli.models.sound_namer.namer import looks
    from foleycli.video.watching import View

    end = settings.generation.end
    stop = info.duration if end is None else min(end, info.duration)
    return View(info, settings.generation.first, stop, stills=spot and looks(settings.model.namer))


def _perform(
    request: DubRequest,
    targets: Targets,
    info: VideoInfo,
    cues: Sequence[Cue] | None,
    own: Own | None,
    on_event: OnEvent,
) -> DubResult:
    from foleycli.video.watching import begun

    started = time.monotonic()
    settings, outputs = _settings(request), request.outputs
    generation, start = settings.generation, settings.generation.first
    outcomes: list[Outcome] = []
    heard: list[Take] = []
    with begun(_view(info, settings, spot=cues is None and generation.spots)):  # in a thread while torch is imported
        pipeline = load_pipeline(settings.model)
        on_event(ModelLoaded(pipeline.bundle.folder, str(pipeline.device)))
        streams = _watched(pipeline, request, info=info, generation=generation, cues=cues, own=own, on_event=on_event)
    cues = streams[0].cues
    on_event(Spotted(tuple(cues), len(streams[0].windows), generation.seed))
    with scratch_folder() as folder:
        takes: Iterable[Take] = map(Take, streams)
        if request.takes > 1 or outputs.sidecar or request.scored:
            takes = scored(streams, float(start), folder=Path(folder), keep=request.keep, heard=heard)
        for take, target, beside in zip(takes, targets.files, targets.besides, strict=True):
            outcome = render(
                take.stream,
                info,
                target=target,
                mix=settings.mix,
                start=start,
                overwrite=outputs.overwrite,
                beside=beside,
                sink=request.sink,
            )
            outcomes.append(replace(outcome, scores=take.scores))
            if outputs.sidecar:
                write_sidecar(
                    outcomes[-1], take.stream, info=info, settings=settings, pipeline=pipeline,
                    overwrite=outputs.overwrite,
                )  # fmt: skip
    late = sum(cue.time >= info.duration for cue in cues)
    warnings = () if own is None else own.library.warnings
    warnings += (f"{late} of {len(cues)} cues lie behind the end of the video",) if late else ()
    return DubResult(
        info,
        tuple(outcomes),
        takes=tuple(heard),
        cues=tuple(cues),
        warnings=warnings,
        seconds=time.monotonic() - started,
    )
