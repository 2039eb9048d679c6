"""Names while the spotter works: stills are chosen shot by shot and looked at in a thread of their own.

decoded   |---- chunk ----|---- chunk ----|
spotted                    ====            ====
named                      ======          ======        scores wait until the end asks for them
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foleycli.models.sound_namer.namer import AUTO, SoundNamer, looks, open_namer
from foleycli.models.sound_namer.rule import Scores
from foleycli.video.stills import Still
from foleycli.video.watching import Chunk

FRAMES = 8  # of a shot, in each chunk
LEAST_FRAMES = 2  # of a short one
SPARSE_SECONDS = Fraction(5, 4)  # between frames: a shot that is short has no more than that
Shares = npt.NDArray[np.float32]


class NamingThread:
    """One namer, opened and run in one thread, however many videos are watched at once."""

    def __init__(self, name: str = AUTO, *, offline: bool = False) -> None:
        """Raises ModelError and UsageError at once for a name of the Hub that cannot be had."""
        self._open = partial(open_namer, name, offline=offline)
        self._namer = None if name == AUTO else self._open()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="namer")

    def prepare(self) -> None:
        """Opens the namer in its thread, if it is not open."""
        self._executor.submit(self._opened)

    def submit(self, stills: Sequence[Still]) -> Future[Shares]:
        """The shares (B, classes) of these stills, some time."""
        return self._executor.submit(self._scores, list(stills))

    def _opened(self) -> SoundNamer:
        self._namer = self._namer or self._open()
        assert self._namer is not None
        return self._namer

    def _scores(self, stills: list[Still]) -> Shares:
        namer = self._opened()
        # One by one: as fast as together on a CPU, and a video's names do not depend on what else is in the batch.
        return np.concatenate([namer.scores(still[None]) for still in stills])


def naming_thread(name: str = AUTO, *, offline: bool = False) -> NamingThread | None:
    """The thread of the namer of this name; None where no pictures are looked at."""
    return NamingThread(name, offline=offline) if looks(name) else None


@dataclass(frozen=True)
class Pictures:
    """What was seen in the frames that were looked at."""

    times: npt.NDArray[np.float64]  # (N,) seconds from the first picture
    shares: Shares  # (N, classes)

    def between(self, start: float, stop: float) -> Scores | None:
        """Mean shares (classes,) of the frames in [start, stop); None without any."""
        inside = (self.times >= start) & (self.times < stop)
        return self.shares[inside].mean(axis=0, dtype=np.float64) if inside.any() else None


class PictureWatch:
    """The stills of one video on their way to the namer."""

    def __init__(self, thread: NamingThread) -> None:
        self.thread = thread
        self.thread.prepare()
        self._times: list[Fraction] = []
        self._waiting: list[Future[Shares]] = []

    def add(self, chunk: Chunk, cuts: Sequence[Fraction]) -> None:
        """Looks at the next chunk, cut there."""
        chosen = chosen_of([time for time, _ in chunk.stills], [chunk.start, *cuts, chunk.stop])
        if chosen:
            self._times += [chunk.stills[index][0] for index in chosen]
            self._waiting.append(self.thread.submit([chunk.stills[index][1] for index in chosen]))

    def pictures(self) -> Pictures | None:
        """All that was seen, once it is; None where there was nothing to look at."""
        if not self._times:
            return None
        shares = np.concatenate([one.result() for one in self._waiting])
        return Pictures(np.array([float(time) for time in self._times]), shares)


def chosen_of(times: Sequence[Fraction], edges: Sequence[Fraction]) -> list[int]:
    """Which of the stills at `times` are looked at: FRAMES of each shot between two `edges`, fewer of a short one.

    What is alone, or hardly longer than a few seconds, is looked at as often as there are stills, up to FRAMES.
    """
    alone = len(edges) == 2
    chosen: list[int] = []
    for start, stop in pairwise(edges):
        inside = [index for index, time in enumerate(times) if start <= time < stop]
        most = FRAMES if alone else min(FRAMES, max(LEAST_FRAMES, round((stop - start) / SPARSE_SECONDS)))
        count = min(most, len(inside))
        chosen += [inside[(2 * step + 1) * len(inside) // (2 * count)] for step in range(count)]
    return chosen
