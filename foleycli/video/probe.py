"""What a video file holds: its streams, and the exact time of its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.sidedata.sidedata import Type
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from foleycli.errors import InputError
from foleycli.video.facts import StreamFacts, file_facts
from foleycli.video.layouts import channel_names
from foleycli.video.open import MAX_PIXELS, open_local, packets
from foleycli.video.timing import Timing, times_of, timings_of

MAX_SECONDS = 24 * 3600
STILL_CODECS = frozenset({"mjpeg", "png", "bmp", "gif", "webp", "tiff", "jpegxl"})


@dataclass(frozen=True)
class StreamInfo:
    """One stream of the container; `kind` is video, audio, subtitle, data, attachment or unknown."""

    index: int
    kind: str
    codec: str
    language: str | None = None
    title: str | None = None
    default: bool = False
    attached_picture: bool = False
    channels: int = 0
    layout: str = ""  # of the channels, by libavutil's name
    sample_rate: int = 0
    timecode: str | None = None


@dataclass(frozen=True)
class VideoInfo:
    """A video file: `start` is the first picture's time in container seconds, `duration` runs to the last one's end.

    `width` and `height` are as stored; to show a picture upright, mirror it left-right if `mirrored`,
    then turn it clockwise by `rotation` degrees (0, 90, 180 or 270).
    """

    path: Path
    container: str
    duration: Fraction
    start: Fraction
    container_start: Fraction  # where the earliest stream starts: at or before `start`
    width: int
    height: int
    rotation: int
    mirrored: bool
    sample_aspect: Fraction
    frame_rate: Fraction
    variable: bool
    video_index: int
    streams: tuple[StreamInfo, ...]
    chapters: int = 0
    metadata: tuple[tuple[str, str], ...] = ()

    @property
    def audio(self) -> tuple[StreamInfo, ...]:
        """The streams of sound, in the order of the file."""
        return tuple(stream for stream in self.streams if stream.kind == "audio")

    @property
    def has_audio(self) -> bool:
        """Whether there is a stream of sound."""
        return bool(self.audio)

    @property
    def main_audio(self) -> StreamInfo:
        """The sound that players play: the first that is marked as default, else the first; IndexError without any."""
        return next((stream for stream in self.audio if stream.default), self.audio[0])


def probe(path: str | Path) -> VideoInfo:
    """Reads the header and the packets, decodes one picture; raises InputError for what can't be dubbed."""
    path = Path(path)
    with open_local(path) as container:
        moving = [stream for stream in container.streams.video if _moves(stream)]
        if not moving:
            what = "has sound but no picture" if container.streams.audio else "has no picture"
            raise InputError(f"{path} {what}; give a file with a video stream")
        timings = timings_of(container, moving)
        if not timings:
            raise InputError(f"{path} has no pictures with times in it; put it into an .mkv or .mp4 file first")
        stream = max((one for one in moving if one.index in timings), key=lambda one: _merit(one, timings[one.index]))
        timing = timings[stream.index]
        _check(path, stream, timing)
        picture = _first_picture(path, stream.index)
        rotation, mirrored = orientation(picture)
        known = container.start_time is not None
        container_start = Fraction(container.start_time, 1_000_000) if known else timing.start
        return VideoInfo(
            path=path,
            container=container.format.name,
            duration=timing.stop - timing.start,
            start=timing.start,
            container_start=min(container_start, timing.start),
            width=picture.width,
            height=picture.height,
            rotation=rotation,
            mirrored=mirrored,
            sample_aspect=Fraction(stream.sample_aspect_ratio or 1),
            frame_rate=timing.frame_rate,
            variable=timing.variable,
            video_index=stream.index,
            streams=described(container, path),
            chapters=len(container.chapters()),
            metadata=tuple(sorted(container.metadata.items())),
        )


def picture_times(info: VideoInfo) -> NDArray[np.float64]:
    """When each picture comes on screen, (N,) in seconds from the first; raises InputError."""
    with open_local(info.path) as container:
        stream = next(one for one in container.streams.video if one.index == info.video_index)
        return times_of(container, stream) - float(info.start)


