"""The timecode that a source carries: hours, minutes, seconds, frames of its first picture, as a time of day."""

from __future__ import annotations

import re
from fractions import Fraction

from foleycli.video.probe import VideoInfo

# 01:00:00:00 counts every frame; 01:00:00;00 (some write a point) leaves numbers out, to stay near the clock.
_FORM = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})")


def source_timecode(info: VideoInfo) -> str | None:
    """The timecode of the dubbed picture, else of another stream (QuickTime's tmcd), else of the file; None: none."""
    streams = sorted(info.streams, key=lambda stream: (stream.index != info.video_index, stream.kind != "data"))
    of_file = [value for key, value in info.metadata if key.lower() == "timecode"]
    return next(iter([stream.timecode for stream in streams if stream.timecode] + of_file), None)


def timecode_seconds(timecode: str, frame_rate: Fraction) -> Fraction:
    """Exact seconds since midnight; raises ValueError for what is no timecode at this rate.

    At 29.97 the label 01:00:00:00 is frame 108000, so 3603.6 s; with drop frames 01:00:00;00 is frame 107892.
    """
    found = _FORM.fullmatch(timecode.strip())
    if found is None:
        raise ValueError(f"{timecode!r} is not hours:minutes:seconds:frames")
    hours, minutes, seconds, frames = (int(found[group]) for group in (1, 2, 3, 5))
    counted = max(1, round(frame_rate))  # labels per second of the label's own clock
    if minutes > 59 or seconds > 59 or frames >= counted:
        raise ValueError(f"{timecode} is not a timecode at {float(frame_rate):.3f} pictures/s")
    number = (hours * 3600 + minutes * 60 + seconds) * counted + frames
    if found[4] != ":" and counted % 30 == 0:  # two labels of 30 a minute, but not each 10th
        whole_minutes = hours * 60 + minutes
        number -= counted // 15 * (whole_minutes - whole_minutes // 10)
    return number / _exact(frame_rate, counted)


def _exact(frame_rate: Fraction, counted: int) -> Fraction:
    """The rate that timecode runs at: a whole one, or 1000/1001 of it; varying rates only come near either."""
    slowed = Fraction(counted * 1000, 1001)
    return slowed if abs(frame_rate / slowed - 1) < Fraction(1, 2500) else Fraction(counted)
