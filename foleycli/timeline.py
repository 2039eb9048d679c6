"""Time as Fractions: windows, and the one place where seconds become frames or samples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

WINDOW_SECONDS = Fraction(8192, 1000)  # what a model sees at once
COLUMN_SECONDS = WINDOW_SECONDS / 64  # of a latent: 0.128 s
OVERLAP_SECONDS = 8 * COLUMN_SECONDS  # of neighbouring windows in a shot
MOST_SECONDS = 1e9  # of a time that a user names
# Pictures per second that video editors have timelines of.
EDIT_RATES = (
    Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30),
    Fraction(50), Fraction(60000, 1001), Fraction(60),
)  # fmt: skip
SAME_RATE = Fraction(1, 2500)  # relative: 24 and 24000/1001 are 1/1001 apart; measured rates are nearer
# 01:00:00:00 counts every frame; 01:00:00;00 (some write a point) leaves numbers out, to stay near the clock.
_TIMECODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})")


def to_samples(seconds: Fraction, sample_rate: int) -> int:
    """The sample nearest to `seconds` (ties go up): every conversion in foley goes through here."""
    return int((seconds * sample_rate * 2 + 1) // 2)


@dataclass(frozen=True)
class Window:
    """A stretch of the video that the model sees at once; `start` and `stop` in seconds from the first picture.

    `fade_in` and `fade_out` are the seconds shared with the window before and after (0 at a cut or an end).
    The model always works on `WINDOW_SECONDS`; what lies past `stop` is padding and is cut off.
    """

    index: int
    start: Fraction
    stop: Fraction
    fade_in: Fraction = Fraction(0)
    fade_out: Fraction = Fraction(0)

    @property
    def seconds(self) -> Fraction:
        return self.stop - self.start


def whole_columns(overlap: Fraction, column: Fraction = COLUMN_SECONDS) -> Fraction:
    """The overlap rounded down to whole columns of the latent."""
    return overlap // column * column


def plan_windows(
    duration: Fraction,
    *,
    window: Fraction = WINDOW_SECONDS,
    overlap: Fraction = OVERLAP_SECONDS,
    cuts: Sequence[Fraction] = (),
) -> tuple[Window, ...]:
    """Windows that cover [0, duration) in order, neighbours sharing `overlap` seconds, except across a cut.

    A cut starts a window. Raises ValueError for an overlap that is not under half a window.
    """
    if duration <= 0:
        raise ValueError(f"duration must be positive, not {duration}")
    if not 0 <= overlap * 2 < window:
        raise ValueError(f"overlap of {float(overlap)} s must be under half of the window of {float(window)} s")
    edges = [Fraction(0), *sorted({cut for cut in cuts if 0 < cut < duration}), duration]
    windows: list[Window] = []
    for shot_start, shot_stop in pairwise(edges):
        start, fade_in = shot_start, Fraction(0)
        while True:
            stop = min(start + window, shot_stop)
            last = stop == shot_stop
            windows.append(
                Window(len(windows), start, stop, fade_in=fade_in, fade_out=Fraction(0) if last else overlap)
            )
            if last:
                break
            start, fade_in = stop - overlap, overlap
    return tuple(windows)


def seconds_of(text: str) -> Fraction:
    """'83.5', '1:23.5' or '0:01:23.5' as seconds, exactly; raises ValueError with a line for the user."""
    total, parts = Fraction(0), text.strip().split(":")
    if "-" in text:  # -0:01 would be 1 s, and 1e-999999999 takes hours
        raise ValueError(f"{text!r} is not a time from the start; write seconds (83.5) or 1:23.5")
    try:
        for part in parts:
            if "/" not in part and float(part) > MOST_SECONDS:  # 1e999999999 takes Fraction hours to write out
                raise ValueError
            total = total * 60 + Fraction(part)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text!r} is not a time; write seconds (83.5) or 1:23.5") from None
    if total > MOST_SECONDS or len(parts) > 3:
        raise ValueError(f"{text!r} is not a time from the start; write seconds (83.5) or 1:23.5")
    return total


def edit_rate(frame_rate: Fraction) -> Fraction:
    """The rate of an editor's timeline for pictures of this rate: the same, a multiple of it, else the next higher."""
    for factor in range(1, 7):
        wanted = frame_rate * factor
        near = min(EDIT_RATES, key=lambda rate: abs(rate / wanted - 1))
        if abs(near / wanted - 1) < SAME_RATE:
            return near
    return min((rate for rate in EDIT_RATES if rate > frame_rate), default=EDIT_RATES[-1])


def timecode_seconds(timecode: str, frame_rate: Fraction) -> Fraction:
    """Exact seconds since midnight; raises ValueError for what is no timecode at this rate.

    At 29.97 the label 01:00:00:00 is frame 108000, so 3603.6 s; with drop frames 01:00:00;00 is frame 107892.
    """
    found = _TIMECODE.fullmatch(timecode.strip())
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


def timecode_of(frame: int, frame_rate: Fraction) -> str:
    """hours:minutes:seconds:frames of a frame since midnight; every frame is counted (no drop frames)."""
    seconds, frames = divmod(frame, max(1, round(frame_rate)))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames:02d}"


def _exact(frame_rate: Fraction, counted: int) -> Fraction:
    """The rate that timecode runs at: a whole one, or 1000/1001 of it; varying rates only come near either."""
    slowed = Fraction(counted * 1000, 1001)
    return slowed if abs(frame_rate / slowed - 1) < SAME_RATE else Fraction(counted)
