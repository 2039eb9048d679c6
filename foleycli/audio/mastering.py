"""The level of the whole: its loudness set, its true peaks kept under -1 dBTP, its stems given the same gain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from foleycli.audio.files import AudioWriter, Samples
from foleycli.audio.loudness import (
    SETTLE_SAMPLES,
    LoudnessMeter,
    decibels,
    from_decibels,
    limiter_gain,
    true_peaks,
)

CEILING_DBTP = -1.0
CODEC_ROOM_DB = 1.0  # that AAC and Opus add to the sharpest peaks
MARGIN_DB = 0.1  # the limiter's own gain moves between samples
SHORT_SECONDS = 3  # under this, loudness means little: the peak is set instead
BLOCK_SECONDS = 10
NATURAL_LUFS = -23.0  # EBU R128
SILENT_PEAK = 1e-5


@dataclass(frozen=True)
class LevelReport:
    """What the finished track measures; `loudness_lufs` is None if not asked for, or too short or quiet to have one."""

    loudness_lufs: float | None
    true_peak_dbtp: float
    gain_db: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stems:
    """A sound file with a channel per stem, and the file that each becomes."""

    parts: Path
    targets: tuple[Path, ...]


def master(
    mixed: Path,
    out: Path,
    level_db: float,
    loudness_lufs: float | None,
    stems: Stems | None = None,
    ceiling_dbtp: float = CEILING_DBTP,
    layout: str = "",
) -> LevelReport:
    """Writes `mixed` to `out` at `loudness_lufs`, or if that is None `level_db` louder; peaks stay below.

    `layout` names the channels, which weigh differently; empty: the usual one for so many.
    """

    def limit(level_db: float) -> float:
        return _limit(mixed, out, level_db, stems=stems, ceiling_dbtp=ceiling_dbtp - MARGIN_DB)

    if loudness_lufs is None:
        return LevelReport(None, decibels(limit(level_db)), level_db)
    level_db, warnings = _wanted_level(mixed, loudness_lufs, ceiling_dbtp, layout=layout)
    peak, loudness = limit(level_db), _loudness(out, layout)
    if loudness is not None and not warnings:
        # The loudness that the limiter took is added back once; again would only limit harder.
        level_db += loudness_lufs - loudness
        peak, loudness = limit(level_db), _loudness(out, layout)
        if loudness is None or abs(loudness_lufs - loudness) > 0.5:
            near = f"{loudness or 0:.1f} LUFS is as near to {loudness_lufs:g}"
            warnings = [f"{near} as peaks under {ceiling_dbtp:g} dBTP allow"]
    return LevelReport(loudness, decibels(peak), level_db, warnings=tuple(warnings))


def natural_lift_db(parts: Path, ceiling_dbtp: float = CEILING_DBTP) -> float:
    """The gain in dB that brings the sum of a file's channels to -23 LUFS, or its peak to the ceiling if that is less.

    What is too short or too sparse to have a loudness goes by its peak; silence stays as it is.
    """
    about = soundfile.info(str(parts))
    meter, peak = LoudnessMeter(about.samplerate, 1, ""), 0.0
    for samples, inner in blocks_of(parts, SETTLE_SAMPLES):
        whole = samples.sum(0, keepdims=True)
        meter.add(whole[:, inner])
        peak = max(peak, float(true_peaks(whole, peak)[inner].max()))
    if peak < SILENT_PEAK:
        return 0.0
    loudness, room = meter.integrated(), ceiling_dbtp - MARGIN_DB - decibels(peak)
    return room if loudness is None else min(room, NATURAL_LUFS - loudness)


def blocks_of(path: Path, settle: int = 0) -> Iterator[tuple[Samples, slice]]:
    """(C, S) blocks in order, each with `settle` samples of context where there are any, and where the block lies."""
    with soundfile.SoundFile(str(path)) as file:
        size = file.samplerate * BLOCK_SECONDS
        for start in range(0, file.frames, size):
            first, stop = max(0, start - settle), min(file.frames, start + size)
            file.seek(first)
            samples = file.read(min(file.frames, stop + settle) - first, dtype="float32", always_2d=True).T
            yield samples, slice(start - first, stop - first)


def _loudness(path: Path, layout: str) -> float | None:
    about = soundfile.info(str(path))
    meter = LoudnessMeter(about.samplerate, about.channels, layout)
    for samples, _ in blocks_of(path):
        meter.add(samples)
    return meter.integrated()


def _wanted_level(path: Path, loudness_lufs: float, ceiling_dbtp: float, layout: str) -> tuple[float, list[str]]:
    """The gain in dB, and warnings where it is not what was asked for."""
    peak = 0.0
    for samples, inner in blocks_of(path, SETTLE_SAMPLES):
        peak = max(peak, float(true_peaks(samples, peak)[inner].max()))
    loudness = _loudness(path, layout)
    if peak < SILENT_PEAK:
        return 0.0, ["the track is silent: no loudness to set"]
    if loudness is None or soundfile.info(str(path)).duration < SHORT_SECONDS:
        return ceiling_dbtp - MARGIN_DB - decibels(peak), [
            f"under {SHORT_SECONDS} s: peak set to {ceiling_dbtp:g} dBTP, not loudness"
        ]
    return loudness_lufs - loudness, []


def _limit(source: Path, target: Path, level_db: float, stems: Stems | None, ceiling_dbtp: float) -> float:
    """Writes `source` at another level, under the ceiling; returns its true peak.

    Stems get the gain curve of the whole. It is low enough for each of them too, as a stem can be louder than the sum.
    """
    about = soundfile.info(str(source))
    gain, highest = np.float32(from_decibels(level_db)), 0.0
    ceiling = from_decibels(ceiling_dbtp)
    rate, seconds = about.samplerate, about.duration
    with ExitStack() as stack:
        writer = stack.enter_context(AudioWriter(target, rate, about.channels, seconds=seconds))
        paths = () if stems is None else stems.targets
        singly = [stack.enter_context(AudioWriter(path, rate, seconds=seconds)) for path in paths]
        for samples, inner in _with_stems(source, stems):
            louder = samples * gain
            limited = louder * limiter_gain(true_peaks(louder, ceiling), ceiling, rate)
            whole = limited[: about.channels]
            highest = max(highest, float(true_peaks(whole, highest)[inner].max()))
            writer.write(whole[:, inner])
            for one, part in zip(singly, limited[about.channels :], strict=True):
                one.write(part[inner])
    return highest


def _with_stems(source: Path, stems: Stems | None) -> Iterator[tuple[Samples, slice]]:
    """Blocks of `source` with its stems as further channels."""
    if stems is None:
        yield from blocks_of(source, SETTLE_SAMPLES)
        return
    both = zip(blocks_of(source, SETTLE_SAMPLES), blocks_of(stems.parts, SETTLE_SAMPLES), strict=True)
    for (samples, inner), (apart, _) in both:
        yield np.concatenate([samples, apart]), inner
