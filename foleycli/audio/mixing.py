"""The mix of the finished track: gain, the video's own sound mixed or ducked, then loudness and peaks."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr

from foleycli.audio.decoding import SoundReader, SoundStream
from foleycli.audio.files import AudioWriter, fit
from foleycli.audio.loudness import Floats, from_decibels
from foleycli.audio.mastering import (
    BLOCK_SECONDS,
    CEILING_DBTP,
    LevelReport,
    Stems,
    blocks_of,
    master,
    natural_lift_db,
)
from foleycli.audio.moving import moving_maximum
from foleycli.audio.room_tone import RoomTone, lay_room_tone
from foleycli.specs.settings import Level
from foleycli.video.layouts import channel_names, remix, writable_layout
from foleycli.video.probe import VideoInfo

DUCK_DB = 12.0
DUCK_FROM_DB, DUCK_TO_DB = -50.0, -25.0  # level of the new sound at which ducking starts, and at which it is full
DUCK_HOP_SECONDS = 0.01
DUCK_AHEAD_HOPS = 5  # the original is lowered so long before the new sound
DUCK_RELEASE_SECONDS = 0.3


def finish(
    track: Path,
    out: Path,
    *,
    info: VideoInfo | None = None,
    original: Literal["replace", "mix", "duck"] = "replace",
    gain_db: float = 0.0,
    level: Level = "off",
    loudness_lufs: float | None = None,
    level_db: float = 0.0,
    sample_rate: int = 48000,
    stems: Sequence[Path] = (),
    ceiling_dbtp: float = CEILING_DBTP,
    tone: RoomTone | None = None,
) -> LevelReport:
    """Writes `track` (a sound file from the first picture on) to `out` (.wav or .flac, 24 bit), a block at a time.

    With level "auto" the new sound is first brought to -23 LUFS or to the ceiling, whichever comes first: no peak is
    limited. `gain_db` is of the new sound alone, before the mix; `loudness_lufs`, or `level_db` if that is None, is of
    the whole. True peaks stay under `ceiling_dbtp`. With `stems`, one per channel of `track`, the new sound is the sum
    of its channels and each is written for itself as it is in `out`: gain, level and limiter are the same, so they add
    up. `tone` is laid under the new sound when that has its level, in its last channel.
    """
    with tempfile.TemporaryDirectory(prefix="foley-", dir=out.parent) as folder:
        plain, mixed, summed = (Path(folder) / f"{name}.wav" for name in ("plain", "mixed", "summed"))
        if level == "auto":
            raw = Path(folder) / "raw.wav"
            _copy_resampled(track, raw, sample_rate, gain=1.0)
            gain_db += natural_lift_db(raw, ceiling_dbtp)
            track = raw
        _copy_resampled(track, plain, sample_rate, gain=from_decibels(gain_db))
        if tone is not None:
            toned = plain.with_name("toned.wav")
            lay_room_tone(plain, toned, tone)
            plain = toned
        apart = Stems(plain, tuple(stems)) if stems else None
        if apart is not None:
            _sum(plain, summed)
            plain = summed
        warnings: list[str] = []
        layout = ""
        if info is not None and original != "replace" and info.has_audio:
            layout = mixed_layout(info, original)
            _mix(plain, mixed, info, layout=layout, ducked=original == "duck")
            warnings += left_out(info, original)
            if len(channel_names(layout)) < (channels := info.main_audio.channels):
                warnings.append(f"the video's {channels} channels of sound are mixed down to 2")
        else:
            if original != "replace":
                warnings.append(f"the video has no sound to {original}")
            mixed = plain
        report = master(
            mixed, out, level_db, loudness_lufs=loudness_lufs, stems=apart, ceiling_dbtp=ceiling_dbtp, layout=layout
        )
    return replace(report, gain_db=gain_db + report.gain_db, warnings=(*warnings, *report.warnings))


def mixed_layout(info: VideoInfo, original: str) -> str:
    """The channel layout of the finished track: the video's own where its sound is in it, else one channel."""
    if original == "replace" or not info.has_audio:
        return "mono"
    return writable_layout(info.main_audio.layout) or "stereo"


