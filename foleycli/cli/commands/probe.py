"""`foley probe`: the streams, times and windows of a video."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleycli.cli.console import Console
from foleycli.cli.options import JsonOption, ModelOption, OfflineOption, OverwriteOption, VideoArgument
from foleycli.text import clock, one_line

if TYPE_CHECKING:
    from foleycli.video.probe import VideoInfo


PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", metavar="PNG", help="Also draw pictures, motion, hits and windows into this PNG. Default: none."
    ),
]


def probe(
    video: VideoArgument,
    plot: PlotOption = None,
    model: ModelOption = "pocket",
    offline: OfflineOption = False,
    overwrite: OverwriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Shows streams, times, frame rate and rotation of VIDEO, and the windows that a dub would have."""
    from foleycli.cli.stdin import local_file
    from foleycli.video.probe import probe as probe_file
    from foleycli.workflows.outputs import check_place

    if plot is not None:
        check_place(plot, (".png",), overwrite)
    with local_file(video) as path:
        info = probe_file(path)
        if plot is not None:
            _draw(info, plot, model=model, offline=offline, overwrite=overwrite)
    console = Console(as_json=as_json)
    if as_json:
        console.data(
            {**facts(info), **({"path": video} if video == "-" else {}), "plot": None if plot is None else str(plot)}
        )
    else:
        console.result("\n".join([*_lines(info), *([] if plot is None else [f"plot      {one_line(str(plot))}"])]))


def _draw(info: VideoInfo, target: Path, model: str, offline: bool, overwrite: bool) -> None:
    from foleycli.atomic import atomic_file
    from foleycli.models.loaded import load_bundle
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.reports.figure.dub import draw_dub

    stream = FoleyPipeline(load_bundle(model, offline=offline), namer="off").stream(
        info
    )  # watched; performed only if it were read
    with atomic_file(target, overwrite=overwrite) as draft:
        draw_dub(stream, info, start=Fraction(0), draft=draft, title=info.path.name)


def facts(info: VideoInfo) -> dict[str, Any]:
    """The probe as plain data: times in seconds."""
    from dataclasses import asdict

    from foleycli.timeline import plan_windows

    plain = asdict(info)
    plain["metadata"] = dict(info.metadata)
    plain["windows"] = [
        {"index": window.index, "start": window.start, "stop": window.stop} for window in plan_windows(info.duration)
    ]
    return plain


def _lines(info: VideoInfo) -> list[str]:
    from foleycli.timeline import plan_windows

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
            about.append(f"{stream.sample_rate} Hz, {stream.channels} channels")
        chosen = "  <- dubbed" if stream.index == info.video_index else ""
        shown = one_line(" ".join(word for word in about if word))
        lines.append(f"stream {stream.index:<2} {stream.kind}: {shown}{chosen}")
    lines.append(f"windows   {len(plan_windows(info.duration))} of 8.192 s")
    return lines
