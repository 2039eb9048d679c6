"""A timeline as OpenTimelineIO: a video track, then an audio track for each class."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from foleycli.cues.timeline_markers import library
from foleycli.cues.timelines.clips import Clip, Edit, Lane


def write_otio(edit: Edit) -> str:
    """The timeline as OpenTimelineIO JSON; all times at its frame rate, those of files by their timecode."""
    otio = library("the timeline")
    rate = float(edit.rate)

    def span(start: Fraction, seconds: Fraction) -> Any:
        values = (float(one * edit.rate) for one in (start, seconds))
        return otio.opentime.TimeRange(*(otio.opentime.RationalTime(value, rate) for value in values))

    def item(clip: Clip) -> Any:
        reel, length = clip.reel, clip.frames / edit.rate
        media = otio.schema.ExternalReference(reel.url, span(reel.origin, reel.seconds or length))
        return otio.schema.Clip(clip.name, media, span(reel.origin + clip.source, length))

    def track(lane: Lane) -> Any:
        items, frame = [], 0
        for clip in sorted(lane.clips, key=lambda clip: clip.at):
            if clip.at > frame:
                items.append(otio.schema.Gap(source_range=span(Fraction(0), (clip.at - frame) / edit.rate)))
            items.append(item(clip))
            frame = clip.at + clip.frames
        return otio.schema.Track(lane.name, items, kind=otio.schema.TrackKind.Audio)

    timeline = otio.schema.Timeline(edit.name)
    timeline.tracks.append(otio.schema.Track("video", [item(edit.video)], kind=otio.schema.TrackKind.Video))
    if edit.heard:
        timeline.tracks.append(otio.schema.Track("original", [item(edit.video)], kind=otio.schema.TrackKind.Audio))
    timeline.tracks.extend([track(lane) for lane in edit.lanes])
    return str(timeline.to_json_string(indent=1)) + "\n"
