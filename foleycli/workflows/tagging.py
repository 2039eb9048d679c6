"""Asks a tagger about a whole program: every sound by a cue sheet over a black video, one dub, and real recordings."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import soundfile

from foleycli.atomic import scratch_folder
from foleycli.cues.classes import SPAN_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.errors import InputError, ModelError, UsageError
from foleycli.specs.settings import Generation, Model, Outputs, Settings
from foleycli.types import Progress
from foleycli.video.encode import write_video
from foleycli.workflows.dub import DubRequest, dub
from foleycli.workflows.events import Advanced
from foleycli.workflows.render import SAMPLE_RATE

if TYPE_CHECKING:
    from foleycli.evaluation.report import Report
    from foleycli.models.loaded import LoadedModel

STEP_SECONDS, HEARD_SECONDS = 10, 8.2  # a sound has so long in the film, and so much of it is heard
HIT_SECONDS, SPAN_SECONDS, STRENGTH = (0.7, 1.9, 3.1, 4.3, 5.5, 6.7), (0.4, 7.6), 0.8
FRAME_RATE, SIDE = 10, 64  # of the film
MOST_SECONDS = 8.192  # of a recording
Wave = npt.NDArray[np.float32]


def evaluate_tagged(
    model: Model, tagger_file: Path, data: str, *, count: int, seed: int, progress: Progress | None = None
) -> Report:
    """What the tagger hears in every sound of the model, and with a folder as `data` in real recordings too.

    At most `count` recordings are taken, of those held out of training, as many of one sound as of another. Raises
    InputError for files that can't be used, ModelError, UsageError for a folder without recordings.
    """
    from foleycli.evaluation import tagged
    from foleycli.evaluation.embeddings import load_sound_classifier
    from foleycli.models.loaded import load_bundle
    from foleycli.training.mdsgen.tagger import open_tagger

    tagger = open_tagger(tagger_file)
    loaded = load_bundle(model.name, offline=model.offline)
    folder = Path(data) if data not in ("scenes", "repertoire") else None
    sounds = tagger.classes
    voices: dict[str, dict[str, list[Wave]]] = {}
    if folder is not None:
        real = recordings(folder, sounds, count)
        sounds = tuple(sound for sound in sounds if sound in real)
        voices = _voices(loaded, real, progress)
    made = generated(model, sounds, seed, progress=progress)
    voices = {**voices, tagged.GENERATED: {sound: [wave] for sound, wave in made.items()}}
    return tagged.tagged_report(
        voices,
        tagger,
        SAMPLE_RATE,
        classifier=load_sound_classifier(),
        times={sound: _times(sound) for sound in sounds},
        model=loaded.manifest.name,
        data="every sound" if folder is None else str(folder),
        seed=seed,
    )


def generated(model: Model, sounds: Sequence[str], seed: int, progress: Progress | None = None) -> dict[str, Wave]:
    """8.2 s of each sound at 48 kHz, as `foley dub` makes them from a cue sheet: six hits, or a span of 7.2 s."""
    with scratch_folder() as scratch:
        film, track = Path(scratch) / "black.mp4", Path(scratch) / "track.wav"
        black = np.zeros((SIDE, SIDE, 3), np.uint8)
        write_video(film, (black for _ in range(len(sounds) * STEP_SECONDS * FRAME_RATE)), FRAME_RATE)
        cues = [cue for number, sound in enumerate(sounds) for cue in sheet(sound, number * STEP_SECONDS)]
        request = DubRequest(
            video=film,
            settings=Settings(generation=Generation(seed=seed), model=model),
            outputs=Outputs(target=track),
            cues=cues,
        )

        def on_event(event: object) -> None:
            if isinstance(event, Advanced) and progress is not None:
                progress(event.stage, event.done, event.total)

        dub(request, on_event)
        found: dict[str, Wave] = {}
        for number, sound in enumerate(sounds):
            first = number * STEP_SECONDS * SAMPLE_RATE
            wave, _ = soundfile.read(track, round(HEARD_SECONDS * SAMPLE_RATE), first, dtype="float32", always_2d=True)
            found[sound] = np.asarray(wave.mean(1), np.float32)
    return found


def sheet(sound: str, start: float) -> list[Cue]:
    """The cues of one sound, `start` seconds into the film."""
    if sound in SPAN_CLASSES:
        return [Cue(start + SPAN_SECONDS[0], STRENGTH, sound, stop=start + SPAN_SECONDS[1])]
    return [Cue(start + at, STRENGTH, sound) for at in HIT_SECONDS]


def _times(sound: str) -> list[float]:
    """Where a second of the sound begins: at its hits, or in each second of its span."""
    if sound in SPAN_CLASSES:
        return [SPAN_SECONDS[0] + at for at in range(int(SPAN_SECONDS[1] - SPAN_SECONDS[0]))]
    return list(HIT_SECONDS)


def recordings(folder: Path, sounds: Sequence[str], count: int) -> dict[str, list[Path]]:
    """At most `count` held-out files of the manifest of `folder`, in turn one of each sound."""
    from foleycli.training.data.sounds import source_of, split_of

    try:
        with (folder / "manifest.csv").open(newline="", encoding="utf-8") as handle:
            rows = [(row["file"], row["sound_class"], row.get("attribution") or "") for row in csv.DictReader(handle)]
    except (OSError, KeyError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or f"no column {error}"
        raise InputError(f"{folder}/manifest.csv: can't be read ({reason}); name file and sound_class in it") from error
    held: dict[str, list[Path]] = defaultdict(list)
    for file, sound, attribution in rows:
        if sound in sounds and split_of(source_of(file, attribution)) == "test":
            held[sound].append(folder / file)
    if not held:
        raise UsageError(f"{folder}: no held-out recording of a sound that the tagger has a name for")
    turns = sorted((place, sound, file) for sound, files in held.items() for place, file in enumerate(files))
    found: dict[str, list[Path]] = defaultdict(list)
    for _, sound, file in turns[:count]:
        found[sound].append(file)
    return dict(found)


def _voices(
    loaded: LoadedModel, real: dict[str, list[Path]], progress: Progress | None
) -> dict[str, dict[str, list[Wave]]]:
    """The recordings, and the same through vocoder and codec where the model's codec can be asked; at 48 kHz."""
    from foleycli.audio.files import resample
    from foleycli.evaluation import tagged

    voices: dict[str, dict[str, list[Wave]]] = {tagged.REAL: {}, tagged.VOCODER: {}, tagged.CODEC: {}}
    done, total, rate = 0, sum(map(len, real.values())), loaded.mel.sample_rate
    for sound, files in real.items():
        for file in files:
            wave = _read(file)
            voices[tagged.REAL].setdefault(sound, []).append(wave)
            try:
                both = tagged.through(loaded, np.asarray(resample(wave, SAMPLE_RATE, rate), np.float32))
            except ModelError:  # another kind of codec
                both = None
            for voice, made in zip((tagged.VOCODER, tagged.CODEC), both or (), strict=False):
                voices[voice].setdefault(sound, []).append(np.asarray(resample(made, rate, SAMPLE_RATE), np.float32))
            done += 1
            if progress is not None:
                progress("recordings", done, total)
    return {voice: of for voice, of in voices.items() if of}


def _read(file: Path) -> Wave:
    """The first 8.192 s of a recording, one channel at 48 kHz."""
    from foleycli.audio.files import resample

    try:
        with soundfile.SoundFile(str(file)) as opened:
            wave = opened.read(round(MOST_SECONDS * opened.samplerate), dtype="float32", always_2d=True).mean(1)
            rate = opened.samplerate
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"{file}: not a sound that can be read; leave it out of manifest.csv") from error
    return np.asarray(wave if rate == SAMPLE_RATE else resample(wave, rate, SAMPLE_RATE), np.float32)
