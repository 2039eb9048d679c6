"""The sidecar of a dub, written beside it."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.cli.delivery import Outcome
from foleycli.cli.targets import write_text
from foleycli.workflows.batch.fingerprint import bundle_hash
from foleycli.workflows.sidecar import Sidecar, sidecar_path, to_json

if TYPE_CHECKING:
    from foleycli.cli.performance import Performance
    from foleycli.pipeline.foley_pipeline import FoleyPipeline, TrackStream
    from foleycli.video.probe import VideoInfo


def write_sidecar(
    outcome: Outcome,
    stream: TrackStream,
    info: VideoInfo,
    wanted: Performance,
    pipeline: FoleyPipeline,
    overwrite: bool,
) -> Path:
    """Writes the sidecar of a dub beside it."""
    assert outcome.target is not None
    settings = asdict(
        replace(wanted, model=_from_anywhere(wanted.model, pipeline), seed=outcome.seed, takes=1, sheet=None, sounds=())
    )  # the cues are steered already
    sidecar = Sidecar(
        video=os.path.abspath(info.path),
        video_bytes=os.path.getsize(info.path),
        output=outcome.target.name,
        bundle_sha256=bundle_hash(pipeline.bundle.bundle),
        settings=settings,
        level_db=outcome.level.gain_db - wanted.mix.gain_db,
        windows=tuple((window.start, window.stop) for window in stream.windows),
        cues=stream.cues,
        track_sha256=outcome.track_sha256,
        scores=None if outcome.scores is None else asdict(outcome.scores),
    )
    path = sidecar_path(outcome.target)
    write_text(path, to_json(sidecar), overwrite)
    return path


def _from_anywhere(model: str, pipeline: FoleyPipeline) -> str:
    """The name of the model, whole if it is that of a folder: a rerun may be asked for from another one."""
    folder = pipeline.bundle.bundle.folder.resolve()
    return str(folder) if Path(model).expanduser().resolve() == folder else model
