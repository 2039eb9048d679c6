"""Time as Fractions: windows, and the one place where seconds become frames or samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

WINDOW_SECONDS = Fraction(8192, 1000)  # what a model sees at once
COLUMN_SECONDS = WINDOW_SECONDS / 64  # of a latent: 0.128 s
OVERLAP_SECONDS = 8 * COLUMN_SECONDS  # of neighbouring windows in a shot
MOST_SECONDS = 1e9  # of a time that a user names


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
    try:
        for part in parts:
            if "/" not in part and float(part) > MOST_SECONDS:  # 1e999999999 takes Fraction hours to write out
                raise ValueError
            total = total * 60 + Fraction(part)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{text!r} is not a time; write seconds (83.5) or 1:23.5") from None
    if not 0 <= total <= MOST_SECONDS or len(parts) > 3:
        raise ValueError(f"{text!r} is not a time from the start; write seconds (83.5) or 1:23.5")
    return total
