"""Performs a track and writes it: mix, loudness, stems, plot, then a copy of the video or a sound file."""

from __future__ import annotations

import hashlib
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np
import soundfile

from foleycli.atomic import atomic_file, scratch_folder
from foleycli.audio.bwf import Origin, write_bwf
from foleycli.audio.encoded import encode_track
from foleycli.audio.fades import faded
from foleycli.audio.files import AudioWriter
from foleycli.audio.mastering import CEILING_DBTP, CODEC_ROOM_DB, LevelReport
from foleycli.audio.mixing import finish, mixed_layout, side_by_side
from foleycli.audio.room_tone import RoomTone, heard_outdoors
from foleycli.audio.splice import copy_track
from foleycli.errors import ModelError, UsageError
from foleycli.models.passages import audible
from foleycli.pipeline.track import STEMS
from foleycli.specs.settings import Mix
from foleycli.text import clock
from foleycli.timeline import to_samples
from foleycli.video.mux import mux
from foleycli.video.stream_plan import check_container
from foleycli.video.timecode import source_start
from foleycli.workflows.outputs import NOTHING, Beside, in_video, lossless
from foleycli.workflows.recordings import unused_likes
from foleycli.workflows.timeline_file import draw_timeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foleycli.cues.sheet import Cue
    from foleycli.evaluation.ranking import TakeScores
    from foleycli.library.player import Used
    from foleycli.pipeline.track import TrackStream
    from foleycli.video.probe import VideoInfo

BLOCK_SAMPLES = 1 << 18
SILENT_DBTP = -100.0
SAMPLE_RATE = 48_000  # what film and video use; models work at their own


@dataclass(frozen=True)
class Outcome:
    """One file that was written; `target` None is stdout."""

    target: Path | None
    seed: int
    seconds: Fraction
    windows: int
    level: LevelReport
    track_sha256: str
    warnings: tuple[str, ...] = ()
    beside: Beside = NOTHING
    scores: TakeScores | None = None
    recordings: tuple[Used, ...] = ()  # of a library, that were played or chosen among
    lost: tuple[str, ...] = ()  # what of the video could not be kept as it was; among the warnings too


def render(
    stream: TrackStream,
    info: VideoInfo,
    target: Path | None,
    mix: Mix,
    start: Fraction,
    *,
    overwrite: bool = False,
    beside: Beside = NOTHING,
    sink: BinaryIO | None = None,
) -> Outcome:
    """Performs the track, mixes and levels it, and writes `target`; memory does not grow with the length.

    `start` is where the track begins, in seconds from the first picture. Without a target a WAV is written to `sink`.
    Stems and plot (`beside`) are written only if the target is.
    """
    whole = in_video(target)
    if in_video(target):
        check_container(info, target)
    with scratch_folder() as folder, ExitStack() as drafts:
        track = Path(folder) / "track.wav"
        level = write_track(stream, info, track=track, mix=mix, start=start, target=target)
        origin, doubts = origin_of(info, Fraction(0) if whole else start, model=stream.model, seed=stream.seeds[0])
        write_stems(beside, track, origin=origin, overwrite=overwrite, drafts=drafts)
        if beside.timeline is not None:
            edit = drafts.enter_context(atomic_file(beside.timeline, overwrite=overwrite))
            draw_timeline(beside, stream, info, mix=mix, start=start, whole=whole, draft=edit)
        if beside.plot is not None:
            from foleycli.reports.figure.draw import Sound
            from foleycli.reports.figure.dub import draw_dub  # imported here: Pillow is slow to import

            draft = drafts.enter_context(atomic_file(beside.plot, overwrite=overwrite))
            sound = Sound(track, Fraction(0) if whole else start)
            draw_dub(stream, info, start=start, draft=draft, title=info.path.name, sound=sound)
        named = target is None or target.suffix.lower() == ".wav" or beside.stems
        lost = place(track, info, target=target, mix=mix, origin=origin, overwrite=overwrite, sink=sink)
        warnings = (
            *(() if _mixed(mix, info) else _unheard(stream, start, level.true_peak_dbtp)),
            *level.warnings,
            *unused_likes(stream.recordings),
            *(doubts if named else ()),
            *lost,
        )
        return Outcome(
            target,
            seed=stream.seeds[0],
            seconds=stream.duration,
            windows=len(stream.windows),
            level=level,
            track_sha256=fingerprint(track),
            warnings=warnings,
            beside=beside,
            lost=lost,
            recordings=stream.recordings,
        )


