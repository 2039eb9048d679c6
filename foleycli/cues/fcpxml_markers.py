"""Cue sheets as FCPXML (Final Cut Pro, DaVinci Resolve): a project of one clip, the video, with a marker for each cue.

A marker's name is a label as in audacity.py, its note as in marker_notes.py. Read are the markers of all clips of one
project, at their times on its timeline.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from xml.etree.ElementTree import Element, SubElement

from foleycli.cues.audacity import label_of
from foleycli.cues.fcpxml_document import Document, clean, seconds_of, seconds_text
from foleycli.cues.marker_notes import marked_frames, note_of, noted_cue
from foleycli.cues.reel import Reel
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError
from foleycli.timeline import edit_rate

MARKERS = ("marker", "chapter-marker")
STORIES = ("spine", "clip", "asset-clip", "ref-clip", "sync-clip", "mc-clip", "video", "audio", "title", "gap")
ZERO = Fraction(0)


def write_fcpxml_markers(cues: Iterable[Cue], reel: Reel) -> str:
    """The sheet as a project whose timeline starts at 0."""
    cues, rate = tuple(cues), edit_rate(reel.frame_rate)
    last = max((sum(marked_frames(cue, rate)) for cue in cues), default=0)
    frames = max(1, last if reel.seconds is None else int(reel.seconds * rate))
    document = Document(reel.name, rate, frames, width=reel.width, height=reel.height)
    if reel.url:
        clip = document.clip(reel, name=reel.name, at=0, start=reel.origin, frames=frames, under=None)
    else:
        clip = document.gap(frames)
    for cue in cues:
        first, length = marked_frames(cue, rate)
        times = {"start": seconds_of(clip.get("start")) + first / rate, "duration": length / rate}
        plain = {key: seconds_text(value) for key, value in times.items()}
        SubElement(clip, "marker", plain | {"value": clean(label_of(cue)), "note": note_of(cue)})
    return document.text()


def read_fcpxml_markers(text: str, name: str) -> tuple[Cue, ...]:
    """Reads the markers of the only project, sorted by time; raises UsageError naming the marker at fault."""
    try:
        root = ElementTree.fromstring(text.lstrip("\ufeff"))
        if root.tag != "fcpxml":
            raise ValueError(f"its root is {root.tag}")
        found = list(_project(root, name).markers())
    except (ElementTree.ParseError, ValueError) as error:
        raise UsageError(f"{name}: not FCPXML ({error}); 'foley spot -o cues.fcpxml' writes it") from error
    return tuple(sorted((_cue(*one, name) for one in found), key=lambda cue: cue.time))


def _cue(marker: Element, start: Fraction, rate: Fraction, name: str) -> Cue:
    label = marker.get("value", "")
    where = f"{name}, marker {label!r}"
    try:
        length = seconds_of(marker.get("duration"))
    except ValueError as error:
        raise UsageError(f"{where}: duration {error}") from None
    return noted_cue(label, marker.get("note", ""), where, start=start, length=length, rate=rate)


@dataclass(frozen=True)
class _Story:
    """The elements that lie on a timeline, its rate, and where media files start that have no clip's `start`."""

    elements: list[Element]
    zero: Fraction  # of the timeline
    rate: Fraction
    starts: dict[str | None, Fraction]

    def markers(self) -> Iterator[tuple[Element, Fraction, Fraction]]:
        """Each marker that is shown, its time on the timeline in seconds, and the rate."""
        for marker, start in self._walked(self.elements, ZERO, self.zero):
            yield marker, start, self.rate

    def _walked(self, elements: list[Element], there: Fraction, local: Fraction) -> Iterator[tuple[Element, Fraction]]:
        """Markers below elements in a place whose own time `local` is at `there` on the timeline."""
        for element in elements:
            at = there + seconds_of(element.get("offset"), local) - local
            start = seconds_of(element.get("start"), self.starts.get(element.get("ref"), ZERO))
            stop = start + seconds_of(element.get("duration"))
            for marker in (below for below in element if below.tag in MARKERS):
                when = seconds_of(marker.get("start"))
                if element.get("duration") is None or start <= when <= stop:  # else it was trimmed away
                    yield marker, at + when - start
            inner = [below for below in element if below.tag in STORIES]
            yield from self._walked(inner, at, ZERO if element.tag == "spine" else start)


def _project(root: Element, name: str) -> _Story:
    sequences = [project.find("sequence") for project in root.iter("project")]
    starts: dict[str | None, Fraction] = {
        asset.get("id"): seconds_of(asset.get("start")) for asset in root.iter("asset")
    }
    durations = {one.get("id"): seconds_of(one.get("frameDuration"), Fraction(1, 25)) for one in root.iter("format")}
    if len(sequences) > 1:
        raise UsageError(f"{name}: holds {len(sequences)} projects; export the one whose markers are meant")
    if sequences and sequences[0] is not None:
        sequence = sequences[0]
        spine = sequence.find("spine")
        duration = durations.get(sequence.get("format"), Fraction(1, 25)) or Fraction(1, 25)
        elements = [] if spine is None else list(spine)
        return _Story(elements, seconds_of(sequence.get("tcStart")), rate=1 / duration, starts=starts)
    # A clip of the browser: its markers count from its start.
    clips = [one for one in root.iter() if one.tag in STORIES]
    if len(clips) != 1:
        raise UsageError(f"{name}: holds no project; export the one whose markers are meant")
    duration = durations.get(clips[0].get("format"), Fraction(1, 25)) or Fraction(1, 25)
    return _Story(clips, seconds_of(clips[0].get("offset")), rate=1 / duration, starts=starts)
