"""Writes a video file with a new track of sound, by ffmpeg; the video packets are copied."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import soundfile

from foleycli.atomic import atomic_file
from foleycli.errors import OutputError
from foleycli.timeline import to_samples
from foleycli.video.containers import TEXT_SUBTITLES, Container, container_for, suffix_like
from foleycli.video.encoders import Encoding, encoding_for
from foleycli.video.ffmpeg import file_url, find_ffmpeg, input_arguments, run_ffmpeg
from foleycli.video.layouts import channel_names, default_layout
from foleycli.video.probe import StreamInfo, VideoInfo

STDERR_LINES = 3
GUESSED = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}  # by count, by ffmpeg
REFUSED = (
    "not currently supported in container",
    "only supported in",
    "Could not find tag for codec",
    "not supported in",
)
FOLLOW_UPS = (
    "Terminating thread",
    "Task finished",
    "Last message repeated",
    "Nothing was written",
    "Error writing trailer",
    "Conversion failed",
)


@dataclass(frozen=True)
class MuxReport:
    """The file that was written, and what could not be kept as it was."""

    out: Path
    warnings: tuple[str, ...] = ()


@dataclass
class Plan:
    """Which streams of the source go where: arguments per mapped stream, in the order of the output."""

    container: Container
    encoding: Encoding  # of the track
    pictures: list[int] = field(default_factory=list)
    sounds: list[tuple[StreamInfo, Encoding | None]] = field(default_factory=list)  # None: copied
    subtitles: list[tuple[int, str]] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    data: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def mux(
    info: VideoInfo,
    track: Path,
    out: Path,
    *,
    original: Literal["replace", "keep-track"] = "replace",
    sample_rate: int = 48000,
    overwrite: bool = False,
    title: str = "Foley",
    layout: str = "",
) -> MuxReport:
    """Writes `out`: the video of `info` with `track` (a WAV or FLAC that starts at the first picture) as its sound.

    The track is cut or padded to the length of the video. `layout` names its channels; empty: the usual one for so
    many. The target appears whole or not at all.
    """
    check_container(info, out)
    about = soundfile.info(str(track))
    layout = layout or default_layout(about.channels)
    plan = plan_streams(info, container_for(out), keep_sound=original == "keep-track", layout=layout)
    if out.exists() and os.path.samefile(info.path, out):
        raise OutputError(f"{out} is the video itself; choose another name")
    with atomic_file(out, overwrite=overwrite) as temporary:
        while True:
            arguments = ffmpeg_arguments(info, track, temporary, plan, about.samplerate, sample_rate, title, layout)
            done = run_ffmpeg(arguments)
            if done.returncode == 0:
                break
            if not plan.data:
                raise OutputError(_explain(done.stderr.decode(errors="replace"), info, out))
            plan.warnings.append(f"data streams {plan.data} do not go into {out.suffix}: dropped")
            plan.data.clear()
    return MuxReport(out, tuple(plan.warnings))


def check_container(info: VideoInfo, out: Path) -> None:
    """Raises OutputError, before any work, if the kind of file that `out` names can't hold these pictures, or no ffmpeg
    is there that can write it.
    """
    find_ffmpeg()
    container, codec = container_for(out), info.streams[info.video_index].codec
    if not (container.videos is None or codec in container.videos or _same_family(info, container)):
        raise OutputError(_wont_fit(info, out))


def plan_streams(info: VideoInfo, container: Container, *, keep_sound: bool, layout: str = "mono") -> Plan:
    """Decides for each stream of the source: copied, converted, or dropped with a warning; `layout` is the track's."""
    plan = Plan(container, encoding_for(container, layout))
    if plan.encoding.layout != layout:
        plan.warnings.append(f"{layout} sound does not go into {container.muxer}: mixed to {plan.encoding.layout}")
    elif plan.encoding.encoder != container.encoder:
        plan.warnings.append(f"{layout} sound goes into {container.muxer} as {plan.encoding.encoder}")
    for stream in info.streams:
        name = f"{stream.kind} stream {stream.index} ({stream.codec})"
        if stream.kind == "video":
            first = stream.index == info.video_index
            if first or (container.covers if stream.attached_picture else container.several_videos):
                plan.pictures.append(stream.index)
                continue
        elif stream.kind == "audio":
            if not keep_sound:
                continue
            fits = (container.sounds is None or stream.codec in container.sounds) and not _loses_layout(
                container, stream
            )
            plan.sounds.append((stream, None if fits else encoding_for(container, stream.layout)))
            if not fits:
                plan.warnings.append(f"{name} does not go into {container.muxer} as it is: encoded again")
            continue
        elif stream.kind == "subtitle":
            if stream.codec in container.subtitles:
                plan.subtitles.append((stream.index, "copy"))
                continue
            if stream.codec in TEXT_SUBTITLES and container.text_encoder:
                plan.subtitles.append((stream.index, container.text_encoder))
                continue
        elif stream.kind == "attachment" and container.attachments:
            plan.others.append(stream.index)
            continue
        elif stream.kind == "data":
            if stream.timecode or (info.chapters and stream.codec == "bin_data"):
                continue  # time code and chapter tracks: ffmpeg writes them anew from the metadata
            if _same_family(info, container):
                plan.data.append(stream.index)
                continue
        plan.warnings.append(f"{name} does not go into {container.muxer}: dropped")
    plan.pictures.sort(key=lambda index: index != info.video_index)
    return plan


