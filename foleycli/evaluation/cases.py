"""The test videos of an evaluation, and what is known of their sound.

scenes   rendered, held out by seed, written as small H.264 files so that the whole path is tried
clips    a folder of real videos, with manifest.csv (name, auto_onsets_s[, sound]) or their own soundtracks as truth
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from foleycli.audio.decoding import read_audio
from foleycli.cues.plain_words import sound_of
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError
from foleycli.evaluation.metrics import onsets
from foleycli.evaluation.sync import Truth, truth_of_events, truth_of_track
from foleycli.scenes import KINDS, Scene, render
from foleycli.types import Progress
from foleycli.video.probe import VideoInfo, probe

HELD_OUT_SEED = 50_000_000  # scenes for training have seeds far below
SCENE_SECONDS = 8.0  # one window
LONG_SECONDS = 12.0  # two windows: one border
LONG_EVERY = 8  # of the scenes
SCENE_PIXELS = (128, 128)  # height, width
STILL_KIND = "still"
SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".m4v")
RATE = 32000
OBEY_STRENGTH = 0.8
WEAKEST_EVENT = 0.05


@dataclass(frozen=True)
class Case:
    """A video and what is known of its sound: onsets, the cues of a perfect spotter, its soundtrack if it has one."""

    name: str
    video: Path
    truth: Truth
    cues: tuple[Cue, ...]
    soundtrack: npt.NDArray[np.float32] | None = None  # (S,) at 32 kHz
    still: bool = False

    @property
    def onset_seconds(self) -> npt.NDArray[np.float64]:
        return self.truth.onset_seconds

    @property
    def sounds(self) -> tuple[str, ...]:
        """The classes that are asked for."""
        return tuple(sorted({cue.sound for cue in self.cues if cue.sound}))


def scene_cases(count: int, folder: Path, progress: Progress | None = None) -> Iterator[Case]:
    """`count` held-out scenes, every kind in turn (the still one more often), written as videos into `folder`."""
    kinds = [*(kind for kind in KINDS if KINDS[kind].sounds), STILL_KIND]
    for number in range(count):
        kind = kinds[number % len(kinds)] if number % 10 else STILL_KIND
        seconds = LONG_SECONDS if number % LONG_EVERY == LONG_EVERY - 1 else SCENE_SECONDS
        scene = render(kind, HELD_OUT_SEED + number, seconds=seconds, size=SCENE_PIXELS)
        yield case_of_scene(scene, folder / f"{number:03d}_{kind}.mp4")
        if progress is not None:
            progress("scenes", number + 1, count)


def case_of_scene(scene: Scene, path: Path) -> Case:
    """Writes the scene's pictures to `path`, and its events and spans as the cues that a perfect spotter writes."""
    write_film(path, scene.frames, scene.frames_per_second)
    seconds = len(scene.frames) / scene.frames_per_second
    hits = [event for event in scene.events if 0 <= event.time < seconds and event.strength >= WEAKEST_EVENT]
    cues = [Cue(event.time, min(1.0, event.strength), event.sound) for event in hits]
    for span in scene.spans:
        start, stop = max(0.0, span.start), min(seconds, span.stop)
        if stop > start and span.level > WEAKEST_EVENT:
            cues.append(Cue(start, min(1.0, span.level), span.sound, stop=stop))
    truth = truth_of_events([event.time for event in hits], seconds)
    name = path.stem
    return Case(name, path, truth, cues=tuple(sorted(cues, key=lambda cue: cue.time)), still=not cues)


def write_film(path: Path, frames: npt.NDArray[np.uint8], frames_per_second: float) -> None:
    """Pictures (T, H, W, 3) as H.264 at a constant rate."""
    rate = Fraction(frames_per_second).limit_denominator(1001)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast"})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for picture in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))


def clip_cases(folder: Path, progress: Progress | None = None) -> Iterator[Case]:
    """Each video of `folder` that has a soundtrack with onsets in it, or onsets in the folder's manifest.csv."""
    rows = _manifest(folder)
    paths = [folder / name for name in rows] or sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
    if not paths:
        raise UsageError(f"{folder}: no videos in it; give 'scenes' or a folder of video files")
    for done, path in enumerate(paths, start=1):
        case = _clip_case(probe(path), rows.get(path.name, {}))
        if case is not None:
            yield case
        if progress is not None:
            progress("clips", done, len(paths))


def _manifest(folder: Path) -> dict[str, dict[str, str]]:
    if not folder.is_dir():
        raise UsageError(f"--data {folder}: neither 'scenes' nor a folder; give one of them")
    path = folder / "manifest.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file) if (folder / row["name"]).exists()}


def _clip_case(info: VideoInfo, row: dict[str, str]) -> Case | None:
    """None for a clip whose onsets nobody knows: no audio, or a manifest that leaves them out."""
    if row and "auto_onsets_s" in row and not row["auto_onsets_s"].strip():
        return None
    wave = _soundtrack(info)
    if wave is None:
        return None
    times: Sequence[float] = [float(word) for word in row.get("auto_onsets_s", "").split()] or list(onsets(wave, RATE))
    if not len(times):
        return None
    sound = sound_of(row.get("sound", ""), f"{info.path.name}: sound")
    cues = tuple(Cue(time, OBEY_STRENGTH, sound) for time in times)
    return Case(info.path.stem, info.path, truth_of_track(wave, RATE, np.asarray(times)), cues=cues, soundtrack=wave)


def _soundtrack(info: VideoInfo) -> npt.NDArray[np.float32] | None:
    if not info.has_audio:
        return None
    track = read_audio(info.path, RATE, start=info.start, stop=info.start + info.duration)  # (C, S)
    return np.asarray(track.mean(axis=0), np.float32)