def left_out(info: VideoInfo, original: str) -> tuple[str, ...]:
    """A line about the sounds of a video that are not mixed: only the main one is."""
    if original not in ("mix", "duck") or len(info.audio) < 2:
        return ()
    mixed = info.main_audio.index
    others = [stream.index for stream in info.audio if stream.index != mixed]
    named = f"stream {others[0]} is" if len(others) == 1 else f"streams {', '.join(map(str, others))} are"
    return (f"audio stream {mixed} is mixed, {named} left out; --original keep-track keeps all",)


def side_by_side(parts: Sequence[Path], target: Path) -> None:
    """Writes sound files of one channel, one rate and one length as the channels of one file, as floats."""
    about = soundfile.info(str(parts[0]))
    with AudioWriter(target, about.samplerate, len(parts), kind="float", seconds=about.duration) as writer:
        for blocks in zip(*map(blocks_of, parts), strict=True):
            writer.write(np.concatenate([samples for samples, _ in blocks]))


def _sum(parts: Path, target: Path) -> None:
    about = soundfile.info(str(parts))
    with AudioWriter(target, about.samplerate, kind="float", seconds=about.duration) as writer:
        for samples, _ in blocks_of(parts):
            writer.write(samples.sum(0))


def _copy_resampled(source: Path, target: Path, sample_rate: int, gain: float) -> None:
    about = soundfile.info(str(source))
    stream = soxr.ResampleStream(about.samplerate, sample_rate, about.channels, dtype="float32")
    wanted = (2 * about.frames * sample_rate + about.samplerate) // (2 * about.samplerate)
    with AudioWriter(target, sample_rate, about.channels, kind="float", seconds=about.duration) as writer:
        written = 0
        blocks = soundfile.blocks(
            str(source), blocksize=about.samplerate * BLOCK_SECONDS, dtype="float32", always_2d=True
        )
        for block in blocks:
            piece = stream.resample_chunk(block) if sample_rate != about.samplerate else block
            writer.write(piece[: wanted - written].T * np.float32(gain))
            written += len(piece)
        if sample_rate != about.samplerate:
            rest = stream.resample_chunk(np.zeros((0, about.channels), np.float32), last=True)
            writer.write(fit(rest.T * np.float32(gain), max(0, wanted - written)))


def _mix(track: Path, target: Path, info: VideoInfo, layout: str, *, ducked: bool) -> None:
    about = soundfile.info(str(track))
    rate, channels = about.samplerate, channel_names(layout)
    sound = SoundStream(info.main_audio.index, info.main_audio.layout)
    duck = _duck_gain(track) if ducked else np.ones(2)
    hop = DUCK_HOP_SECONDS * rate
    at = 0
    with (
        SoundReader(info.path, sound, rate, start=info.start, layout=layout) as reader,
        AudioWriter(target, rate, len(channels), kind="float", seconds=about.duration) as writer,
    ):
        for new, _ in blocks_of(track):
            old = reader.read(new.shape[1])
            gain = np.interp(np.arange(at, at + new.shape[1]) / hop - 0.5, np.arange(len(duck)), duck)
            writer.write(old * gain.astype(np.float32) + remix(new, ("FC",), channels))
            at += new.shape[1]


def _duck_gain(track: Path) -> Floats:
    """Gain of the original per hop of 10 ms: down before the new sound comes, slowly up after it."""
    levels = []
    for samples, _ in blocks_of(track):
        hop = round(DUCK_HOP_SECONDS * soundfile.info(str(track)).samplerate)
        power = fit(np.square(samples).mean(0), -(-samples.shape[1] // hop) * hop)
        levels.append(10 * np.log10(power.reshape(-1, hop).mean(1) + 1e-12))
    ahead = moving_maximum(np.concatenate(levels), 2 * DUCK_AHEAD_HOPS + 1)
    amount = np.clip((ahead - DUCK_FROM_DB) / (DUCK_TO_DB - DUCK_FROM_DB), 0, 1)
    fall = DUCK_HOP_SECONDS / DUCK_RELEASE_SECONDS
    held = 0.0
    for hop_index, now in enumerate(amount):
        held = amount[hop_index] = max(float(now), held - fall)
    gain: Floats = 10 ** (-DUCK_DB * amount / 20)
    return gain
