"""The result of a performance: a track, whole or in chunks, and the stems that it may be the sum of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from foleycli.cues.sheet import Cue
from foleycli.library.player import Used
from foleycli.timeline import Window
from foleycli.types import Wave

STEMS = ("impacts", "ambience")  # the sound of the hits and of the spans of a cue sheet


@dataclass(frozen=True)
class Track:
    """A generated track: samples float32 (S,) in -1..1, as long as the part of the video that was asked for."""

    samples: Wave
    sample_rate: int
    windows: tuple[Window, ...]
    seeds: tuple[int, ...]
    cues: tuple[Cue, ...]


@dataclass(frozen=True)
class TrackStream:
    """A track that is made while it is read: iterate for chunks float32 (S_i,). Memory does not grow with the length.

    A track with `stems` (impacts, ambience) is their sum; to keep memory flat read the stems, one after the other.
    """

    chunks: Iterator[Wave]
    sample_rate: int
    duration: Fraction
    windows: tuple[Window, ...]
    seeds: tuple[int, ...]
    cues: tuple[Cue, ...]
    model: str = ""
    stems: tuple[TrackStream, ...] = ()
    recordings: tuple[Used, ...] = ()  # of a library: those that are played, and others they were chosen among

    def __iter__(self) -> Iterator[Wave]:
        return self.chunks


def hits_and_spans(cues: Sequence[Cue]) -> tuple[tuple[Cue, ...], tuple[Cue, ...]]:
    """The cues of impacts, and those of ambience."""
    return tuple(cue for cue in cues if cue.stop is None), tuple(cue for cue in cues if cue.stop is not None)


def sum_of(impacts: TrackStream, ambience: TrackStream) -> TrackStream:
    """The track that two stems of the same windows add up to, with the cues of both."""
    chunks = (one + other for one, other in zip(impacts, ambience, strict=True))
    cues = tuple(sorted((*impacts.cues, *ambience.cues), key=lambda cue: cue.time))
    played = impacts.recordings + ambience.recordings
    return replace(impacts, chunks=chunks, cues=cues, stems=(impacts, ambience), recordings=played)
