"""Makes files: the sound of a picture, the picture of a sound, or pairs of both from a seed alone.

sound_of_picture(photo, target, ...)    -> .wav, .flac, .mp3, ...
picture_of_sound(sound, target, ...)    -> .png, .jpg, ...
pairs(folder, count, ...)               -> folder/01.png, 01.wav, ..., contact-sheet.png
dub_still(photo, target, ...)           -> .mp4, ...: the picture as a video with its sound
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from foleycli.atomic import atomic_file, check_target, scratch_folder
from foleycli.audio.decoding import read_audio
from foleycli.audio.encoded import encode_track
from foleycli.audio.files import AudioWriter
from foleycli.audio.loudness import from_decibels
from foleycli.errors import InputError, OutputError, UsageError
from foleycli.pipeline.image_audio import ImageAudioPipeline, Sound, spectrum_picture
from foleycli.specs.settings import Generation, Model
from foleycli.specs.visual_echoes import DecodingSpec
from foleycli.types import Progress
from foleycli.video.pictures import (
    STILL_SUFFIXES,
    Picture,
    contact_sheet,
    is_still,
    read_picture,
    resized,
    write_picture,
)
from foleycli.video.still_video import write_still_video
from foleycli.workflows.outputs import SOUND_SUFFIXES, check_kind, lossless, made_folder

SHOWN_PIXELS = 256  # height of a small model's picture in a file: its own pixels would not be seen
SHEET = "contact-sheet.png"
SHEET_COLUMNS = 4


@dataclass(frozen=True, kw_only=True)
class Imagining:
    """The settings of all these functions; of `generation` seed, steps and guidance are used, one seed per take."""

    generation: Generation = field(default_factory=Generation)
    model: Model = field(default_factory=lambda: Model(name="echo"))
    temperature: float | None = None  # of the choice of tokens to settle; None: the model's own
    takes: int = 1
    overwrite: bool = False

    def pipeline(self) -> ImageAudioPipeline:
        """The model, on its device."""
        return ImageAudioPipeline(self.model.name, device=self.model.device, offline=self.model.offline)

    def seeds(self) -> range:
        """The seed of each take."""
        return range(self.generation.seed, self.generation.seed + self.takes)


@dataclass(frozen=True)
class Made:
    """One result: the files that were written, and the seed that makes them again."""

    files: tuple[Path, ...]
    seed: int


def check_meant(*, both: bool, of_picture: bool, count: int | None, seconds: Fraction | None, takes: int) -> None:
    """Raises UsageError for an option that means nothing for what is made: a sound of a picture, both, or a picture."""
    made = "--both" if both else "a PICTURE" if of_picture else "--sound"
    for option, given, meant in (
        ("--count", count is not None, both),
        ("--seconds", seconds is not None, of_picture),
        ("--takes", takes > 1, not both),
    ):
        if given and not meant:
            raise UsageError(f"{option} means nothing with {made}; leave it out")


def sound_of_picture(
    picture: Path, target: Path, wanted: Imagining, *, seconds: Fraction | None = None, progress: Progress | None = None
) -> list[Made]:
    """Writes the sound of a picture, one file a take."""
    targets = _targets(target, wanted, suffixes=SOUND_SUFFIXES, what="a sound")
    check_kind(target)
    seen = read_picture(picture)
    pipeline = wanted.pipeline()
    made = []
    for seed, path in zip(wanted.seeds(), targets, strict=True):
        sound = pipeline.image2audio(seen, seconds=seconds, seed=seed, decoding=_decoding(pipeline, wanted))
        with atomic_file(path, overwrite=wanted.overwrite) as draft:
            _write_sound(draft, sound)
        made.append(Made((path,), seed))
        _report(progress, len(made), wanted.takes)
    return made


def picture_of_sound(sound: Path, target: Path, wanted: Imagining, *, progress: Progress | None = None) -> list[Made]:
    """Writes the picture of a sound, of anything that ffmpeg reads, one file a take."""
    if is_still(sound):
        raise InputError(f"{sound}: a picture, not a sound; without --sound a sound is made for it")
    targets = _targets(target, wanted, suffixes=STILL_SUFFIXES, what="a picture")
    pipeline = wanted.pipeline()
    rate = pipeline.model.sounds.sample_rate
    heard = read_audio(sound, rate, layout="mono")[0]
    made = []
    for seed, path in zip(wanted.seeds(), targets, strict=True):
        seen = pipeline.audio2image(heard, rate, seed=seed, decoding=_decoding(pipeline, wanted))
        with atomic_file(path, overwrite=wanted.overwrite) as draft:
            write_picture(draft, shown(seen.picture))
        made.append(Made((path,), seed))
        _report(progress, len(made), wanted.takes)
    return made


def pairs(folder: Path, count: int, wanted: Imagining, *, progress: Progress | None = None) -> list[Made]:
    """Writes `count` pictures with their sounds into a folder, and a sheet of all pictures over their spectra."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; --both makes several, name a folder")
    names = [f"{number + 1:0{max(2, len(str(count)))}d}" for number in range(count)]
    places = [(folder / f"{name}.png", folder / f"{name}.wav") for name in names]
    with made_folder("-o", folder):
        for path in (*(one for place in places for one in place), folder / SHEET):
            check_target(path, wanted.overwrite)
        return _pairs(places, folder / SHEET, wanted, progress=progress)


