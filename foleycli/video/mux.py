"""Writes a video file with a new track of sound, by ffmpeg; the video packets are copied."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import soundfile

from foleycli.atomic import atomic_file, scratch_folder
from foleycli.errors import OutputError
from foleycli.timeline import to_samples
from foleycli.video.boxes import Box, complete, picture_boxes
from foleycli.video.containers import Container, container_for
from foleycli.video.encoders import Encoding, relabelled
from foleycli.video.facts import file_facts
from foleycli.video.ffmpeg import file_url, input_arguments, run_ffmpeg
from foleycli.video.layouts import default_layout
from foleycli.video.probe import StreamInfo, VideoInfo
from foleycli.video.stream_plan import Plan, check_container, picture_facts, plan_streams, same_family, source_shift
from foleycli.video.trial import ANNEX_B
from foleycli.video.verify import named_tags, verify

STDERR_LINES = 3
# Tags that ffmpeg's muxers of MP4 and QuickTime write where players look for them.
WRITTEN_TAGS = (
    "title, artist, album_artist, composer, album, date, comment, genre, copyright, grouping, lyrics, description, "
    "synopsis, show, episode_id, network, keywords, track, disc, location, creation_time"
)
SPATIAL_LINES = ("stereo 3d", "spherical mapping")
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
    """The file that was written, and what could not be kept as it was, in one line each."""

    out: Path
    warnings: tuple[str, ...] = ()


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
        _write(
            Job(info, track, plan, track_rate=about.samplerate, sample_rate=sample_rate, title=title, layout=layout),
            temporary,
        )
        lost = (*plan.warnings, *verify(info, temporary, plan, out=out))
    return MuxReport(out, lost)


@dataclass(frozen=True)
class Job:
    """What goes into a file: the source, the track with its rate and layout, where each stream goes."""

    info: VideoInfo
    track: Path
    plan: Plan
    track_rate: int
    sample_rate: int = 48000
    title: str = "Foley"
    layout: str = "mono"


def _write(job: Job, out: Path) -> None:
    """Runs ffmpeg, then puts in what its muxer leaves out."""
    info, muxer = job.info, job.plan.container.muxer
    tags = _keys(info) if job.plan.container.family == "mov" else {}
    boxes = _boxes(info) if muxer in ("mov", "mp4") else []
    if not tags and not boxes:
        _run(job, out, index_first=True)
        return
    plain = out.with_name(f"{out.stem}-plain{out.suffix}")
    try:
        _run(job, plain, index_first=False)
        complete(plain, out, tags, boxes=boxes, quicktime=muxer == "mov")
    finally:
        plain.unlink(missing_ok=True)


def _boxes(info: VideoInfo) -> list[Box]:
    """What lies beside the codec's own box: the source's, or ffmpeg's where another kind of file says as much."""
    own = [one.index for one in info.streams if one.kind == "video" and not one.attached_picture]
    if found := picture_boxes(info.path, own.index(info.video_index)):
        return found
    facts = picture_facts(info)
    if facts is None or not any(line.lower().startswith(SPATIAL_LINES) for line in facts.side_data):
        return []
    with scratch_folder() as folder:
        sample = Path(folder) / "sample.mp4"
        copy = ["-map", f"0:{info.video_index}", "-c", "copy", "-copyinkf", "-frames", "1", "-strict", "unofficial"]
        run_ffmpeg(["-nostdin", "-loglevel", "error", "-y", *input_arguments(info.path), *copy, file_url(sample)])
        return [box for box in picture_boxes(sample, 0) if box.name in (b"st3d", b"sv3d")]


def _run(job: Job, out: Path, *, index_first: bool) -> None:
    plan = job.plan
    while (done := run_ffmpeg(ffmpeg_arguments(job, out, index_first=index_first))).returncode:
        if not plan.data:
            raise OutputError(_explain(done.stderr.decode(errors="replace"), out))
        plan.warnings.append(f"data streams {plan.data} do not go into {plan.container.muxer}: dropped")
        plan.data.clear()


def _keys(info: VideoInfo) -> dict[str, str]:
    """The tags for which ffmpeg's muxer has no place beside those of iTunes: a phone's, and what others made up."""
    return {
        key: value
        for key, value in named_tags(dict(info.metadata)).items()
        if key.lower() not in WRITTEN_TAGS.split(", ")
    }


