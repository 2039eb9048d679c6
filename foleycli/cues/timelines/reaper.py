"""A timeline as a project of Reaper: the video on the first track, then a track for each class."""

from __future__ import annotations

from fractions import Fraction

from foleycli.cues.reaper_project import VIDEO, WAVE, item, project, track
from foleycli.cues.timelines.clips import Edit


def write_reaper(edit: Edit) -> str:
    """The project; files are named by their paths, and times count from the first picture."""

    def seconds(frames: int) -> Fraction:
        return frames / edit.rate

    shown = item(
        edit.name, edit.video.reel.path, VIDEO,
        at=Fraction(0), length=seconds(edit.frames), source=Fraction(0), muted=not edit.heard,
    )  # fmt: skip
    tracks = [track("video", [shown])]
    for lane in edit.lanes:
        items = [
            item(clip.name, clip.reel.path, WAVE, at=seconds(clip.at), length=seconds(clip.frames), source=clip.source)
            for clip in lane.clips
        ]
        tracks.append(track(lane.name, items))
    return project(tracks)
