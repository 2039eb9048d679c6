"""A row of pictures from a video, edge to edge on its time axis."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from foleycli.audio.browser import webp
from foleycli.video.frames import FrameReader
from foleycli.video.probe import VideoInfo

WIDTH, HEIGHT = 1400, 90


@dataclass(frozen=True)
class Strip:
    """A WebP file of `count` pictures side by side, each from where its time begins."""

    webp: bytes
    count: int


def film_strip(info: VideoInfo) -> Strip:
    """As many pictures as fit, upright, in nearly their own shape: they are stretched until none is cut."""
    turned = info.rotation in (90, 270)
    shown_width, shown_height = (info.height, info.width) if turned else (info.width, info.height)
    aspect = float(np.clip(shown_width / shown_height * float(info.sample_aspect), 0.3, 4))
    count = round(WIDTH / HEIGHT / aspect)
    each = round(WIDTH / count)
    with FrameReader(info, Fraction(count) / info.duration, (HEIGHT, each)) as reader:
        pictures = reader.read(Fraction(0), info.duration)[:count]
    return Strip(webp(np.concatenate(list(pictures), axis=1)), len(pictures))
