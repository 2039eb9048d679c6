"""An editing session: a video with its sheet, the tracks performed of it, and what is delivered. It knows no HTTP."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from foleycli.atomic import check_target
from foleycli.cues.arranging import arrange
from foleycli.cues.formats import SUFFIXES, write_sheet
from foleycli.cues.merging import keep_locked
from foleycli.cues.plain_words import sound_of
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError
from foleycli.models.remembering import RememberingModel
from foleycli.specs.settings import Settings
from foleycli.types import Progress
from foleycli.video.containers import BY_SUFFIX
from foleycli.video.probe import probe
from foleycli.video.stream_plan import check_container, check_sound
from foleycli.workflows.editing.edits import Edits, load_edits, save_edits, unused_options
from foleycli.workflows.editing.jobs import Jobs
from foleycli.workflows.editing.performing import Performed, Performer
from foleycli.workflows.loading import load_pipeline
from foleycli.workflows.outputs import SOUND_SUFFIXES, check_kind, check_place, in_video, write_text
from foleycli.workflows.recordings import check_own, own_of
from foleycli.workflows.render import check_mix, place
from foleycli.workflows.sample import RATE, SECONDS, sample_cues
from foleycli.workflows.sheets import check_sheet_file, reel_of
from foleycli.workflows.sidecar import Retake, sidecar_path, to_json, written_sha256

if TYPE_CHECKING:
    from foleycli.library.own import Own
    from foleycli.pipeline.foley_pipeline import FoleyPipeline

MOST_TRACKS = 8  # kept to listen to; the oldest goes first
MOST_TAKES = 5


@dataclass(frozen=True)
class Track:
    """A track that can be heard: `revision` is the state of the sheet that it is of, `seed` set if it is a take."""

    number: int
    revision: int
    performed: Performed
    take: Retake | None = None


class EditSession:
    """A video and its edits, which are saved after every change; work is done in `jobs`, results are in `tracks`."""

    def __init__(
        self, video: str | Path, folder: Path, settings: Settings | None = None, cues: Sequence[Cue] | None = None
    ) -> None:
        """`folder` is for what goes with the session. `cues` replace those that were saved beside the video.

        Raises InputError for a video that can't be read, UsageError for saved edits that make no sense.
        """
        self.settings = settings or Settings()
        check_own(generation := self.settings.generation)
        if generation.library is not None:  # an export may be made again from another working folder
            generation = replace(generation, library=os.path.abspath(generation.library))
            self.settings = replace(self.settings, generation=generation)
        self.info, self.folder = probe(video), folder
        self.video = self.info.path
        saved = load_edits(self.video)
        fresh = Edits(mix=self.settings.mix, seed=self.settings.generation.seed)
        self.spotted = cues is not None or saved is not None
        self.edits = replace(fresh, cues=_by_time(cues)) if cues is not None else saved or fresh
        self.revision, self.tracks, self.jobs, self.model = 0, list[Track](), Jobs(), ""
        self.wrote, self.notes = "", unused_options(self.video, self.edits, asked=fresh)
        self._lock, self._numbers = RLock(), 0
        self._pipeline: FoleyPipeline | None = None
        self._own: Own | None = None
        self.target = self.video.with_name(f"{self.video.stem}.foley{_video_suffix(self.video)}")

    def put(self, edits: Edits) -> int:
        """Takes over edits and saves them beside the video; returns their revision. Raises OutputError."""
        save_edits(self.video, edits)
        self.edits, self.revision, self.spotted = edits, self.revision + 1, True
        return self.revision

    def keep_history(self, history: Mapping[str, Any] | None) -> None:
        """Saves steps of undo and redo of the sheet as it is; its revision stays. Raises OutputError."""
        edits = replace(self.edits, history=history)
        save_edits(self.video, edits)
        self.edits = edits

    @property
    def track(self) -> Track | None:
        """The track that was performed last, takes left out."""
        return next((one for one in reversed(self.tracks) if one.take is None), None)

    @property
    def takes(self) -> list[Track]:
        """The takes that were performed last, to choose from."""
        return [one for one in self.tracks if one.take is not None]

    def begin(self) -> None:
        """Spots the video if it has no sheet yet, and performs it."""
        self.jobs.start("Perform" if self.spotted else "Spot", self._begin)

    def respot(self) -> None:
        """Spots again; locked cues stay."""
        self.jobs.start("Spot", self._spot)

    def perform(self) -> None:
        """Performs the sheet: only the windows near cues that were changed."""
        self.jobs.start("Perform", self._perform)

    def perform_takes(self, start: Fraction, stop: Fraction, count: int = 3) -> None:
        """Performs a span with `count` other seeds, to choose from."""
        if not 0 <= start < stop or not 1 <= count <= MOST_TAKES:
            raise UsageError(f"takes from {float(start):g} to {float(stop):g} s; select a span")
        self.jobs.start("Takes", lambda progress: self._perform_takes(start, stop, count, progress=progress))

    def export(self, name: str, *, overwrite: bool = False) -> None:
        """Writes the video with its new sound, or the sound alone, beside the video, and its sidecar.

        Raises UsageError or OutputError for a name that can't be written.
        """
        target, mix = self._named(name), self.edits.mix
        check_place(target, (*BY_SUFFIX, *SOUND_SUFFIXES), overwrite)
        check_target(sidecar_path(target), overwrite)
        check_kind(target)
        check_mix(mix, target, part=False)
        check_sound(self.info, mix.original)
        if in_video(target):
            check_container(self.info, target)
        self.wrote = ""
        self.jobs.start("Export", lambda progress: self._export(target, overwrite, progress))

    def save(self, name: str, *, overwrite: bool = False) -> Path:
        """Writes the cue sheet beside the video, in the format that the suffix names."""
        target = self._named(name)
        check_sheet_file(target, overwrite)
        text = write_sheet(self.edits.cues, target.suffix, reel_of(self.info, str(self.video)), name=target.name)
        write_text(target, text, overwrite)
        return target

    def sample(self, sound: str) -> Path:
        """4 s of a sound class as a WAV, performed on first use; waits for the job at work."""
        sound = sound_of(sound)
        path = self.folder / f"sample-{sound}.wav"
        with self._lock:
            if not path.is_file():
                performer = replace(self._performer(), info=probe(self._still()))
                edits = Edits(sample_cues(sound))
                done = performer.perform(edits, Path("sample.wav"), self._emptied("sample"), lambda *_: None)
                done.track.replace(path)
        return path

    def _begin(self, progress: Progress) -> None:
        if not self.spotted:
            self._spot(progress)
        self._perform(progress)

    def _spot(self, progress: Progress) -> None:
        from foleycli.models.spot_perform.peak_picking import MIN_DISTANCE_SECONDS
        from foleycli.models.spot_perform.spans import SPAN_MIN_SECONDS

        with self._lock:
            performer = self._performer(progress)
            found = performer.pipeline.spot(self.info, self.settings.generation, progress=progress)
            cues = keep_locked(
                self.edits.cues, found, apart_seconds=MIN_DISTANCE_SECONDS, shortest_seconds=SPAN_MIN_SECONDS
            )
            self.put(replace(self.edits, cues=cues, history=None))

    def _perform(self, progress: Progress) -> None:
        with self._lock:
            edits, revision = self.edits, self.revision
            performer = self._performer(progress)
            if edits.cues:  # each with a sound, as it is heard
                edits = replace(
                    edits,
                    cues=arrange(edits.cues, self.settings.generation, first=Fraction(0), last=self.info.duration),
                )
            done = performer.perform(edits, self.target, self._emptied("work"), progress)
            if performer.own is not None and not self.tracks:  # said once
                done = replace(done, warnings=(*performer.own.library.warnings, *done.warnings))
            self._add(done, revision)

    def _perform_takes(self, start: Fraction, stop: Fraction, count: int, *, progress: Progress) -> None:
        with self._lock:
            if self.track is None or self.track.revision != self.revision:
                self._perform(progress)
            track = self.track
            assert track is not None
            for old in self.takes:
                self._drop(old)
            used = {self.edits.seed, *(one.seed for one in self.edits.retakes)}
            seeds = range(self.edits.seed, self.edits.seed + count + len(used) + 1)
            for seed in [seed for seed in seeds if seed not in used][:count]:
                taken = Retake(start, stop, seed)
                done = self._performer().retaken(track.performed, taken, self._emptied("work"), progress=progress)
                self._add(done, track.revision, taken)

    def use_take(self, number: int) -> int:
        """Keeps the take of that track; its sound is the track from now on, nothing is performed. The new revision."""
        chosen = self.find(number)
        if chosen.take is None or chosen.revision != self.revision:
            raise UsageError("the sheet was changed since these takes; perform them again")
        self.put(replace(self.edits, retakes=(*self.edits.retakes, chosen.take)))
        self.tracks = [one for one in self.tracks if one.take is None and one is not chosen]
        self.tracks.append(replace(chosen, take=None, revision=self.revision))
        return self.revision

    def find(self, number: int) -> Track:
        """The track of that number; raises UsageError if it is gone."""
        for one in self.tracks:
            if one.number == number:
                return one
        raise UsageError(f"track {number} is not kept any more; perform again")

    def _export(self, target: Path, overwrite: bool, progress: Progress) -> None:
        with self._lock:
            done = self._performer().perform(self.edits, target, self._emptied("work"), progress)
            from foleycli.workflows.render import origin_of

            model = self._performer().pipeline.bundle.manifest.name
            origin, _ = origin_of(self.info, Fraction(0), model=model, seed=self.edits.seed)
            mix = self.edits.mix
            place(done.track, self.info, target=target, mix=mix, origin=origin, overwrite=overwrite)
            sidecar = replace(done.sidecar, output_sha256=written_sha256(target))
            write_text(sidecar_path(target), to_json(sidecar), overwrite)
            self.wrote = target.name

    def _performer(self, progress: Progress | None = None) -> Performer:
        pipeline = self._loaded()
        if self._own is None:
            self._own = own_of(self.settings.generation, progress)
        return Performer(self.info, pipeline, self.settings, own=self._own)

    def _loaded(self) -> FoleyPipeline:
        """The pipeline, whose windows are remembered; loaded on first use."""
        if self._pipeline is None:
            pipeline = load_pipeline(self.settings.model)
            if not pipeline.family.cues:
                raise UsageError(f"{pipeline.bundle.manifest.name} performs without cues; edit with --model pocket")
            pipeline.model = RememberingModel(pipeline.model, self._emptied("windows"))
            self._pipeline, self.model = pipeline, pipeline.bundle.manifest.name
        return self._pipeline

    def _add(self, done: Performed, revision: int, take: Retake | None = None) -> None:
        self._numbers += 1
        track = self.folder / f"track{self._numbers}.wav"
        done.track.replace(track)
        self.tracks.append(Track(self._numbers, revision, replace(done, track=track), take=take))
        while len(self.tracks) > MOST_TRACKS:
            self._drop(self.tracks[0])

    def _drop(self, track: Track) -> None:
        self.tracks.remove(track)
        track.performed.track.unlink(missing_ok=True)

    def _emptied(self, name: str) -> Path:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _still(self) -> Path:
        from foleycli.video.encode import write_video

        path = self.folder / "still.mp4"
        if not path.is_file():
            write_video(path, [np.full((64, 64, 3), 90, np.uint8)] * round(SECONDS * RATE), Fraction(RATE))
        return path

    def _named(self, name: str) -> Path:
        """A file in the folder of the video; raises UsageError for a name that leads elsewhere, or is the video."""
        if not name or Path(name).name != name or name.startswith(".") or "\\" in name:
            raise UsageError(f"{name!r} is not a file name; the file is written beside the video")
        target = self.video.with_name(name)
        if target.exists() and target.samefile(self.video):
            raise UsageError(f"{name} is the video itself, which foley never changes; choose another name")
        return target


def _by_time(cues: Sequence[Cue]) -> tuple[Cue, ...]:
    return tuple(sorted(cues, key=lambda cue: cue.time))


def _video_suffix(video: Path) -> str:
    return video.suffix if video.suffix.lower() in BY_SUFFIX else ".mkv"


def sheet_names(video: Path) -> list[str]:
    """A name for the cue sheet of the video in each format."""
    return [f"{video.stem}.cues{suffix}" for suffix in SUFFIXES]
