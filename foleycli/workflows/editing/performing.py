"""Performs the edits of a session into a finished track: the film once, then each retake over it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.cues.arranging import performed
from foleycli.specs.settings import Settings
from foleycli.types import Progress
from foleycli.workflows.editing.edits import Edits
from foleycli.workflows.fingerprint import bundle_hash
from foleycli.workflows.recordings import stored, unused_likes
from foleycli.workflows.remake import Remake
from foleycli.workflows.render import check_fades, fingerprint, write_track
from foleycli.workflows.sidecar import Retake, Sidecar

if TYPE_CHECKING:
    from foleycli.library.own import Own
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.video.probe import VideoInfo


@dataclass(frozen=True)
class Performed:
    """A finished track (WAV, 48 kHz, 24 bit), the sidecar that makes it again, and warnings."""

    track: Path
    sidecar: Sidecar
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Performer:
    """A film, the pipeline, the settings that edits do not change, and recordings of the user."""

    info: VideoInfo
    pipeline: FoleyPipeline
    settings: Settings
    own: Own | None = None

    def perform(self, edits: Edits, target: Path, folder: Path, progress: Progress) -> Performed:
        """The track of the edits as it will be in `target`, written to `folder`, which is empty."""
        check_fades(edits.mix, self.info.duration)
        generation = performed(replace(self.settings.generation, seed=edits.seed, start=None, end=None))
        settings = replace(self.settings, generation=generation, mix=edits.mix)
        stream = self.pipeline.stream(self.info, settings.generation, cues=edits.cues, own=self.own, progress=progress)
        track = folder / "first" / "track.wav"
        track.parent.mkdir()
        level = write_track(stream, self.info, track=track, mix=edits.mix, start=Fraction(0), target=target)
        sidecar = Sidecar(
            video=os.path.abspath(self.info.path),
            video_bytes=os.path.getsize(self.info.path),
            output=target.name,
            bundle_sha256=bundle_hash(self.pipeline.bundle),
            settings=settings,
            level_db=level.gain_db - edits.mix.gain_db,
            windows=tuple((window.start, window.stop) for window in stream.windows),
            cues=stream.cues,
            track_sha256="",
            recordings=stored(stream.recordings),
        )
        done = Performed(track, sidecar, (*level.warnings, *unused_likes(stream.recordings)))
        for number, taken in enumerate(edits.retakes):
            done = self.retaken(done, taken, folder, number=number, progress=progress)
        return replace(done, sidecar=replace(done.sidecar, track_sha256=fingerprint(done.track)))

    def retaken(
        self, before: Performed, taken: Retake, folder: Path, *, number: int = -1, progress: Progress | None = None
    ) -> Performed:
        """A track with a span performed again; the other samples stay."""
        sidecar, target = before.sidecar, self.info.path.with_name(before.sidecar.output)
        remake = Remake(sidecar, self.info, self.pipeline, target=target, progress=progress)
        span = Retake(*remake.within((taken.start, taken.stop)), taken.seed)
        track = remake.renewed(before.track, span, folder, number=number)
        return replace(before, track=track, sidecar=replace(sidecar, retakes=(*sidecar.retakes, span)))
