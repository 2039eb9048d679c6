"""The timeline of a dub: the video, and each cue as a clip of its stem."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.cues.reel import Reel
from foleycli.cues.timelines.clips import edit_of
from foleycli.cues.timelines.formats import write_timeline
from foleycli.models.passages import audible
from foleycli.specs.settings import Mix
from foleycli.timeline import edit_rate
from foleycli.workflows.outputs import Beside
from foleycli.workflows.sheets import reel_of

if TYPE_CHECKING:
    from foleycli.pipeline.track import TrackStream
    from foleycli.video.probe import VideoInfo


def draw_timeline(
    beside: Beside, stream: TrackStream, info: VideoInfo, mix: Mix, start: Fraction, *, whole: bool, draft: Path
) -> None:
    """Writes the timeline of `beside` to `draft`; `start` is where the part that was dubbed begins.

    Its stems are as long as the video if `whole`, else as that part.
    """
    assert beside.timeline is not None
    video, rate = reel_of(info, str(info.path)), edit_rate(info.frame_rate)
    zero, seconds = (Fraction(0), info.duration) if whole else (start, stream.duration)
    stems = [
        Reel(
            path.stem,
            path.absolute().as_uri(),
            seconds=seconds,
            frame_rate=rate,
            origin=video.origin + zero,
            channels=1,
        )
        for path in beside.stems.values()
    ]
    cues = [cue for cue in stream.cues if audible(cue, float(start), float(start + stream.duration))]
    edit = edit_of(cues, video, stems, start=zero, rate=rate, heard=mix.original != "replace")
    draft.write_text(write_timeline(edit, beside.timeline.suffix), encoding="utf-8")