def _pairs(
    places: Sequence[tuple[Path, Path]], sheet: Path, wanted: Imagining, progress: Progress | None
) -> list[Made]:
    pipeline = wanted.pipeline()
    made, cells = [], []
    for number, (picture, track) in enumerate(places):
        seed = wanted.generation.seed + number
        ((seen, sound),) = pipeline.both(seed=seed, decoding=_decoding(pipeline, wanted))
        with atomic_file(picture, overwrite=wanted.overwrite) as draft:
            write_picture(draft, shown(seen.picture))
        with atomic_file(track, overwrite=wanted.overwrite) as draft:
            _write_sound(draft, sound)
        cells.append((shown(seen.picture), sound))
        made.append(Made((picture, track), seed))
        _report(progress, number + 1, len(places))
    with atomic_file(sheet, overwrite=wanted.overwrite) as draft:
        write_picture(draft, contact_sheet(list(_rows(cells))))
    return made


def dub_still(
    picture: Path,
    target: Path,
    wanted: Imagining,
    *,
    seconds: Fraction,
    gain_db: float = 0.0,
    progress: Progress | None = None,
) -> list[Made]:
    """Writes a video of a still picture with its sound, one file a take."""
    targets = _targets(target, wanted)
    seen = read_picture(picture)
    pipeline = wanted.pipeline()
    made = []
    for seed, path in zip(wanted.seeds(), targets, strict=True):
        sound = pipeline.image2audio(seen, seconds=seconds, seed=seed, decoding=_decoding(pipeline, wanted))
        with tempfile.TemporaryDirectory(prefix="foley-still-") as folder:
            track = Path(folder) / "track.wav"
            _write_sound(track, sound, gain_db)
            write_still_video(seen, track, path, seconds=seconds, overwrite=wanted.overwrite)
        made.append(Made((path,), seed))
        _report(progress, len(made), wanted.takes)
    return made


def shown(picture: Picture) -> Picture:
    """A picture as it goes into a file: a small one enlarged to 256 pixels without making it soft."""
    factor = SHOWN_PIXELS // picture.shape[0]
    if factor < 2:
        return picture
    return resized(picture, (picture.shape[0] * factor, picture.shape[1] * factor), sharp=True)


def _targets(target: Path, wanted: Imagining, *, suffixes: tuple[str, ...] = (), what: str = "") -> list[Path]:
    if suffixes and target.suffix.lower() not in suffixes:
        kind = target.suffix or "a file without a suffix"
        raise UsageError(f"{target}: {what} is not written as {kind}; use {', '.join(suffixes)}")
    width = len(str(wanted.takes))
    numbered = [target.with_name(f"{target.stem}.take{n + 1:0{width}d}{target.suffix}") for n in range(wanted.takes)]
    targets = [target] if wanted.takes == 1 else numbered
    for path in targets:
        check_target(path, wanted.overwrite)
    return targets


def _decoding(pipeline: ImageAudioPipeline, wanted: Imagining) -> DecodingSpec:
    own = wanted.generation
    return pipeline.decoding(steps=own.steps, temperature=wanted.temperature, guidance=own.guidance)


def _write_sound(path: Path, sound: Sound, gain_db: float = 0.0) -> None:
    if not lossless(path):
        with scratch_folder() as folder:
            track = Path(folder) / "track.wav"
            _write_sound(track, sound, gain_db)
            encode_track(track, path, "mono")
        return
    with AudioWriter(path, sound.sample_rate) as writer:
        writer.write(sound.samples * from_decibels(gain_db))


def _rows(cells: list[tuple[Picture, Sound]]) -> Iterator[list[Picture]]:
    for first in range(0, len(cells), SHEET_COLUMNS):
        row = cells[first : first + SHEET_COLUMNS]
        yield [picture for picture, _ in row]
        yield [spectrum_picture(sound.samples, picture.shape[0] // 2, picture.shape[1]) for picture, sound in row]


def _report(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress("imagine", done, total)


def plain(made: list[Made], model: str) -> dict[str, object]:
    """The results as JSON takes them."""
    return {"model": model, "results": [{"seed": one.seed, "files": one.files} for one in made]}
