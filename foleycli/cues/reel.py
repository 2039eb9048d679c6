"""A media file as timelines name it: where it is, how long, its picture rate, the timecode of its start."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from urllib.parse import urlsplit
from urllib.request import url2pathname

MILLISECONDS = Fraction(1000)  # the rate of a sheet whose video is not known
MICROSECOND = Fraction(1, 1_000_000)


@dataclass(frozen=True)
class Reel:
    """A video or a sound; `url` is a file URL, "" where it has no place on disk."""

    name: str
    url: str = ""
    seconds: Fraction | None = None
    frame_rate: Fraction = MILLISECONDS
    origin: Fraction = Fraction(0)  # the timecode of its start, in seconds
    width: int = 0  # of the picture as it is shown; 0: none
    height: int = 0
    channels: int = 0  # of sound

    @property
    def path(self) -> str:
        """The path of the file, as this system writes it."""
        return url2pathname(urlsplit(self.url).path)


def exact(seconds: float) -> Fraction:
    """Seconds of a cue to the microsecond, as floats come near them only."""
    return round(Fraction(seconds) / MICROSECOND) * MICROSECOND