def ffmpeg_arguments(job: Job, out: Path, *, index_first: bool = True) -> list[str]:
    """ffmpeg's arguments, without its own name."""
    info, plan, track_rate, layout = job.info, job.plan, job.track_rate, job.layout
    container = plan.container
    shift = source_shift(info, container)
    length = to_samples(info.duration, track_rate)
    lead = to_samples(info.start - shift, track_rate) if container.muxer == "avi" else 0
    arguments = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-copyts"]
    arguments += ["-fflags", "+genpts", "-itsoffset", _seconds(-shift), *input_arguments(info.path)]
    # A sound in an AVI file has no start either: it is led in by silence.
    arguments += ["-itsoffset", "0" if lead else _seconds(info.start - shift), *input_arguments(job.track)]
    arguments += _maps(f"0:{index}" for index in plan.pictures)
    arguments += _maps(["1:a:0"])
    arguments += _maps(f"0:{stream.index}" for stream, _ in plan.sounds)
    arguments += _maps(f"0:{index}" for index, _ in plan.subtitles)
    arguments += _maps(f"0:{index}" for index in (*plan.others, *plan.data))
    # Pictures before the first whole one are copied too: every packet that came in goes out.
    # An Ogg file has no tags of its own: those of its pictures are the film's.
    tags = f"0:s:{info.video_index}" if info.container == "ogg" else "0"
    arguments += ["-c", "copy", "-copyinkf:v", "-map_metadata", tags, "-map_chapters", "0", *_one_creation_time(info)]
    led = f",adelay={lead}S:all=1" if lead else ""
    filters = f"{relabelled(layout, plan.encoding.layout)}apad=whole_len={length},atrim=end_sample={length}{led}"
    arguments += ["-filter:a:0", filters]
    arguments += [*plan.encoding.arguments(0), "-ar:a:0", str(job.sample_rate)]
    arguments += [*_named(container, 0, job.title), "-disposition:a:0", "default"]
    for number, (stream, encoding) in enumerate(plan.sounds, start=1):
        arguments += (
            [f"-c:a:{number}", "copy"] if encoding is None else _encoded_again(job, number, stream, encoding=encoding)
        )
        arguments += [f"-disposition:a:{number}", "-default"]
        arguments += _named(container, number, stream.title or "Original")
    for number, (_, encoder) in enumerate(plan.subtitles):
        arguments += [f"-c:s:{number}", encoder]
    arguments += _picture_arguments(job)
    if container.family == "mov" and index_first:
        arguments += ["-movflags", "+faststart"]
    return [*arguments, "-max_muxing_queue_size", "9999", "-f", container.muxer, file_url(out)]


def _picture_arguments(job: Job) -> list[str]:
    """Options that keep what the pictures carry: their codec's name, their side data, what is hidden."""
    container, info = job.plan.container, job.info
    # Unofficial: Dolby Vision, 360 degrees and stereo 3D in MP4. Experimental: FLAC and PCM there.
    arguments = ["-strict", "experimental" if "-strict" in job.plan.encoding.arguments(0) else "unofficial"]
    codec = info.streams[info.video_index].codec
    if codec == "hevc" and container.family == "mov":
        facts = picture_facts(info)
        tag = "dvh1" if facts is not None and facts.tag in ("dvh1", "dvhe") else "hvc1"  # Apple's players want these
        arguments += ["-tag:v:0", tag]
    if container.muxer == "avi" and not same_family(info, container) and not info.variable:
        # Without it the ticks of MP4 and of program streams become the rate: 600 pictures/s.
        arguments += ["-r:v:0", str(info.frame_rate)]
    if codec == "h264" and container.muxer == "avi":
        return [*arguments, *ANNEX_B]
    return [*arguments, *job.plan.hidden.arguments()]


def _encoded_again(job: Job, number: int, stream: StreamInfo, encoding: Encoding) -> list[str]:
    filters = [] if encoding.layout == stream.layout else [f"aformat=channel_layouts={encoding.layout}"]
    if job.plan.container.muxer == "avi" and not same_family(job.info, job.plan.container):
        filters.append("aresample=async=1:first_pts=0")  # silence where the sound begins late, since AVI has no times
    return [*([f"-filter:a:{number}", ",".join(filters)] if filters else []), *encoding.arguments(number)]


def _one_creation_time(info: VideoInfo) -> list[str]:
    """The first where a file tells it twice: ffmpeg joins both into one that it can't write."""
    first, twice, _ = file_facts(info.path).metadata.get("creation_time", "").partition(";")
    return ["-metadata", f"creation_time={first}"] if twice else []


def _named(container: Container, number: int, title: str) -> list[str]:
    # In MP4 and QuickTime players look in two places: the track's name (written from "title") and its handler's.
    tags = ("title", "handler_name") if container.family == "mov" else ("title",)
    return [word for tag in tags for word in (f"-metadata:s:a:{number}", f"{tag}={title}")]


def _maps(streams: Iterable[str]) -> list[str]:
    return [word for stream in streams for word in ("-map", stream)]


def _seconds(time: Fraction) -> str:
    return f"{float(time):.6f}"


def _explain(stderr: str, out: Path) -> str:
    if "No space left on device" in stderr:
        return f"{out}: No space left on device; make room there, or write to another one"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    causes = [line for line in lines if not any(sign in line for sign in FOLLOW_UPS)] or lines or ["no reason given"]
    return f"{out}: ffmpeg failed: {' | '.join(causes[-STDERR_LINES:])}; check disk space, or try .mkv"
