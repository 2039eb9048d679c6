"""Colours, a time axis and a canvas: what all rows of a figure are drawn with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import floor

from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]

PAPER, INK, PALE, GRID = (255, 255, 255), (38, 42, 50), (112, 118, 128), (226, 229, 234)
MOTION, HIT, SPAN, WAVE, EDGE = (174, 187, 203), (196, 52, 45), (226, 150, 44), (52, 86, 130), (92, 84, 160)
LABEL_POINTS, TITLE_POINTS = 13, 19
TICK_PIXELS = 70  # at least, between two labels
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)


@cache
def font(points: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The typeface that Pillow carries, so that every machine draws the same."""
    return ImageFont.load_default(points)


@dataclass(frozen=True)
class Axis:
    """Seconds from `first` to `last`, as the columns of pixels from `left` to `right`."""

    first: float
    last: float
    left: int
    right: int

    @property
    def columns(self) -> int:
        return self.right - self.left

    def column(self, seconds: float) -> int:
        share = (seconds - self.first) / (self.last - self.first)
        return self.left + min(self.columns - 1, max(0, floor(share * self.columns + 1e-6)))

    def ticks(self) -> list[tuple[float, str]]:
        """(seconds, label) of even marks, as many as are legible."""
        seconds = self.last - self.first
        step = next((step for step in STEPS if step * self.columns / seconds >= TICK_PIXELS), STEPS[-1])
        begin = -floor(-self.first / step + 1e-9)
        marks = [number * step for number in range(begin, floor(self.last / step + 1e-9) + 1)]
        return [(mark, _label(mark, step, self.last)) for mark in marks]


def _label(mark: float, step: float, last: float) -> str:
    if last < 60:
        return f"{mark:.1f} s" if step < 1 else f"{mark:.0f} s"
    minutes, seconds = divmod(round(mark), 60)
    hours, minutes = divmod(minutes, 60)
    tenth = f".{round(mark * 10) % 10}" if step < 1 else ""
    return f"{hours}:{minutes:02d}:{seconds:02d}{tenth}" if last >= 3600 else f"{minutes}:{seconds:02d}{tenth}"


@dataclass(frozen=True)
class Band:
    """One row of a figure: rows of pixels from `top` to `bottom`."""

    top: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def row(self, level: float) -> int:
        """Where 0 (bottom) to 1 (top) stands."""
        return self.bottom - 1 - round(min(1.0, max(0.0, level)) * (self.height - 1))


class Canvas:
    """A picture being drawn."""

    def __init__(self, width: int, height: int, axis: Axis) -> None:
        self.image = Image.new("RGB", (width, height), PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.axis = axis

    def text(
        self, at: tuple[int, int], text: str, colour: Colour = INK, points: int = LABEL_POINTS, anchor: str = "la"
    ) -> None:
        self.pen.text(at, text, colour, font(points), anchor)

    def text_width(self, text: str) -> int:
        return round(self.pen.textlength(text, font(LABEL_POINTS)))

    def frame(self, band: Band, label: str, *more: str) -> None:
        """The outline of a row, its name at the left, its grid."""
        for mark, _ in self.axis.ticks():
            x = self.axis.column(mark)
            self.pen.line((x, band.top, x, band.bottom - 1), GRID)
        for number, line in enumerate((label, *more)):
            self.text((self.axis.left - 12, band.top + 2 + 17 * number), line, PALE if number else INK, anchor="ra")

    def dashes(self, x: int, band: Band, colour: Colour) -> None:
        for y in range(band.top, band.bottom, 7):
            self.pen.line((x, y, x, min(y + 3, band.bottom - 1)), colour)
