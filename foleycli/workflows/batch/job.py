"""One video of a batch as data, and how it is done: a job can be pickled and sent to another process."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.cues.sheet import Cue
from foleycli.specs.settings import Settings
from foleycli.types import Progress
from foleycli.workflows.outputs import in_video, named_beside
from foleycli.workflows.recordings import Heard, heard_of, own_of

if TYPE_CHECKING:
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.pipeline.track import TrackStream
    from foleycli.video.probe import VideoInfo


@dataclass(frozen=True)
class DubJob:
    """One video, the file it becomes, how it sounds, and what is written beside that: stems (WAV), a plot (PNG)."""

    source: Path
    target: Path
    settings: Settings = field(default_factory=Settings)
    beside: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Cluster:
    """Where a batch runs: `address` of a Ray cluster (None: one on this machine), and whether files are shipped.

    Without `ship` every node must see the videos and the folder of the results under the same paths.
    """

    address: str | None = None
    ship: bool = False


@dataclass(frozen=True)
class Notes:
    """Facts about a dub that its file does not hold: warnings, windows, the cues performed, recordings heard."""

    warnings: tuple[str, ...] = ()
    windows: int = 0
    cues: tuple[Cue, ...] = ()
    recordings: tuple[Heard, ...] = ()


@dataclass(frozen=True)
class Watched:
    """A video that was probed and spotted, its track not performed yet."""

    info: VideoInfo
    stream: TrackStream


def watch_job(job: DubJob, pipeline: FoleyPipeline, progress: Progress) -> Watched:
    """Probes and spots the video of a job; raises FoleyError for one that can't be read."""
    from foleycli.video.probe import probe
    from foleycli.video.stream_plan import check_container, check_sound
    from foleycli.workflows.render import check_fades

    info = probe(job.source)
    if in_video(job.target):
        check_container(info, job.target)  # before the work
    check_sound(info, job.settings.mix.original)
    check_fades(job.settings.mix, info.duration)
    generation = job.settings.generation
    return Watched(info, pipeline.stream(info, generation, own=own_of(generation), progress=progress))


def render_job(job: DubJob, watched: Watched, drafts: Path) -> Notes:
    """Performs a job into the folder `drafts`, each file under its own name; nothing else is touched."""
    from foleycli.workflows.render import render

    kinds = {path.suffix for path in job.beside}
    draft = drafts / job.target.name
    beside = named_beside(draft, drafts if ".wav" in kinds else None, drafts if ".png" in kinds else None)
    outcome = render(
        watched.stream,
        watched.info,
        target=draft,
        mix=job.settings.mix,
        start=Fraction(0),
        overwrite=True,
        beside=beside,
    )
    return Notes(outcome.warnings, outcome.windows, watched.stream.cues, recordings=heard_of(outcome.recordings))
