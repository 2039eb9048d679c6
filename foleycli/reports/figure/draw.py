"""One picture of a dub, on one time axis: the video, its cues, the new sound.

pictures    each shown from the moment its left edge stands at
motion      grey: how much the picture changes; red: hits, orange: lasting sounds, as high as they are strong
sound       the outline of the finished track
spectrum    40 Hz to 16 kHz, 70 dB
            dashed: where a window of the model starts, shaded: what it shares with the one before
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from foleycli.cues.sheet import Cue
from foleycli.networks.codecs.mel import hz_to_mel
from foleycli.reports.figure.canvas import (
    EDGE,
    HIT,
    INK,
    MOTION,
    PALE,
    PAPER,
    SPAN,
    TITLE_POINTS,
    WAVE,
    Axis,
    Band,
    Canvas,
)
from foleycli.reports.figure.picture import motion, picture_width, pictures_at
from foleycli.reports.figure.sound import HIGHEST_HZ, LOWEST_HZ, SoundRows, measure_sound
from foleycli.timeline import Window
from foleycli.video.probe import VideoInfo

WIDTH, LEFT, RIGHT, HEAD, FOOT, GAP = 1600, 116, 24, 70, 34, 14
STRIP, CURVE, OUTLINE, SPECTRUM = 100, 120, 110, 150
SHADES = ((16, 20, 40), (45, 60, 110), (110, 100, 140), (200, 130, 110), (250, 215, 150), (255, 250, 225))


@dataclass(frozen=True)
class Sound:
    """A finished track, whose first sample stands `start` seconds after the first picture."""

    track: Path
    start: Fraction


@dataclass(frozen=True)
class Plot:
    """All that a figure shows of [first, last) of a video; windows count their times from `first`."""

    info: VideoInfo
    cues: Sequence[Cue]
    windows: Sequence[Window]
    first: Fraction
    last: Fraction
    title: str
    notes: Sequence[str] = ()
    sound: Sound | None = None


def write_figure(plot: Plot, path: Path) -> None:
    """Writes the figure as a PNG."""
    draw(plot).save(path, "PNG")


def draw(plot: Plot, width: int = WIDTH) -> Image.Image:
    """The figure, `width` pixels wide."""
    axis = Axis(float(plot.first), float(plot.last), left=LEFT, right=width - RIGHT)
    heights = [STRIP, CURVE] if plot.sound is None else [STRIP, CURVE, OUTLINE, SPECTRUM]
    bands, top = [], HEAD
    for height in heights:
        bands.append(Band(top, top + height))
        top += height + GAP
    canvas = Canvas(width, top - GAP + FOOT, axis)
    _head(canvas, plot)
    _strip(canvas, bands[0], plot)
    _curve(canvas, bands[1], plot)
    if plot.sound is not None:
        rows = measure_sound(plot.sound.track, plot.sound.start, first=plot.first, last=plot.last, columns=axis.columns)
        _outline(canvas, bands[2], rows=rows, plot=plot)
        _spectrum(canvas, bands[3], rows)
    _borders(canvas, bands[1:], plot)
    for mark, label in axis.ticks():
        x = axis.column(mark)
        canvas.pen.line((x, bands[-1].bottom, x, bands[-1].bottom + 5), INK)
        canvas.text((x, bands[-1].bottom + 8), label, anchor="ma")
    return canvas.image


def _head(canvas: Canvas, plot: Plot) -> None:
    canvas.text((LEFT, 14), plot.title, points=TITLE_POINTS)
    canvas.text((LEFT, 42), "   ·   ".join(plot.notes), PALE)
    x = canvas.axis.right
    for colour, word in ((EDGE, "window"), (SPAN, "lasting sound"), (HIT, "hit"), (MOTION, "motion")):
        canvas.text((x, 42), word, PALE, anchor="ra")
        x -= canvas.text_width(word) + 6
        canvas.pen.rectangle((x - 12, 44, x - 2, 54), colour)
        x -= 30


def _strip(canvas: Canvas, band: Band, plot: Plot) -> None:
    each = min(picture_width(plot.info, band.height), canvas.axis.columns)
    count = max(1, canvas.axis.columns // each)
    times = [plot.first + (plot.last - plot.first) * Fraction(number, count) for number in range(count)]
    for time, picture in zip(times, pictures_at(plot.info, times, (band.height, each)), strict=True):
        canvas.image.paste(Image.fromarray(picture), (canvas.axis.column(float(time)), band.top))
    canvas.text((canvas.axis.left - 12, band.top + 2), "pictures", anchor="ra")


def _curve(canvas: Canvas, band: Band, plot: Plot) -> None:
    canvas.frame(band, "motion", "and cues")
    axis, pen = canvas.axis, canvas.pen
    for x, level in enumerate(motion(plot.info, plot.first, last=plot.last, columns=axis.columns)):
        if level > 0:
            pen.line((axis.left + x, band.row(0.96 * float(level)), axis.left + x, band.bottom - 1), MOTION)
    shown = [cue for cue in plot.cues if not cue.mute and cue.time < plot.last]
    for cue in shown:
        if cue.stop is not None and cue.stop > plot.first:
            left, right, y = axis.column(cue.time), axis.column(cue.stop), band.row(0.96 * cue.strength)
            pen.rectangle((left, y - 1, right, y + 2), SPAN)
            for x in (left, right):
                pen.line((x, y, x, band.bottom - 1), SPAN)
    for cue in shown:
        if cue.stop is None and cue.time >= plot.first:
            x, y = axis.column(cue.time), band.row(0.96 * cue.strength)
            pen.line((x, y, x, band.bottom - 1), HIT, 2)
            pen.ellipse((x - 3, y - 3, x + 4, y + 4), HIT)
    pen.line((axis.left, band.bottom - 1, axis.right - 1, band.bottom - 1), PALE)


def _outline(canvas: Canvas, band: Band, rows: SoundRows, plot: Plot) -> None:
    peak = max(float(np.abs(rows.low).max()), float(np.abs(rows.high).max()))
    canvas.frame(band, "sound", f"peak {20 * np.log10(peak):.1f} dB" if peak > 1e-5 else "silent")
    scale = 0.48 / max(peak, 1e-3)
    for x, (low, high) in enumerate(zip(rows.low, rows.high, strict=True)):
        top, bottom = band.row(0.5 + scale * float(high)), band.row(0.5 + scale * float(low))
        canvas.pen.line((canvas.axis.left + x, top, canvas.axis.left + x, bottom), WAVE)


def _spectrum(canvas: Canvas, band: Band, rows: SoundRows) -> None:
    axis = canvas.axis
    stops = np.linspace(0, 1, len(SHADES))
    colours = np.stack([np.interp(rows.mel[::-1], stops, channel) for channel in zip(*SHADES, strict=True)], axis=-1)
    picture = Image.fromarray(colours.astype(np.uint8)).resize((axis.columns, band.height), Image.Resampling.BILINEAR)
    canvas.image.paste(picture, (axis.left, band.top))
    canvas.text((axis.left - 12, band.top - 4), "spectrum", anchor="ra")
    low, high = hz_to_mel(np.array([LOWEST_HZ, HIGHEST_HZ]))
    for hz, label in ((200, "200 Hz"), (1000, "1 kHz"), (4000, "4 kHz"), (10000, "10 kHz")):
        y = band.row(float((hz_to_mel(np.array([float(hz)]))[0] - low) / (high - low)))
        canvas.pen.line((axis.left - 6, y, axis.left - 1, y), PALE)
        canvas.text((axis.left - 12, y), label, PALE, anchor="rm")


def _borders(canvas: Canvas, bands: Sequence[Band], plot: Plot) -> None:
    for window in plot.windows[1:]:
        start = float(plot.first + window.start)
        x, shared = canvas.axis.column(start), canvas.axis.column(start + float(window.fade_in))
        for number, band in enumerate(bands):
            if shared > x and number < 2:  # not over the spectrum
                part = canvas.image.crop((x, band.top, shared, band.bottom))
                tint = Image.new("RGB", part.size, EDGE)
                canvas.image.paste(Image.blend(part, tint, 0.12), (x, band.top))
            canvas.dashes(x, band, EDGE if number < 2 else PAPER)
