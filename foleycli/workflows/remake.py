"""Performs the track of a dub again from its sidecar: all of it, or a span with another seed."""

from __future__ import annotations

import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.audio.splice import splice
from foleycli.cues.arranging import performed
from foleycli.errors import ModelError, UsageError
from foleycli.models.sound_namer.namer import OFF
from foleycli.pipeline.track import STEMS
from foleycli.types import Progress
from foleycli.workflows.fingerprint import bundle_hash
from foleycli.workflows.loading import load_pipeline
from foleycli.workflows.outputs import check_kind, in_video
from foleycli.workflows.recordings import stored_own
from foleycli.workflows.render import origin_of, write_track
from foleycli.workflows.sidecar import Retake, Sidecar, find_video, touched_cues, touched_windows

if TYPE_CHECKING:
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.video.probe import VideoInfo


class Remake:
    """A probed video, a loaded model and the settings of a sidecar."""

    def __init__(
        self, sidecar: Sidecar, info: VideoInfo, pipeline: FoleyPipeline, *, target: Path, progress: Progress | None
    ) -> None:
        self.sidecar, self.info, self.pipeline, self.progress = sidecar, info, pipeline, progress
        self.target, self.whole = target, in_video(target)
        self.generation, self.mix = sidecar.settings.generation, sidecar.settings.mix
        self.start = self.generation.first
        self.own = stored_own(self.generation, sidecar.recordings)
        model = pipeline.bundle.manifest.name
        self.origin, _ = origin_of(
            info, Fraction(0) if self.whole else self.start, model=model, seed=self.generation.seed
        )

    @classmethod
    def opened(
        cls, sidecar: Sidecar, path: Path, target: Path, *, device: str | None, progress: Progress | None
    ) -> Remake:
        """That of the sidecar at `path`; raises for a video, a model or a target that can't be used."""
        from foleycli.video.probe import probe
        from foleycli.video.stream_plan import check_container

        model = sidecar.settings.model
        info = probe(find_video(sidecar, path))
        check_kind(target)  # before the work
        if in_video(target):
            check_container(info, target)
        # The cues are there already: no namer.
        pipeline = load_pipeline(replace(model, device=device or model.device, namer=OFF))
        if bundle_hash(pipeline.bundle) != sidecar.bundle_sha256:
            raise ModelError(f"{path}: made with another version of {model.name}; name it with its folder")
        return cls(sidecar, info, pipeline, target=target, progress=progress)

    def within(self, span: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
        """The span cut to what was dubbed; raises UsageError if nothing is left."""
        end = self.start + self.sidecar.windows[-1][1]
        first, last = max(span[0], self.start), min(span[1], end)
        if first >= last:
            raise UsageError(
                f"nothing from {float(span[0]):g} to {float(span[1]):g} s; the sound runs from "
                f"{float(self.start):g} to {float(end):g} s"
            )
        return first, last

    def remade(self, folder: Path, *, apart: bool = False) -> Path:
        """The finished track with all retakes; with `apart` its stems stand beside it as NAME.wav."""
        track = self._performed(folder / "first" / "track.wav", self.generation.seed, None)
        for number, taken in enumerate(self.sidecar.retakes):
            track = self.renewed(track, taken, folder, number, apart=apart)
        return track

    def renewed(self, track: Path, taken: Retake, folder: Path, number: int = -1, *, apart: bool = False) -> Path:
        """A copy of `track` in which the span of `taken` is performed with the seed of `taken`."""
        fresh = self._performed(folder / f"fresh{number}" / "track.wav", taken.seed, taken)
        out = folder / f"spliced{number}" / "track.wav"
        out.parent.mkdir()
        zero = Fraction(0) if self.whole else self.start
        stems = [f"{name}.wav" for name in STEMS] if apart else []
        for old, name in ((track, fresh.name), *((track.with_name(name), name) for name in stems)):
            splice(
                old, fresh.with_name(name), out=out.with_name(name), start=taken.start - zero, stop=taken.stop - zero
            )
        shutil.rmtree(fresh.parent)
        return out

    def _performed(self, track: Path, seed: int, taken: Retake | None) -> Path:
        track.parent.mkdir()
        cues, only = self.sidecar.cues, None
        if taken is not None:
            span = taken.start, taken.stop
            cues = touched_cues(self.sidecar, span, self.start)
            touched = touched_windows(self.sidecar, span, self.start)
            only = range(min(touched) - 1, max(touched) + 2)  # levels are found together with both neighbours
        mix, level_db = self.mix, 0.0
        if taken is not None:  # a span is not measured: it gets the gain that the whole track got
            level_db = self.sidecar.level_db
            if mix.loudness_lufs is None and mix.level == "auto":  # then the gain was of the new sound alone
                mix, level_db = replace(mix, level="off", gain_db=mix.gain_db + level_db), 0.0
            mix = replace(mix, loudness_lufs=None, level="off")
        generation = performed(replace(self.generation, seed=seed))
        stream = self.pipeline.stream(self.info, generation, cues=cues, own=self.own, only=only, progress=self.progress)
        write_track(
            stream, self.info, track=track, mix=mix, start=self.start, target=self.target, level_db=level_db,
            cues=self.sidecar.cues,
        )  # fmt: skip
        return track
