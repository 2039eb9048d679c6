"""The data of the picture rows of a figure: pictures at their times, and motion."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from foleycli.timeline import to_samples
from foleycli.video.frames import FrameReader
from foleycli.video.probe import VideoInfo
from foleycli.video.shots import picture_changes

MOTION_RATE = 25
CHUNK_SECONDS = Fraction(16)  # of pictures in memory at a time


def picture_width(info: VideoInfo, height: int) -> int:
    """How wide a picture of this height is when it is shown upright, in its own shape."""
    turned = info.rotation in (90, 270)
    shape = Fraction(info.height, info.width) if turned else Fraction(info.width, info.height)
    shape *= 1 / info.sample_aspect if turned else info.sample_aspect
    return max(24, round(height * shape))


def pictures_at(info: VideoInfo, times: list[Fraction], size: tuple[int, int]) -> list[npt.NDArray[np.uint8]]:
    """The picture (H, W, 3) shown at each time, in seconds from the first one, in order."""
    with FrameReader(info, 1, size) as reader:
        return [reader.read(time, time + Fraction(1, 2))[0] for time in times]


def motion(info: VideoInfo, first: Fraction, last: Fraction, columns: int) -> npt.NDArray[np.float32]:
    """How much the picture changes, the most within each of `columns` even parts of the span: (columns,) in 0..1."""
    most = np.zeros(columns, np.float32)
    step, at = Fraction(1, MOTION_RATE), first
    with FrameReader(info, MOTION_RATE, (64, 64), grey=True) as reader:
        while at < last:
            end = min(at + CHUNK_SECONDS, last)
            before = step if at > first else Fraction(0)  # the change from chunk to chunk counts too
            changes = picture_changes(reader.read(at - before, end))[to_samples(before, MOTION_RATE) :]
            offsets = float(at - first) + np.arange(len(changes) + 1) / MOTION_RATE
            edges = np.clip(offsets / float(last - first) * columns, 0, columns)
            for change, begin, stop in zip(changes, edges[:-1], edges[1:], strict=True):
                here = slice(int(begin), max(int(begin) + 1, int(np.ceil(stop))))
                most[here] = np.maximum(most[here], change)
            at = end
    share: npt.NDArray[np.float32] = np.clip(most / max(float(np.quantile(most, 0.995)), 0.01), 0, 1)
    return share
