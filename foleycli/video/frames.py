"""The pictures of a video at any rate, small and upright: what is on screen at each moment."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count, takewhile
from math import floor
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np
from av.error import FFmpegError
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from foleycli.errors import InputError
from foleycli.video.open import open_local
from foleycli.video.probe import VideoInfo, pictures

KEEP_SECONDS = 3  # pictures kept behind the newest, for windows that overlap
KEEP_BYTES = 2**26
SEEK_SECONDS = 10  # decoding on is cheaper than a seek up to here
ROUNDING_SECONDS = Fraction(1, 2000)  # containers such as Matroska round their times to 1 ms
# Without the last flag red, green and blue come out 2 levels too dark.
SCALING = int(Interpolation.AREA | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT)


class Shown(NamedTuple):
    """A small picture and the tick at which it comes on screen."""

    pts: int
    pixels: NDArray[np.uint8]


class _Damaged(Exception):
    """A picture was decoded from damaged data."""


class FrameReader:
    """Reads windows of a video; forward and overlapping windows decode each picture once, in flat memory."""

    def __init__(
        self,
        info: VideoInfo,
        frames_per_second: Fraction | int,
        size: tuple[int, int],
        *,
        grey: bool = False,
        aside: Callable[[Fraction, VideoFrame], None] | None = None,
    ) -> None:
        """`size` is (height, width) in pixels of the upright picture, which is squeezed, not cropped.

        `aside` is called with each picture that is decoded, and the seconds after the first at which it is shown.
        """
        self.info = info
        self.frames_per_second = Fraction(frames_per_second)
        self.size = size
        self.grey = grey
        self._aside = aside
        self._scaler = VideoReformatter()
        self._threads = "AUTO"
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._container.close()

    def read(self, start: Fraction, stop: Fraction) -> NDArray[np.uint8]:
        """Pictures shown at start + k / frames_per_second < stop, seconds from the first picture: (T, H, W[, 3])."""
        step = 1 / self.frames_per_second
        times = takewhile(lambda time: time < stop, (start + k * step for k in count()))
        ticks = [self._tick(time) for time in times]
        if not ticks:
            return np.empty((0, *self.size, *(() if self.grey else (3,))), np.uint8)
        try:
            return self._read(ticks)
        except _Damaged:
            # With several threads damaged pictures differ from run to run; one thread is slower, and always the same.
            self._threads = "NONE"
            self._container.close()
            self._open()
            return self._read(ticks)

    def _read(self, ticks: list[int]) -> NDArray[np.uint8]:
        self._go_to(ticks[0])
        return np.stack([self._shown_at(tick) for tick in ticks])

    def _tick(self, time: Fraction) -> int:
        # Half a tick late counts as on time: the times of the file are no finer.
        slack = min(self._base / 2, ROUNDING_SECONDS)
        return floor((time + self.info.start + slack) / self._base)

    def _open(self) -> None:
        self._container = open_local(self.info.path)
        self._stream = next(one for one in self._container.streams.video if one.index == self.info.video_index)
        self._base = self._stream.time_base or Fraction(1, 1000)
        for stream in self._container.streams:
            if stream.index != self._stream.index:
                stream.discard = Discard.all
        self._stream.thread_type = self._threads
        self._restart()

    def _restart(self) -> None:
        self._recent: deque[Shown] = deque()  # ends with the picture after the newest one asked for
        self._pictures = self._decode()
        self._ended = False

    def _decode(self) -> Iterator[Shown]:
        step = max(1, round(1 / (self.info.frame_rate * self._base)))
        last: int | None = None
        untimed: VideoFrame | None = None
        for picture in pictures(self._container, self._stream):
            if picture.is_corrupt and self._threads != "NONE":
                raise _Damaged
            pts = picture.dts if picture.pts is None else picture.pts
            if last is None and pts is None:  # before the first that has a time (Matroska knows none below 0)
                untimed = picture
                continue
            # Pictures come in the order of showing. Where times are missing or run back (AVI has none of its own),
            # the next one is a step later.
            if last is not None and (pts is None or pts <= last):
                pts = last + step
            assert pts is not None
            last = pts
            if self._aside is not None:
                self._aside(last * self._base - self.info.start, picture)
            yield Shown(last, self._squeeze(picture))
        if last is None and untimed is not None:
            yield Shown(self._tick(Fraction(0)), self._squeeze(untimed))

    def _squeeze(self, picture: VideoFrame) -> NDArray[np.uint8]:
        height, width = self.size if self.info.rotation % 180 == 0 else self.size[::-1]
        small: NDArray[Any] = self._scaler.reformat(
            picture, width=width, height=height, format="gray" if self.grey else "rgb24", interpolation=SCALING
        ).to_ndarray()
        if self.info.mirrored:
            small = small[:, ::-1]
        return np.ascontiguousarray(np.rot90(small, -self.info.rotation // 90))

    def _go_to(self, tick: int) -> None:
        """Makes the next picture decoded, or one still kept, one that is shown at or before `tick`."""
        ahead = (tick - self._recent[-1].pts) * self._base if self._recent else (tick * self._base - self.info.start)
        behind = bool(self._recent) and tick < self._recent[0].pts
        if not behind and (ahead <= SEEK_SECONDS or self._ended):
            return
        if not self._recent:  # H.264 decoders look at the first packet for what else to expect (x264's 4:4:4)
            self._advance()
        # A seek may land after its target (no index, open groups of pictures): step further back until it doesn't.
        for back in (0, 2, 8, 32):
            aim = tick - int(back / self._base)
            if aim * self._base <= self.info.start:
                break
            try:
                self._container.seek(aim, stream=self._stream)
            except FFmpegError:
                break
            self._restart()
            self._advance()
            if self._recent and self._recent[0].pts <= tick:
                return
        self._container.close()
        self._open()

    def _advance(self) -> None:
        shown = next(self._pictures, None)
        if shown is None:
            self._ended = True
            return
        self._recent.append(shown)
        keep = max(2, KEEP_BYTES // shown.pixels.nbytes)
        oldest = shown.pts - KEEP_SECONDS / self._base
        while len(self._recent) > keep or (len(self._recent) > 2 and self._recent[0].pts < oldest):
            self._recent.popleft()

    def _shown_at(self, tick: int) -> NDArray[np.uint8]:
        while not self._ended and (not self._recent or self._recent[-1].pts <= tick):
            self._advance()
        if not self._recent:
            raise InputError(f"{self.info.path}: no picture can be decoded; check that it plays, or copy it again")
        before = [shown for shown in self._recent if shown.pts <= tick]
        return (before[-1] if before else self._recent[0]).pixels
