"""The timecode that a source carries: hours, minutes, seconds, frames of its first picture, as a time of day."""

from __future__ import annotations

from fractions import Fraction

from foleycli.timeline import timecode_seconds
from foleycli.video.probe import VideoInfo


def source_timecode(info: VideoInfo) -> str | None:
    """The timecode of the dubbed picture, else of another stream (QuickTime's tmcd), else of the file; None: none."""
    streams = sorted(info.streams, key=lambda stream: (stream.index != info.video_index, stream.kind != "data"))
    of_file = [value for key, value in info.metadata if key.lower() == "timecode"]
    return next(iter([stream.timecode for stream in streams if stream.timecode] + of_file), None)


def source_start(info: VideoInfo) -> tuple[Fraction, str]:
    """The time of day of the first picture in seconds, 0 without a timecode, and what is wrong with it, or ""."""
    timecode = source_timecode(info)
    try:
        return Fraction(0) if timecode is None else timecode_seconds(timecode, info.frame_rate), ""
    except ValueError as error:
        return Fraction(0), str(error)