def write_stems(beside: Beside, track: Path, origin: Origin, overwrite: bool, drafts: ExitStack) -> None:
    """Writes the stems, which stand beside a finished track as NAME.wav; they appear when `drafts` closes."""
    for name, path in beside.stems.items():
        draft = drafts.enter_context(atomic_file(path, overwrite=overwrite))
        write_bwf(track.with_name(f"{name}.wav"), draft, origin)


def write_track(
    stream: TrackStream,
    info: VideoInfo,
    track: Path,
    mix: Mix,
    start: Fraction,
    *,
    target: Path | None,
    level_db: float = 0.0,
    cues: Sequence[Cue] | None = None,
) -> LevelReport:
    """Writes the finished track for `target`, 24 bit: for a video silent before and after the part from `start` on.

    If the track has stems, each is written beside it as NAME.wav.
    `cues` are those of the whole film, if the stream has fewer: they decide the room tone.
    """
    raw, whole = track.with_name("raw.wav"), in_video(target)
    before, after = (start, info.duration - start - stream.duration) if whole else (Fraction(0), Fraction(0))
    parts = {track.with_name(f"raw-{name}.wav"): stem for name, stem in zip(STEMS, stream.stems, strict=False)}
    for path, part in parts.items() or [(raw, stream)]:
        _record(part, path, before=before, after=after, mix=mix)
    if parts:
        side_by_side(tuple(parts), raw)
    return finish(
        raw,
        track,
        info=info,
        original="replace" if mix.original == "keep-track" else mix.original,
        gain_db=mix.gain_db,
        level=mix.level if mix.loudness_lufs is None else "off",
        loudness_lufs=mix.loudness_lufs,
        level_db=level_db,
        sample_rate=SAMPLE_RATE,
        stems=[track.with_name(f"{name}.wav") for name in STEMS] if parts else (),
        ceiling_dbtp=CEILING_DBTP if lossless(target) else CEILING_DBTP - CODEC_ROOM_DB,
        tone=_room_tone(
            stream.cues if cues is None else cues, mix, start=start, seconds=stream.duration, before=before
        ),
    )


def _room_tone(
    cues: Sequence[Cue], mix: Mix, *, start: Fraction, seconds: Fraction, before: Fraction
) -> RoomTone | None:
    """The bed of a track whose part begins `before` seconds into it; none where nothing is heard, nor under the video's
    own sound, which has one.
    """
    first, last = float(start), float(start + seconds)
    heard = [cue.sound for cue in cues if audible(cue, first, last)]
    if mix.room_tone_lufs is None or mix.original in ("mix", "duck") or not heard:
        return None
    return RoomTone(
        lufs=mix.room_tone_lufs,
        outdoors=heard_outdoors(heard),
        start=float(before),
        stop=float(before + seconds),
        fade_in=float(mix.fade_in),
        fade_out=float(mix.fade_out),
    )


def origin_of(info: VideoInfo, start: Fraction, model: str, seed: int) -> tuple[Origin, tuple[str, ...]]:
    """The metadata of a WAV that begins `start` seconds after the first picture, and warnings about its timecode."""
    begins, doubt = source_start(info)
    doubts = (f"{doubt}: the time reference counts from the first picture",) if doubt else ()
    return Origin(f"foley, model {model}, seed {seed}", to_samples(begins + start, SAMPLE_RATE)), doubts


