"""A film in chunks of small grey pictures, read by a thread of its own: decoding goes on while others compute.

    chunk k     [halo|--------------------|halo]
    chunk k+1                        [halo|--------------------|halo]

The reading may begin before anyone is ready for the pictures: importing torch takes longer than decoding ten seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from queue import Full, Queue
from threading import Event, Lock, Thread

import numpy as np
from numpy.typing import NDArray

from foleycli.timeline import to_samples
from foleycli.video.frames import FrameReader
from foleycli.video.probe import VideoInfo
from foleycli.video.shots import find_cuts
from foleycli.video.stills import Still, Stills, still_step

CHUNK_SECONDS = Fraction(16)  # read at a time: neither pictures nor what is made of them pile up
HALO_SECONDS = Fraction(2)  # seen on either side of a chunk and thrown away: more than the spotter's reach
FRAMES_PER_SECOND, PIXELS = 25, 64  # of what is watched for cuts, and by the packaged spotters
WAIT_SECONDS = 0.1


@dataclass(frozen=True)
class View:
    """Which pictures of a film are watched: [start, stop) in seconds, their rate, and their height and width."""

    info: VideoInfo
    start: Fraction
    stop: Fraction
    frames_per_second: int = FRAMES_PER_SECOND
    pixels: int = PIXELS
    stills: bool = False  # whether colour stills are kept too, for a namer


@dataclass(frozen=True)
class Chunk:
    """Pictures (T, H, W) of [start, stop) in a halo: the part begins at number `first`, and all begins at `origin`.

    `stills` are colour stills with the times at which they are shown, where the view asks for them.
    """

    start: Fraction
    stop: Fraction
    origin: Fraction
    frames: NDArray[np.uint8]
    first: int
    count: int
    frames_per_second: int
    stills: tuple[tuple[Fraction, Still], ...] = ()

    def cuts(self) -> list[Fraction]:
        """The cuts between shots in this part, in seconds from the first picture of the film."""
        found = [frame for frame in find_cuts(self.frames) if self.first <= frame < self.first + self.count]
        return [self.origin + Fraction(frame, self.frames_per_second) for frame in found]


def read_chunks(view: View) -> Iterator[Chunk]:
    """The chunks of a film in order, each decoded when it is asked for."""
    rate, at = view.frames_per_second, view.start
    stills = Stills(view.info, view.start, still_step(view.stop - view.start)) if view.stills else None
    with FrameReader(view.info, rate, (view.pixels, view.pixels), grey=True, aside=stills) as reader:
        while at < view.stop:
            end = min(at + CHUNK_SECONDS, view.stop)
            before = min(HALO_SECONDS, at - view.start)
            frames = reader.read(at - before, min(end + HALO_SECONDS, view.stop))
            count = max(1, to_samples(end - view.start, rate) - to_samples(at - view.start, rate))
            kept = () if stills is None else tuple(stills.take(end))
            yield Chunk(
                at,
                end,
                at - before,
                frames=frames,
                first=to_samples(before, rate),
                count=count,
                frames_per_second=rate,
                stills=kept,
            )
            at = end


class ReadAhead:
    """`read_chunks` in a thread that is one chunk ahead; iterate once, and close it."""

    def __init__(self, view: View) -> None:
        self._ready: Queue[Chunk | BaseException | None] = Queue(maxsize=1)
        self._closed = Event()
        Thread(target=self._read, args=(view,), daemon=True).start()

    def __iter__(self) -> Iterator[Chunk]:
        while (chunk := self._ready.get()) is not None:
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk

    def close(self) -> None:
        """Ends the thread at its next chunk, without waiting for it: an interrupt must not take long."""
        self._closed.set()

    def _read(self, view: View) -> None:
        try:
            for chunk in read_chunks(view):
                if not self._give(chunk):
                    return
            self._give(None)
        except BaseException as error:  # whoever iterates must see it
            self._give(error)

    def _give(self, one: Chunk | BaseException | None) -> bool:
        while not self._closed.is_set():
            try:
                self._ready.put(one, timeout=WAIT_SECONDS)
            except Full:
                continue
            return True
        return False


_begun: dict[View, ReadAhead] = {}
_turn = Lock()


@contextmanager
def begun(view: View) -> Iterator[None]:
    """Reads the film from now on; the first `watched` of the same view goes on with it."""
    reading = ReadAhead(view)
    with _turn:
        _begun[view] = reading
    try:
        yield
    finally:
        with _turn:
            unused = _begun.pop(view, None)
        if unused is not None:
            unused.close()


@contextmanager
def watched(view: View) -> Iterator[Iterator[Chunk]]:
    """The chunks of a film, read in a thread from now on or since `begun`."""
    with _turn:
        more = replace(view, stills=True)  # holds all that is asked for
        reading = _begun.pop(view, None) or _begun.pop(more, None)
    reading = reading or ReadAhead(view)
    try:
        yield iter(reading)
    finally:
        reading.close()
