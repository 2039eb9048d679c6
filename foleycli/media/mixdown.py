"""The last desk before the file: the video's own sound mixed in or ducked, level, true-peak limit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr

from foleycli.media.audio import AudioWriter, Samples, fit, read_audio
from foleycli.media.loudness import (
    SETTLE_SAMPLES,
    Floats,
    LoudnessMeter,
    decibels,
    from_decibels,
    limiter_gain,
    true_peaks,
)
from foleycli.media.probe import VideoInfo

CEILING_DBTP = -1.0
MARGIN_DB = 0.1  # the limiter's own gain moves between samples
SHORT_SECONDS = 3  # under this, loudness means little: the peak is set instead
BLOCK_SECONDS = 10
DUCK_DB = 12.0
DUCK_FROM_DB, DUCK_TO_DB = -50.0, -25.0  # new sound at these levels: nothing ducked, all of it
DUCK_HOP_SECONDS = 0.01
DUCK_AHEAD_HOPS = 5  # the original steps back before the new sound comes
DUCK_RELEASE_SECONDS = 0.3


@dataclass(frozen=True)
class LevelReport:
    """What the finished track measures; `loudness_lufs` is None if not asked for, or too short or quiet to have one."""

    loudness_lufs: float | None
    true_peak_dbtp: float
    gain_db: float
    warnings: tuple[str, ...] = ()


def finish(
    track: Path,
    out: Path,
    *,
    info: VideoInfo | None = None,
    original: Literal["replace", "mix", "duck"] = "replace",
    gain_db: float = 0.0,
    loudness_lufs: float | None = None,
    level_db: float = 0.0,
    sample_rate: int = 48000,
) -> LevelReport:
    """Writes `track` (a sound file from the first picture on) to `out` (.wav or .flac, 24 bit), a block at a time.

    `gain_db` is of the new sound alone, before the mix; `loudness_lufs`, or `level_db` if that is None, is of the
    whole. Peaks stay under -1 dBTP.
    """
    with tempfile.TemporaryDirectory(prefix="foley-", dir=out.parent) as folder:
        plain, mixed = Path(folder) / "plain.wav", Path(folder) / "mixed.wav"
        _copy_resampled(track, plain, sample_rate, from_decibels(gain_db))
        warnings: list[str] = []
        if info is not None and original != "replace" and info.has_audio:
            _mix(plain, mixed, info, ducked=original == "duck")
        else:
            if original != "replace":
                warnings.append(f"the video has no sound to {original}")
            mixed = plain
        if loudness_lufs is None:
            return LevelReport(None, decibels(_limit(mixed, out, level_db)), gain_db + level_db, tuple(warnings))
        level_db, more = _wanted_level(mixed, loudness_lufs)
        peak, loudness = _limit(mixed, out, level_db), _loudness(out)
        if loudness is not None and not more:
            # What the limiter took off is given back once; more would only squash it.
            level_db += loudness_lufs - loudness
            peak, loudness = _limit(mixed, out, level_db), _loudness(out)
            if loudness is None or abs(loudness_lufs - loudness) > 0.5:
                more = [f"{loudness or 0:.1f} LUFS is as near to {loudness_lufs:g} as peaks under -1 dBTP allow"]
    return LevelReport(loudness, decibels(peak), gain_db + level_db, (*warnings, *more))


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


def _blocks(path: Path, settle: int = 0) -> Iterator[tuple[Samples, slice]]:
    """(C, S) blocks in order, each with `settle` samples of context where there are any, and where the block lies."""
    with soundfile.SoundFile(str(path)) as file:
        size = file.samplerate * BLOCK_SECONDS
        for start in range(0, file.frames, size):
            first, stop = max(0, start - settle), min(file.frames, start + size)
            file.seek(first)
            samples = file.read(min(file.frames, stop + settle) - first, dtype="float32", always_2d=True).T
            yield samples, slice(start - first, stop - first)


def _mix(track: Path, target: Path, info: VideoInfo, *, ducked: bool) -> None:
    about = soundfile.info(str(track))
    rate, channels = about.samplerate, max(about.channels, info.audio[0].channels or 1)
    duck = _duck_gain(track) if ducked else np.ones(2)
    hop = DUCK_HOP_SECONDS * rate
    at = 0
    with AudioWriter(target, rate, channels, kind="float", seconds=about.duration) as writer:
        for new, _ in _blocks(track):
            start = info.start + Fraction(at, rate)
            stop = start + Fraction(new.shape[1], rate)
            old = fit(read_audio(info.path, rate, start=start, stop=stop), new.shape[1])
            gain = np.interp(np.arange(at, at + new.shape[1]) / hop - 0.5, np.arange(len(duck)), duck)
            writer.write(_spread(old, channels) * gain.astype(np.float32) + _spread(new, channels))
            at += new.shape[1]


def _spread(samples: Samples, channels: int) -> Samples:
    """One channel goes to the left and the right; several stay where they are."""
    if len(samples) == 1 and channels > 1:
        samples = np.repeat(samples, 2, axis=0)
    return np.pad(samples, ((0, channels - len(samples)), (0, 0)))


def _duck_gain(track: Path) -> Floats:
    """Gain of the original per hop of 10 ms: down before the new sound comes, slowly up after it."""
    from scipy.ndimage import maximum_filter1d  # a quarter of a second: who ducks pays

    levels = []
    for samples, _ in _blocks(track):
        hop = round(DUCK_HOP_SECONDS * soundfile.info(str(track)).samplerate)
        power = fit(np.square(samples).mean(0), -(-samples.shape[1] // hop) * hop)
        levels.append(10 * np.log10(power.reshape(-1, hop).mean(1) + 1e-12))
    ahead = maximum_filter1d(np.concatenate(levels), 2 * DUCK_AHEAD_HOPS + 1)
    amount = np.clip((ahead - DUCK_FROM_DB) / (DUCK_TO_DB - DUCK_FROM_DB), 0, 1)
    fall = DUCK_HOP_SECONDS / DUCK_RELEASE_SECONDS
    held = 0.0
    for hop_index, now in enumerate(amount):
        held = amount[hop_index] = max(float(now), held - fall)
    gain: Floats = 10 ** (-DUCK_DB * amount / 20)
    return gain


def _loudness(path: Path) -> float | None:
    about = soundfile.info(str(path))
    meter = LoudnessMeter(about.samplerate, about.channels)
    for samples, _ in _blocks(path):
        meter.add(samples)
    return meter.integrated()


def _wanted_level(path: Path, loudness_lufs: float) -> tuple[float, list[str]]:
    """dB to add, and what had to be done differently from what was asked."""
    peak = max(float(true_peaks(samples)[inner].max()) for samples, inner in _blocks(path, SETTLE_SAMPLES))
    loudness = _loudness(path)
    if peak < 1e-5:
        return 0.0, ["the track is silent: no loudness to set"]
    if loudness is None or soundfile.info(str(path)).duration < SHORT_SECONDS:
        return CEILING_DBTP - MARGIN_DB - decibels(peak), [
            f"under {SHORT_SECONDS} s: peak set to -1 dBTP, not loudness"
        ]
    return loudness_lufs - loudness, []


def _limit(source: Path, target: Path, level_db: float) -> float:
    """Writes `source` at another level, under the ceiling; returns its true peak."""
    about = soundfile.info(str(source))
    gain, highest = np.float32(from_decibels(level_db)), 0.0
    ceiling = from_decibels(CEILING_DBTP - MARGIN_DB)
    with AudioWriter(target, about.samplerate, about.channels, seconds=about.duration) as writer:
        for samples, inner in _blocks(source, SETTLE_SAMPLES):
            louder = samples * gain
            limited = louder * limiter_gain(true_peaks(louder), ceiling, about.samplerate)
            highest = max(highest, float(true_peaks(limited)[inner].max()))
            writer.write(limited[:, inner])
    return highest