def place(
    track: Path,
    info: VideoInfo,
    target: Path | None,
    mix: Mix,
    origin: Origin,
    *,
    overwrite: bool = False,
    sink: BinaryIO | None = None,
) -> tuple[str, ...]:
    """Writes a finished track: into a copy of the video, as a sound file, or as a WAV to `sink`; returns warnings."""
    layout = mixed_layout(info, "replace" if mix.original == "keep-track" else mix.original)
    if target is None:
        if sink is None:
            raise UsageError("no place for the sound; name an output")
        named = track.with_name("named.wav")
        write_bwf(track, named, origin, layout=layout)
        with named.open("rb") as whole:
            shutil.copyfileobj(whole, sink)
    elif in_video(target):
        original: Literal["replace", "keep-track"] = "keep-track" if mix.original == "keep-track" else "replace"
        return mux(info, track, target, original=original, overwrite=overwrite, layout=layout).warnings
    else:
        with atomic_file(target, overwrite=overwrite) as draft:
            if target.suffix.lower() == ".wav":
                write_bwf(track, draft, origin, layout=layout)
            elif target.suffix.lower() == ".flac" and layout in ("mono", "stereo"):
                copy_track(track, draft)
            else:
                return encode_track(track, draft, layout=layout, comment=origin.description)
    return ()


def fingerprint(track: Path) -> str:
    """sha256 of a track's samples; WAV and FLAC of the same samples have the same."""
    digest = hashlib.sha256()
    for block in soundfile.blocks(str(track), blocksize=BLOCK_SAMPLES, dtype="int32"):
        digest.update(block.tobytes())
    return digest.hexdigest()


def check_mix(mix: Mix, target: Path | None, part: bool) -> None:
    """Raises UsageError for a mix that can't be made into this target."""
    if mix.original == "keep-track" and not in_video(target):
        raise UsageError("--original keep-track needs a video to keep the track in; name one with -o")
    if mix.original in ("mix", "duck") and part and not in_video(target):
        raise UsageError(f"--original {mix.original} of a part needs a video as output; name one with -o")


def _mixed(mix: Mix, info: VideoInfo) -> bool:
    """Whether the video's own sound is heard beside the new one."""
    return mix.original in ("mix", "duck") and info.has_audio


def check_fades(mix: Mix, seconds: Fraction) -> None:
    """Raises UsageError for fades that are longer than the new sound."""
    if mix.fade_in + mix.fade_out > seconds:
        raise UsageError(f"--fade-in and --fade-out are longer than the {clock(seconds)} of sound; shorten them")


def _record(stream: TrackStream, path: Path, before: Fraction, after: Fraction, mix: Mix) -> None:
    """Writes the track as 32-bit floats, with `before` and `after` seconds of silence around it."""
    rate = stream.sample_rate
    fades = to_samples(mix.fade_in, rate), to_samples(mix.fade_out, rate)
    with AudioWriter(path, rate, kind="float", seconds=float(before + stream.duration + after)) as writer:
        _silence(writer, to_samples(before, rate), rate)
        for chunk in faded(stream, *fades, to_samples(stream.duration, rate)):
            if not np.isfinite(chunk).all():
                raise ModelError(
                    "the model's sound is not finite; train it longer, try --precision fp32, or another model"
                )
            writer.write(chunk)
        _silence(writer, to_samples(after, rate), rate)


def _silence(writer: AudioWriter, samples: int, block: int) -> None:
    for start in range(0, samples, block):
        writer.write(np.zeros(min(block, samples - start), np.float32))


def _unheard(stream: TrackStream, start: Fraction, true_peak_dbtp: float) -> tuple[str, ...]:
    """A warning if the track is silent and no cue sounds in it; `start` is where it begins, in seconds."""
    heard = any(audible(cue, float(start), float(start + stream.duration)) for cue in stream.cues)
    if heard or true_peak_dbtp > SILENT_DBTP:
        return ()
    why = f"none of {len(stream.cues)} cues is heard" if stream.cues else "nothing was seen that makes a sound"
    return (f"{why}, so the new sound is silence; name one with --sound, or write cues for --cues",)
