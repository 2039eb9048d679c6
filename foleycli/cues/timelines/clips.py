"""A dub as clips on the timeline of an editor: each cue a clip of its stem, on the track of its class.

The stems are cut, never copied: no two clips of a stem overlap, and what no cue has is a clip of the track "rest". So
the timeline, played as it was written, is the sum of the stems to the sample. Cuts lie on frames; a clip and its part
of the stem begin at the same time, so the sound inside keeps its place to the sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from foleycli.cues.plain_words import readable
from foleycli.cues.reel import Reel, exact
from foleycli.cues.sheet import Cue

EARLY_SECONDS = Fraction(1, 100)  # a hit's clip begins so much before it: its attack is whole
RING_SECONDS = 3  # a hit's clip ends so long after it, or where the next hit begins


@dataclass(frozen=True)
class Clip:
    """Frames `at` to `at + frames` of the timeline, which play `reel` from its second `source` on."""

    name: str
    reel: Reel
    at: int
    frames: int
    source: Fraction


@dataclass(frozen=True)
class Lane:
    """A track of clips that don't overlap; `stem` counts the stems from 0, `rest` has what no cue has."""

    name: str
    clips: tuple[Clip, ...]
    stem: int
    rest: bool = False


@dataclass(frozen=True)
class Edit:
    """A timeline from the first picture on: the video, heard or not, and the tracks of its sounds."""

    name: str
    rate: Fraction
    video: Clip
    lanes: tuple[Lane, ...]
    heard: bool = False  # whether the video's own sound is

    @property
    def frames(self) -> int:
        """Its length."""
        return self.video.frames


@dataclass(frozen=True)
class _Piece:
    """Frames of a stem, and the cues that are heard in them."""

    first: int
    last: int
    cues: tuple[Cue, ...]


def edit_of(
    cues: Iterable[Cue], video: Reel, stems: Sequence[Reel], *, start: Fraction, rate: Fraction, heard: bool
) -> Edit:
    """The timeline of a dub whose stems (of the hits, of the spans) begin `start` seconds after the first picture."""
    cues, seconds = [cue for cue in cues if not cue.mute], video.seconds or Fraction(0)
    total = max(1, int(seconds * rate))
    lanes: list[Lane] = []
    for number, stem in enumerate(stems):
        first, last = _up(start * rate), min(total, int((start + (stem.seconds or seconds)) * rate))
        own = [cue for cue in cues if (cue.stop is None) == (number == 0)]
        pieces = _hits(own, first, last, rate=rate) if number == 0 else _spans(own, first, last, rate=rate)
        for name, found in [*_by_class(pieces), (f"{stem.name.rpartition('.')[2]}, rest", _rest(pieces, first, last))]:
            clips = tuple(_clip(piece, stem, start=start, rate=rate) for piece in found)
            if clips:
                lanes.append(Lane(name, clips, stem=number, rest=not found[0].cues))
    shown = Clip(video.name, video, at=0, frames=total, source=Fraction(0))
    ordered = sorted(lanes, key=lambda lane: lane.rest)  # what is to be moved above what is not
    return Edit(video.name, rate, video=shown, lanes=tuple(ordered), heard=heard)


def _hits(hits: Sequence[Cue], first: int, last: int, *, rate: Fraction) -> list[_Piece]:
    """From just before each hit to the next one, or until it has rung out; hits of one frame share a piece."""
    begins: dict[int, list[Cue]] = {}
    for hit in sorted(hits, key=lambda cue: cue.time):
        frame = max(first, int((exact(hit.time) - EARLY_SECONDS) * rate // 1))
        if exact(hit.time) * rate < last and exact(hit.time) * rate >= first:
            begins.setdefault(frame, []).append(hit)
    starts = [*begins, last]
    return [
        _Piece(frame, min(following, last, frame + _up(RING_SECONDS * rate)), tuple(begins[frame]))
        for frame, following in pairwise(starts)
    ]


def _spans(spans: Sequence[Cue], first: int, last: int, *, rate: Fraction) -> list[_Piece]:
    """Each span; those that are heard at once share a piece, as one stem has them both."""
    pieces: list[_Piece] = []
    for span in sorted(spans, key=lambda cue: cue.time):
        assert span.stop is not None
        begin = max(first, int(exact(span.time) * rate // 1))
        end = min(last, _up(exact(span.stop) * rate))
        if pieces and begin == pieces[-1].last - 1 and exact(span.time) >= exact(max(_stops(pieces[-1]))):
            begin += 1  # one ends and the other begins in the same frame
        if begin >= end:
            continue
        if pieces and begin < pieces[-1].last:
            before = pieces.pop()
            pieces.append(_Piece(before.first, max(before.last, end), (*before.cues, span)))
        else:
            pieces.append(_Piece(begin, end, (span,)))
    return pieces


def _stops(piece: _Piece) -> list[float]:
    return [cue.time if cue.stop is None else cue.stop for cue in piece.cues]


def _by_class(pieces: Iterable[_Piece]) -> list[tuple[str, list[_Piece]]]:
    """The pieces of each class, that of the first cue in a piece, by its readable name."""
    found: dict[str, list[_Piece]] = {}
    for piece in pieces:
        found.setdefault(_sound(piece.cues[0]), []).append(piece)
    return sorted(found.items())


def _rest(pieces: Sequence[_Piece], first: int, last: int) -> list[_Piece]:
    """What lies between the pieces."""
    edges = [first, *(edge for piece in pieces for edge in (piece.first, piece.last)), last]
    return [_Piece(begin, end, ()) for begin, end in zip(edges[::2], edges[1::2], strict=True) if begin < end]


def _clip(piece: _Piece, stem: Reel, *, start: Fraction, rate: Fraction) -> Clip:
    names = [f"{_sound(cue)} {cue.strength:.2f}" for cue in piece.cues]
    return Clip(
        " + ".join(names) or "rest", stem, at=piece.first, frames=piece.last - piece.first,
        source=piece.first / rate - start,
    )  # fmt: skip


def _sound(cue: Cue) -> str:
    return readable(cue.sound) if cue.sound else "unnamed"


def _up(frames: Fraction) -> int:
    return int(-(-frames // 1))
