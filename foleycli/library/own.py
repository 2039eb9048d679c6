"""The recordings of a user in a dub: those that are played, and those that the model imitates."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError
from foleycli.library.index import Library, open_library
from foleycli.library.likes import NO_LIKES, Likes, open_likes
from foleycli.library.player import Used
from foleycli.specs.settings import Generation
from foleycli.types import Progress

NO_LIBRARY = Library(Path(), ())


@dataclass(frozen=True, eq=False)
class Own:
    """A library that is played, and recordings that are imitated where it plays nothing."""

    library: Library = NO_LIBRARY
    likes: Likes = NO_LIKES

    @property
    def sha256(self) -> str:
        """Of all their contents; "" if there are none."""
        rows = [f"{one.sound}\0{one.sha256}" for one in self.likes.recordings]
        if not rows and not self.library.recordings:
            return ""
        return hashlib.sha256("\n".join([self.library.sha256, *rows]).encode()).hexdigest()

    def imitated(self, cues: Sequence[Cue], start: float, stop: float) -> tuple[Used, ...]:
        """The recordings that those cues imitate which are heard from `start` to `stop` seconds."""
        counts = dict.fromkeys(self.likes.recordings, 0)
        for cue in cues:
            if not cue.mute and cue.time < stop and (cue.time if cue.stop is None else cue.stop) >= start:
                for one in self.likes.of(cue):
                    counts[one] += 1
        return tuple(Used(one, "like", count) for one, count in counts.items())


def check_named(settings: Generation) -> None:
    """Raises UsageError for an empty name, which Path takes for the current folder."""
    if settings.library == "":
        raise UsageError("--library: an empty name; name a folder of recordings, or leave --library out")
    for text in settings.likes:
        if not text or (text.endswith("=") and not Path(text).exists()):
            raise UsageError(f"--like {text!r}: an empty name; name a recording, or leave --like out")


def open_own(settings: Generation, progress: Progress | None = None) -> Own:
    """The recordings that the settings name; raises InputError for those that can't be used, UsageError for no name."""
    check_named(settings)
    library = NO_LIBRARY if settings.library is None else open_library(Path(settings.library), progress)
    return Own(library, open_likes(settings.likes))
