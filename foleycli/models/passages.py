"""What a model is asked to perform: windows of a video, each with all that its sound depends on. No torch here."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from foleycli.cues.sheet import Cue
from foleycli.library.likes import NO_LIKES, Likes
from foleycli.timeline import WINDOW_SECONDS, Window, to_samples
from foleycli.types import Wave
from foleycli.video.probe import VideoInfo

# A cue changes nothing in a window that starts more than 6 s after its end or stops more than 1 s before its start.
BEFORE_SECONDS, AFTER_SECONDS = 6, 1


@dataclass(frozen=True, eq=False)
class Draft:
    """A window as it is by itself: its neighbours not asked."""

    info: VideoInfo
    cues: tuple[Cue, ...]
    start: Fraction  # in seconds from the first picture
    seed: int
    likes: Likes = NO_LIKES  # recordings that its cues imitate

    @property
    def audible(self) -> bool:
        """Whether any cue is heard in it."""
        return any(audible(cue, float(self.start), float(self.start + WINDOW_SECONDS)) for cue in self.cues)


@dataclass(frozen=True, eq=False)
class Passage:
    """One window to perform, and the draft of the window before if they share an overlap."""

    draft: Draft
    window: Window
    before: Draft | None = None

    def samples(self, sample_rate: int) -> int:
        return to_samples(self.window.stop, sample_rate) - to_samples(self.window.start, sample_rate)


def passages(
    info: VideoInfo,
    cues: tuple[Cue, ...],
    origin: Fraction,
    windows: Sequence[Window],
    seed: int,
    likes: Likes = NO_LIKES,
) -> Iterator[Passage]:
    """A passage for each window, in order; their times count from `origin`."""
    before: Draft | None = None
    for window in windows:
        draft = Draft(info, cues, origin + window.start, seed=seed, likes=likes)
        yield Passage(draft, window, before if window.fade_in else None)
        before = draft


def apart(row: Iterator[Wave], lengths: Sequence[int]) -> list[Iterator[Wave]]:
    """A row of sounds as the takes it is made of; those that are passed over wait in memory."""
    waiting: list[deque[Wave]] = [deque() for _ in lengths]
    owners = (owner for owner, length in enumerate(lengths) for _ in range(length))

    def own(number: int) -> Iterator[Wave]:
        for _ in range(lengths[number]):
            while not waiting[number]:
                waiting[next(owners)].append(next(row))
            yield waiting[number].popleft()

    return [own(number) for number in range(len(lengths))]


def audible(cue: Cue, start: float, stop: float) -> bool:
    """Whether a cue is heard between `start` and `stop` seconds."""
    last = cue.time if cue.stop is None else cue.stop
    return not cue.mute and cue.time < stop and last >= start
