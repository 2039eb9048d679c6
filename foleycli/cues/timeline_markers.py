"""Cue sheets as OpenTimelineIO markers: a timeline of one clip, the video, with a marker for each cue.

A marker's name is a label as in audacity.py. Its time is counted in frames at the picture rate, with fractions. Every
visible marker is read, at its time on the timeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from foleycli.cues.audacity import MOST_SECONDS, cue_of, label_of
from foleycli.cues.reel import Reel
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError

SLACK_SECONDS = 0.0005
DECIMALS = 6  # of a second: error of a time after conversion to a rate such as 30000/1001


def library(name: str) -> Any:
    """The opentimelineio package; raises UsageError naming the extra where it is not installed."""
    try:
        import opentimelineio
    except ImportError as error:
        raise UsageError(f"{name}: .otio needs another package; pip install 'foleycli[otio]'") from error
    return opentimelineio


def write_markers(cues: Iterable[Cue], reel: Reel, name: str) -> str:
    """The sheet as OpenTimelineIO JSON."""
    otio = library(name)
    cues = tuple(cues)
    last = max((cue.time if cue.stop is None else cue.stop for cue in cues), default=0.0)

    def span(start: Fraction | float, stop: Fraction | float) -> Any:
        """Seconds as a range at the picture rate."""
        values = (float(Fraction(seconds) * reel.frame_rate) for seconds in (start, Fraction(stop) - Fraction(start)))
        return otio.opentime.TimeRange(*(otio.opentime.RationalTime(value, float(reel.frame_rate)) for value in values))

    whole = span(0, last if reel.seconds is None else reel.seconds)
    media = otio.schema.ExternalReference(reel.url, whole) if reel.url else otio.schema.MissingReference()
    clip = otio.schema.Clip(reel.name, media, whole)
    for cue in cues:
        clip.markers.append(
            otio.schema.Marker(
                name=label_of(cue),
                marked_range=span(cue.time, cue.time if cue.stop is None else cue.stop),
                color=otio.schema.MarkerColor.RED if cue.stop is None else otio.schema.MarkerColor.GREEN,
                metadata={"foley": {"confidence": cue.confidence}},
            )
        )
    timeline = otio.schema.Timeline(reel.name)
    timeline.tracks.append(otio.schema.Track("picture", [clip], kind=otio.schema.TrackKind.Video))
    return str(timeline.to_json_string(indent=1)) + "\n"


def read_markers(text: str, name: str) -> tuple[Cue, ...]:
    """Reads the markers of a timeline, sorted by time; raises UsageError naming the marker at fault."""
    otio = library(name)
    try:
        root = otio.adapters.read_from_string(text.lstrip("\ufeff"), "otio_json")
    except Exception as error:  # its own errors and the JSON parser's share no base
        raise UsageError(f"{name}: not OpenTimelineIO ({error}); 'foley spot -o cues.otio' writes it") from error
    stack = _stack(otio, root, name)
    cues = []
    for item, marker in _visible(otio, stack):
        where = f"{name}, marker {marker.name!r}"
        try:
            span = item.transformed_time_range(marker.marked_range, stack)
        except otio.exceptions.OTIOError as error:
            raise UsageError(f"{where}: its clip or one before has no length; put it on the timeline itself") from error
        start, stop = (round(time.to_seconds(), DECIMALS) for time in (span.start_time, span.end_time_exclusive()))
        if not 0 <= start <= stop <= MOST_SECONDS:
            raise UsageError(f"{where}: from {start:g} to {stop:g} s; a marker lies at or after the start")
        cues.append(cue_of(marker.name, where, start, stop=stop, confidence=_confidence(marker)))
    return tuple(sorted(cues, key=lambda cue: cue.time))


def _stack(otio: Any, root: Any, name: str) -> Any:
    if isinstance(root, otio.schema.SerializableCollection):
        timelines = [one for one in root if isinstance(one, otio.schema.Timeline)]
        root = timelines[0] if len(timelines) == 1 else root
    root = root.tracks if isinstance(root, otio.schema.Timeline) else root
    if isinstance(root, otio.core.Item):
        return root
    raise UsageError(f"{name}: holds no single timeline; export the one whose markers are meant")


def _visible(otio: Any, stack: Any) -> Iterator[tuple[Any, Any]]:
    """Each marker with the item that it stands on, unless it was trimmed away."""
    inside = stack.find_children(otio.core.Item) if isinstance(stack, otio.core.Composition) else ()
    for item in (stack, *inside):
        for marker in item.markers if len(item.markers) else ():
            try:
                shown = item.trimmed_range()
            except (otio.exceptions.OTIOError, ValueError):  # its length is unknown
                yield item, marker
                continue
            first, last = shown.start_time.to_seconds(), shown.end_time_exclusive().to_seconds()
            if first - SLACK_SECONDS <= marker.marked_range.start_time.to_seconds() <= last + SLACK_SECONDS:
                yield item, marker


def _confidence(marker: Any) -> float:
    ours = marker.metadata.get("foley", {})
    found = ours.get("confidence", 1.0) if hasattr(ours, "get") else 1.0
    return float(found) if isinstance(found, int | float) and 0 <= found <= 1 else 1.0
