"""What a program or a person wants to know of a video before it is dubbed."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foleycli.atomic import atomic_file
from foleycli.text import clock, one_line
from foleycli.timeline import plan_windows

if TYPE_CHECKING:
    from foleycli.video.probe import VideoInfo


def probe_facts(info: VideoInfo) -> dict[str, Any]:
    """A probed video as plain data, times in seconds; `windows` are those that a dub of all of it would have."""
    windows = plan_windows(info.duration)
    return {
        **asdict(info),
        "metadata": dict(info.metadata),
        "windows": [{"index": one.index, "start": one.start, "stop": one.stop} for one in windows],
    }


def probe_lines(info: VideoInfo) -> list[str]:
    """A probed video in lines for people."""
    rate = f"{float(info.frame_rate):.3f} pictures/s{', varying' if info.variable else ''}"
    turned = f", turned by {info.rotation} degrees" if info.rotation else ""
    turned += ", mirrored" if info.mirrored else ""
    aspect = "" if info.sample_aspect == 1 else f", pixel aspect {info.sample_aspect}"
    lines = [
        f"file      {one_line(str(info.path))} ({info.container})",
        f"duration  {clock(info.duration)} ({float(info.duration):.3f} s), first picture at {float(info.start):.3f} s",
        f"picture   {info.width} x {info.height}{aspect}{turned}, {rate}",
    ]
    for stream in info.streams:
        about = [stream.codec, stream.language or "", stream.title or "", "cover" if stream.attached_picture else ""]
        if stream.kind == "audio":
            about.append(f"{stream.sample_rate} Hz, {_channels(stream.channels, stream.layout)}")
        chosen = "  <- dubbed" if stream.index == info.video_index else ""
        shown = one_line(" ".join(word for word in about if word))
        lines.append(f"stream {stream.index:<2} {stream.kind}: {shown}{chosen}")
    lines.append(f"windows   {len(plan_windows(info.duration))} of 8.192 s")
    return lines


def _channels(count: int, layout: str) -> str:
    """Mono, stereo, or the number with ffmpeg's name of the layout."""
    named = {1: "mono", 2: "stereo"}.get(count)
    return named or f"{count} channels{f' ({layout})' if layout else ''}"


def draw_probe(info: VideoInfo, target: Path, *, model: str, offline: bool = False, overwrite: bool = False) -> None:
    """Draws pictures, motion, hits and windows of a video into a PNG; the video is watched and nothing is performed."""
    from foleycli.models.loaded import load_bundle
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.reports.figure.dub import draw_dub

    stream = FoleyPipeline(load_bundle(model, offline=offline), namer="off").stream(info)
    with atomic_file(target, overwrite=overwrite) as draft:
        draw_dub(stream, info, start=Fraction(0), draft=draft, title=info.path.name)