def source_shift(info: VideoInfo, container: Container) -> Fraction:
    """Seconds taken off all times of the source: none within a family of containers, else its file starts at 0."""
    if container.muxer == "avi" and not _same_family(info, container):  # has no times: its first picture is at 0
        return info.start
    absolute = container.family in ("mov", "matroska", "avi") and _same_family(info, container)
    return Fraction(0) if absolute else info.container_start


def _same_family(info: VideoInfo, container: Container) -> bool:
    return bool(container.family) and info.container.startswith(container.family)


def ffmpeg_arguments(
    info: VideoInfo,
    track: Path,
    out: Path,
    plan: Plan,
    track_rate: int,
    sample_rate: int,
    title: str,
    layout: str = "mono",
) -> list[str]:
    """ffmpeg's arguments, without its own name; `layout` is that of the track's channels."""
    container = plan.container
    shift = source_shift(info, container)
    length = to_samples(info.duration, track_rate)
    lead = to_samples(info.start - shift, track_rate) if container.muxer == "avi" else 0
    arguments = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-copyts"]
    arguments += ["-fflags", "+genpts", "-itsoffset", _seconds(-shift), *input_arguments(info.path)]
    # A sound in an AVI file has no start either: it is led in by silence.
    arguments += ["-itsoffset", "0" if lead else _seconds(info.start - shift), *input_arguments(track)]
    arguments += _maps(f"0:{index}" for index in plan.pictures)
    arguments += _maps(["1:a:0"])
    arguments += _maps(f"0:{stream.index}" for stream, _ in plan.sounds)
    arguments += _maps(f"0:{index}" for index, _ in plan.subtitles)
    arguments += _maps(f"0:{index}" for index in (*plan.others, *plan.data))
    # Pictures before the first whole one are copied too: every packet that came in goes out.
    arguments += ["-c", "copy", "-copyinkf:v", "-map_metadata", "0", "-map_chapters", "0"]
    led = f",adelay={lead}S:all=1" if lead else ""
    filters = f"{relabelled(layout, plan.encoding.layout)}apad=whole_len={length},atrim=end_sample={length}{led}"
    arguments += ["-filter:a:0", filters]
    arguments += [*plan.encoding.arguments(0), "-ar:a:0", str(sample_rate)]
    arguments += [*_named(container, 0, title), "-disposition:a:0", "default"]
    for number, (stream, encoding) in enumerate(plan.sounds, start=1):
        arguments += [f"-c:a:{number}", "copy"] if encoding is None else _encoded_again(number, stream, encoding)
        arguments += [f"-disposition:a:{number}", "0"]
        arguments += _named(container, number, stream.title or "Original")
    for number, (_, encoder) in enumerate(plan.subtitles):
        arguments += [f"-c:s:{number}", encoder]
    if container.family == "mov":
        arguments += ["-movflags", "+use_metadata_tags" if _has_custom_tags(info) else "+faststart"]
    return [*arguments, "-max_muxing_queue_size", "9999", "-f", container.muxer, file_url(out)]


def _loses_layout(container: Container, stream: StreamInfo) -> bool:
    """Whether a copy would come out with other channels: Matroska's PCM has a count of them and no names."""
    pcm = container.muxer == "matroska" and stream.codec.startswith("pcm_")
    return pcm and stream.layout not in ("", GUESSED.get(stream.channels))


def relabelled(layout: str, wanted: str) -> str:
    """A filter that gives the channels of a WAV, which have no names, those of `layout`, and mixes them to `wanted`."""
    if layout in ("mono", "stereo"):
        return "" if wanted == layout else f"aformat=channel_layouts={wanted},"
    order = "|".join(map(str, range(len(channel_names(layout)))))
    mixed = "" if wanted == layout else f"aformat=channel_layouts={wanted},"
    return f"channelmap=map={order}:channel_layout={layout},{mixed}"


def _encoded_again(number: int, stream: StreamInfo, encoding: Encoding) -> list[str]:
    mixed = (
        []
        if encoding.layout == stream.layout
        else [f"-filter:a:{number}", f"aformat=channel_layouts={encoding.layout}"]
    )
    return [*mixed, *encoding.arguments(number)]


def _named(container: Container, number: int, title: str) -> list[str]:
    # In MP4 and QuickTime players look in two places: the track's name (written from "title") and its handler's.
    tags = ("title", "handler_name") if container.family == "mov" else ("title",)
    return [word for tag in tags for word in (f"-metadata:s:a:{number}", f"{tag}={title}")]


def _maps(streams: Iterable[str]) -> list[str]:
    return [word for stream in streams for word in ("-map", stream)]


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f}"


def _has_custom_tags(info: VideoInfo) -> bool:
    # Phones keep place and model under names like com.apple.quicktime.make; ffmpeg's other way of keeping tags
    # holds those, but no cover.
    return any("." in key for key, _ in info.metadata) and not any(one.attached_picture for one in info.streams)


def _explain(stderr: str, info: VideoInfo, out: Path) -> str:
    if any(sign in stderr for sign in REFUSED):
        return _wont_fit(info, out)
    if "No space left on device" in stderr:
        return f"{out}: No space left on device; make room there, or write to another one"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    causes = [line for line in lines if not any(sign in line for sign in FOLLOW_UPS)] or lines or ["no reason given"]
    return f"{out}: ffmpeg failed: {' | '.join(causes[-STDERR_LINES:])}; check disk space, or try .mkv"


def _wont_fit(info: VideoInfo, out: Path) -> str:
    own = suffix_like(info.path)
    codec = info.streams[info.video_index].codec
    return f"{out}: {codec} video does not go into {out.suffix} here; use {own if own == '.mkv' else f'{own} or .mkv'}"
