"""Spots one video: finds its events and returns them as a cue sheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.cues.merging import keep_locked
from foleycli.cues.sheet import Cue
from foleycli.specs.settings import Generation, Model
from foleycli.workflows.events import Advanced
from foleycli.workflows.loading import load_pipeline
from foleycli.workflows.sheets import read_sheet_file

if TYPE_CHECKING:
    from foleycli.video.probe import VideoInfo


@dataclass(frozen=True, kw_only=True)
class SpotRequest:
    """A video to spot. Locked cues of the sheet `locked` are kept; new cues that collide with them are left out."""

    video: Path
    generation: Generation = field(default_factory=Generation)
    model: Model = field(default_factory=Model)
    locked: Sequence[Cue] | Path = ()  # or a file of one


@dataclass(frozen=True)
class SpotResult:
    """The cue sheet, sorted by time, and the video it is of."""

    cues: tuple[Cue, ...]
    video: VideoInfo


def spot(request: SpotRequest | str | Path, on_event: Callable[[Advanced], None] | None = None) -> SpotResult:
    """Spots a video: the time, strength, sound and confidence of each event.

    Times are in seconds from the first picture. A path alone stands for a request with every default. Raises InputError
    for a file that can't be read, ModelError, UsageError.
    """
    from foleycli.models.spot_perform.peak_picking import MIN_DISTANCE_SECONDS
    from foleycli.models.spot_perform.spans import SPAN_MIN_SECONDS
    from foleycli.video.probe import probe

    request = SpotRequest(video=Path(request)) if isinstance(request, str | Path) else request
    notify = on_event or (lambda event: None)
    info = probe(request.video)  # before the model: a bad file should fail at once
    locked = request.locked
    if isinstance(locked, Path):
        locked = read_sheet_file(locked, info.frame_rate)
    pipeline = load_pipeline(request.model)
    cues = pipeline.spot(info, request.generation, progress=lambda *progress: notify(Advanced(*progress)))
    merged = keep_locked(locked, cues, apart_seconds=MIN_DISTANCE_SECONDS, shortest_seconds=SPAN_MIN_SECONDS)
    return SpotResult(merged, info)