def _moves(stream: VideoStream) -> bool:
    return stream.codec_context is not None and not stream.disposition & Disposition.attached_pic


def _merit(stream: VideoStream, timing: Timing) -> tuple[bool, bool, int]:
    still = timing.pictures == 1 and stream.codec_context.name in STILL_CODECS
    return not still, bool(stream.disposition & Disposition.default), -stream.index


def _check(path: Path, stream: VideoStream, timing: Timing) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    if not 0 < width * height <= MAX_PIXELS:
        raise InputError(f"{path}: pictures of {width} x {height} pixels; scale it to at most 16384 x 8192")
    if timing.jump:
        raise InputError(
            f"{path}: the clock of its pictures jumps by {float(timing.jump):+.1f} s on the way; "
            "put it straight first: ffmpeg -i VIDEO -c copy straight.mkv"
        )
    if timing.stop - timing.start > MAX_SECONDS:
        hours = float((timing.stop - timing.start) / 3600)
        raise InputError(f"{path} says it lasts {hours:.0f} hours; cut it into pieces of at most 24")


def pictures(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    """Every picture that can be decoded from here on, in order of showing; damaged packets are stepped over."""
    for packet in packets(container, stream):
        with suppress(FFmpegError):
            yield from packet.decode()


def _first_picture(path: Path, index: int) -> VideoFrame:
    with open_local(path) as container:
        stream = next(stream for stream in container.streams.video if stream.index == index)
        for picture in pictures(container, stream):
            return picture
    raise InputError(f"{path}: no picture can be decoded; check that it plays, or copy it again")


def orientation(picture: VideoFrame) -> tuple[int, bool]:
    """Degrees clockwise to turn, and whether to mirror left-right before, from the display matrix of a picture.

    The matrix maps (x, y) to (a x + c y, b x + d y); it is stored as a b u c d v x y w in 16.16 fixed point.
    """
    sides: Any = picture.side_data  # a mapping by its types, a sequence by its behaviour
    found = next((side for side in sides if side.type == Type.DISPLAYMATRIX), None)
    if found is None:
        return 0, False
    a, b, _, c, d = np.frombuffer(bytes(found), np.int32)[:5].astype(np.float64)
    mirrored = a * d - b * c < 0
    degrees = np.degrees(np.arctan2(-b, -a) if mirrored else np.arctan2(b, a))
    return round(degrees / 90) % 4 * 90, bool(mirrored)


def _given_name(handler: str) -> str | None:
    return None if "handle" in handler.lower() else handler or None  # SoundHandler, VideoHandle: names of software


def described(container: InputContainer, path: Path) -> tuple[StreamInfo, ...]:
    """Every stream of the file."""
    # ffmpeg is asked for the layouts: PyAV ends the process at some of them.
    facts = {one.index: one for one in file_facts(path).streams} if container.streams.audio else {}
    return tuple(_describe(one, facts.get(one.index)) for one in container.streams)


def _describe(stream: Any, facts: StreamFacts | None) -> StreamInfo:
    context, layout = stream.codec_context, facts.layout if facts is not None else ""
    unknown = facts.codec if facts is not None else "unknown"  # a codec without a decoder
    audio = stream.type == "audio" and context is not None
    tags = {key.lower(): value for key, value in stream.metadata.items()}  # Matroska writes its tags in capitals
    return StreamInfo(
        index=stream.index,
        kind=stream.type,
        codec=context.codec.canonical_name if context is not None else getattr(stream, "name", None) or unknown,
        language=stream.language,
        title=tags.get("title") or tags.get("name") or _given_name(tags.get("handler_name", "")),
        default=bool(stream.disposition & Disposition.default),
        attached_picture=bool(stream.disposition & Disposition.attached_pic),
        channels=len(channel_names(layout)) if audio else 0,
        layout=layout if audio else "",
        sample_rate=context.sample_rate if audio else 0,
        timecode=tags.get("timecode"),
    )
