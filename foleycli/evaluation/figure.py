"""One picture of a dub, on one time axis: what was seen, what was spotted, what is heard.

film strip           pictures at even times
motion and cues      grey: how much the picture changes; red: hits; orange: spans
waveform             light: windows of the model, alternating
mel                  40 Hz (bottom) to 16 kHz
0  1  2 s            seconds from the first picture
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foleycli.cuesheet import Cue
from foleycli.media.cuts import picture_changes
from foleycli.media.frames import FrameReader
from foleycli.media.probe import VideoInfo
from foleycli.timeline import Window

Picture = npt.NDArray[np.uint8]
Wave = npt.NDArray[np.float32]

STRIP_HEIGHT, CURVE_HEIGHT, WAVE_HEIGHT, AXIS_HEIGHT, GAP = 90, 80, 100, 16, 4
PAPER, INK, HIT, SPAN, SHADE = (250, 250, 248), (60, 62, 66), (214, 39, 40), (255, 165, 60), (226, 232, 240)
CURVE_RATE = 25
_FONT = {  # 3 x 5 pixels each, a row in three bits
    "0": (7, 5, 5, 5, 7), "1": (2, 6, 2, 2, 7), "2": (7, 1, 7, 4, 7), "3": (7, 1, 7, 1, 7), "4": (5, 5, 7, 1, 1),
    "5": (7, 4, 7, 1, 7), "6": (7, 4, 7, 5, 7), "7": (7, 1, 2, 2, 2), "8": (7, 5, 7, 5, 7), "9": (7, 5, 7, 1, 7),
}  # fmt: skip


@dataclass(frozen=True)
class Canvas:
    """Pixels (H, W, 3) that stand for [0, duration) seconds from left to right."""

    pixels: Picture
    seconds: float

    def column(self, time: float) -> int:
        width = int(self.pixels.shape[1])
        return min(width - 1, max(0, int(time / self.seconds * width)))


def draw(
    info: VideoInfo,
    cues: Sequence[Cue],
    samples: Wave | None = None,
    sample_rate: int = 32000,
    windows: Sequence[Window] = (),
    *,
    width: int = 1600,
) -> Picture:
    """The figure (H, width, 3) of a video, its cue sheet and, if there is one, its track (S,)."""
    seconds = float(info.duration)
    rows = [film_strip(info, width), _curve(info, cues, width, seconds)]
    if samples is not None:
        rows += [_waveform(samples, windows, width, seconds), _mel(samples, sample_rate, width)]
    rows.append(_axis(width, seconds))
    gap = np.full((GAP, width, 3), PAPER, np.uint8)
    return np.concatenate([part for row in rows for part in (row, gap)])


def film_strip(info: VideoInfo, width: int) -> Picture:
    """Pictures (90, width, 3) in their own shape, each shown where its time begins."""
    turned = info.rotation in (90, 270)
    shown_width, shown_height = (info.height, info.width) if turned else (info.width, info.height)
    aspect = shown_width / shown_height * float(info.sample_aspect)
    each = int(np.clip(STRIP_HEIGHT * aspect, 24, width))
    count = max(1, width // each)
    reader = FrameReader(info, Fraction(count) / info.duration, (STRIP_HEIGHT, each))
    frames = reader.read(Fraction(0), info.duration)[:count]
    strip = np.full((STRIP_HEIGHT, width, 3), PAPER, np.uint8)
    for number, frame in enumerate(frames):
        at = number * width // count
        strip[:, at : at + each] = frame[:, : width - at]
    return strip


def _curve(info: VideoInfo, cues: Sequence[Cue], width: int, seconds: float) -> Picture:
    canvas = Canvas(np.full((CURVE_HEIGHT, width, 3), PAPER, np.uint8), seconds)
    grey = FrameReader(info, CURVE_RATE, (64, 64), grey=True).read(Fraction(0), info.duration)
    changes = picture_changes(grey)
    tall = np.clip(changes / max(float(np.quantile(changes, 0.99)), 0.01), 0, 1) * (CURVE_HEIGHT - 2)
    for x, height in enumerate(np.interp(np.linspace(0, len(tall) - 1, width), np.arange(len(tall)), tall)):
        canvas.pixels[CURVE_HEIGHT - int(height) - 1 :, x] = (190, 192, 196)
    for cue in cues:
        first, top = canvas.column(cue.time), CURVE_HEIGHT - 1 - int(cue.strength * (CURVE_HEIGHT - 2))
        if cue.stop is None:
            canvas.pixels[top:, first : first + 2] = HIT
        else:
            canvas.pixels[top : top + 3, first : canvas.column(cue.stop) + 1] = SPAN
    return canvas.pixels


def _waveform(samples: Wave, windows: Sequence[Window], width: int, seconds: float) -> Picture:
    canvas = Canvas(np.full((WAVE_HEIGHT, width, 3), PAPER, np.uint8), seconds)
    for window in windows[::2]:
        canvas.pixels[:, canvas.column(float(window.start)) : canvas.column(float(window.stop))] = SHADE
    edges = np.linspace(0, len(samples), width + 1).astype(int)
    for x, (start, stop) in enumerate(pairwise(edges)):
        piece = samples[start : max(stop, start + 1)]
        high, low = (int((1 - float(level)) / 2 * (WAVE_HEIGHT - 1)) for level in (piece.max(), piece.min()))
        canvas.pixels[max(0, high) : low + 1, x] = INK
    return canvas.pixels


def _mel(samples: Wave, sample_rate: int, width: int) -> Picture:
    """Log-mel, 80 dB from its top, low frequencies at the bottom."""
    import torch

    from foleycli.models.mel import log_mel
    from foleycli.specs import MelSpec

    spec = MelSpec.FULL_BAND
    padded = np.pad(samples, (0, max(0, spec.n_fft - len(samples))))
    mel = log_mel(torch.from_numpy(padded)[None], spec)[0].numpy()[::-1]  # (M, K)
    chosen = np.linspace(0, mel.shape[1] - 1, width).astype(int)
    level = np.clip((mel[:, chosen] - mel.max()) * (8.686 / 80) + 1, 0, 1)
    dark_to_light = np.stack([level**0.7, level**1.6, 0.25 + 0.35 * np.sin(np.pi * level)], axis=-1)
    return np.asarray((dark_to_light * 255).clip(0, 255).astype(np.uint8))


def _axis(width: int, seconds: float) -> Picture:
    canvas = Canvas(np.full((AXIS_HEIGHT, width, 3), PAPER, np.uint8), seconds)
    step = next(step for step in (0.5, 1, 2, 5, 10, 30, 60, 300, 600, 1e9) if seconds / step <= width / 60)
    for tick in range(int(seconds / step) + 1):
        at = canvas.column(tick * step)
        canvas.pixels[:4, at] = INK
        if float(tick * step).is_integer():
            _write_number(canvas.pixels, round(tick * step), at)
    return canvas.pixels


def _write_number(pixels: Picture, number: int, at: int) -> None:
    for place, digit in enumerate(str(number)):
        for row, bits in enumerate(_FONT[digit]):
            for column in range(3):
                x, y = at + 2 * (4 * place + column) + 3, 5 + 2 * row
                if bits >> (2 - column) & 1 and x + 2 <= pixels.shape[1]:
                    pixels[y : y + 2, x : x + 2] = INK
