"""Estimates what a dub will take: windows, time, disk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.bundles.format import read_bundle
from foleycli.bundles.store import resolve
from foleycli.errors import FoleyError
from foleycli.specs import DitSpec
from foleycli.timeline import COLUMN_SECONDS, WINDOW_SECONDS, plan_windows, whole_columns
from foleycli.video.containers import container_for
from foleycli.workflows.outputs import in_video, lossless
from foleycli.workflows.render import SAMPLE_RATE

if TYPE_CHECKING:
    from foleycli.specs.settings import Mix, Settings
    from foleycli.video.probe import VideoInfo

AAC_BYTES_PER_SECOND = 24_000
WAV_BYTES_PER_SECOND = 3 * SAMPLE_RATE

# CPU seconds of pocket on two hyperthreads of one core, a 10 s clip of 720p, measured 2026-11-29 (docs/speed.md).
LOADING_SECONDS = 3.0
WATCHING_SECONDS = 0.48  # per second of video: decoding, spotting, naming
PERFORMING_SECONDS = 0.95  # per window, whatever the steps
STEP_SECONDS = 0.08  # per window and step
POCKET_STEPS = 6


@dataclass(frozen=True)
class Plan:
    """The windows of one video and the estimates; `cpu_seconds` is None where nothing was measured.

    `lost` says what of the video does not go into the file as it is, in one line each.
    """

    spans: tuple[tuple[Fraction, Fraction], ...]
    cpu_seconds: float | None
    disk_bytes: int
    lost: tuple[str, ...] = ()


def plan(
    info: VideoInfo,
    targets: Sequence[Path | None],
    stems: Sequence[Path],
    settings: Settings,
    *,
    takes: int = 1,
    spotted: bool = True,
) -> Plan:
    """The plan of one video. Cuts, each of which starts a window, are not known before the video is watched."""
    generation = settings.generation
    first, last = generation.first, min(generation.end or info.duration, info.duration)
    windows = plan_windows(last - first, overlap=whole_columns(generation.overlap, _column(settings.model.name)))
    disk = sum(_disk_bytes(info, target, last - first) for target in targets)
    disk += sum(_disk_bytes(info, path, info.duration if in_video(targets[0]) else last - first) for path in stems)
    spans = tuple((first + window.start, first + window.stop) for window in windows)
    seconds = cpu_seconds(float(last - first), len(windows) * takes, settings, spotted=spotted)
    return Plan(spans, seconds, disk_bytes=disk, lost=foreseen(info, targets[0], settings.mix))


def foreseen(info: VideoInfo, target: Path | None, mix: Mix) -> tuple[str, ...]:
    """What of the video will not go into `target` as it is, known before any work; the result tells the rest."""
    from foleycli.audio.mixing import left_out, mixed_layout
    from foleycli.video.stream_plan import plan_streams

    lost = left_out(info, mix.original)
    if not in_video(target):
        return lost
    keep = mix.original == "keep-track"
    layout = mixed_layout(info, "replace" if keep else mix.original)
    return (*lost, *plan_streams(info, container_for(target), keep_sound=keep, layout=layout).warnings)


def cpu_seconds(seconds: float, windows: int, settings: Settings, *, spotted: bool = True) -> float | None:
    """An estimate of the CPU seconds (one core) for `seconds` of video; None where nothing was measured."""
    if settings.model.name != "pocket" or settings.model.device not in ("auto", "cpu"):
        return None
    window = PERFORMING_SECONDS + STEP_SECONDS * (settings.generation.steps or POCKET_STEPS)
    watching = WATCHING_SECONDS * seconds if spotted else 0.0
    return round(LOADING_SECONDS + watching + window * windows, 1)


def about(seconds: float | None) -> str:
    """A time estimate in words."""
    return "not known for this model and device" if seconds is None else f"about {seconds:.0f} s of one CPU core"


def _column(model: str) -> Fraction:
    """Seconds of a latent column of the model; that of pocket if the model is not on this machine."""
    try:
        return WINDOW_SECONDS / read_bundle(resolve(model, offline=True)).spec("dit", DitSpec).latent_frames
    except FoleyError:
        return COLUMN_SECONDS


def _disk_bytes(info: VideoInfo, target: Path | None, duration: Fraction) -> int:
    """An estimate of the bytes of a target: the copy of the video and its new sound."""
    if not in_video(target):
        return round(duration * (WAV_BYTES_PER_SECOND if lossless(target) else AAC_BYTES_PER_SECOND))
    return info.path.stat().st_size + round(info.duration * AAC_BYTES_PER_SECOND)
