"""Square colour stills of a video, kept while something else reads it: no picture is decoded twice for them.

decoded   |  |  |  |  |  |  |  |  |  |  |  |  |
kept      #        #        #        #              the first picture of each slot, cropped to its middle square
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from foleycli.video.probe import VideoInfo

SCALING = int(Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT)
STILL_PIXELS = 260  # side: what EfficientNet-Lite2 was trained on
CANDIDATE_SECONDS, FEWEST = Fraction(1, 2), 8  # between stills; of a short film more, so that there are some
MOST_SIDES = 4  # a picture longer than so many squares is squeezed
Still = npt.NDArray[np.uint8]  # (size, size, 3)


def still_step(length: Fraction) -> Fraction:
    """Seconds between the stills that are kept of a film of that length."""
    return min(CANDIDATE_SECONDS, length / FEWEST)


class Stills:
    """Called with each picture that is decoded, keeps one of each `every` seconds from `start` on."""

    def __init__(self, info: VideoInfo, start: Fraction, every: Fraction, size_pixels: int = STILL_PIXELS) -> None:
        self.info, self.start, self.every, self.size_pixels = info, start, every, size_pixels
        self._scaler = VideoReformatter()
        self._kept: dict[int, tuple[Fraction, Still]] = {}  # by slot: when it is shown, and the still
        self._taken = 0  # slots before this one were taken away

    def __call__(self, seconds: Fraction, picture: VideoFrame) -> None:
        """Looks at a picture that is shown `seconds` after the first one."""
        slot = int((seconds - self.start) // self.every)
        if slot < self._taken or (slot in self._kept and self._kept[slot][0] < seconds):
            return
        self._kept[slot] = (seconds, self._square(picture))  # anew if it comes again: damaged pictures may

    def take(self, stop: Fraction) -> list[tuple[Fraction, Still]]:
        """The stills shown before `stop`, in order; they are kept no longer."""
        slots = [slot for slot in sorted(self._kept) if self._kept[slot][0] < stop]
        if slots:
            self._taken = slots[-1] + 1
        return [self._kept.pop(slot) for slot in slots]

    def _square(self, picture: VideoFrame) -> Still:
        """The middle of the picture as it is shown, upright: its shorter side is the still's."""
        width, height = picture.width * float(self.info.sample_aspect), float(picture.height)
        sides = (round(self.size_pixels * side / min(width, height)) for side in (width, height))
        wide, high = (min(max(side, self.size_pixels), MOST_SIDES * self.size_pixels) for side in sides)
        small: npt.NDArray[Any] = self._scaler.reformat(
            picture, width=wide, height=high, format="rgb24", interpolation=SCALING
        ).to_ndarray()
        left, top = (wide - self.size_pixels) // 2, (high - self.size_pixels) // 2
        square = small[top : top + self.size_pixels, left : left + self.size_pixels]
        if self.info.mirrored:
            square = square[:, ::-1]
        return np.ascontiguousarray(np.rot90(square, -self.info.rotation // 90))
