"""A timeline as a CMX 3600 EDL: V is the video, A the hits, A2 the lasting sounds, A3 and A4 the rest of each stem.

An EDL has four tracks of sound, so classes share one; the comment TRACK of a clip says its class. Sources and the
timeline are counted in frames: of a stem that does not begin on a frame the place is right to half a frame.
"""

from __future__ import annotations

from fractions import Fraction

from foleycli.cues.edl_markers import START_SECONDS
from foleycli.cues.timelines.clips import Clip, Edit
from foleycli.text import one_line, utf8
from foleycli.timeline import timecode_of

CHANNELS = {(0, False): "A", (1, False): "A2", (0, True): "A3", (1, True): "A4"}


def write_edl(edit: Edit) -> str:
    """The EDL; it starts at 01:00:00:00 and drops no frames."""
    sounds = [(clip, CHANNELS[lane.stem, lane.rest], lane.name) for lane in edit.lanes for clip in lane.clips]
    events = [(edit.video, "B" if edit.heard else "V", "video"), *sorted(sounds, key=lambda sound: sound[0].at)]
    lines = [f"TITLE: {one_line(utf8(edit.name))}", "FCM: NON-DROP FRAME", ""]
    for number, (clip, channel, track) in enumerate(events, start=1):
        lines += [
            f"{number:03d}  AX       {channel:<5} C        {_times(clip, edit.rate)}",
            f"* FROM CLIP NAME: {one_line(utf8(clip.name))}",
            f"* FROM FILE: {clip.reel.url}",
            f"* TRACK: {track}",
            "",
        ]
    return "\n".join(lines)


def _times(clip: Clip, rate: Fraction) -> str:
    """Source in and out, record in and out."""
    source, record = round((clip.reel.origin + clip.source) * rate), START_SECONDS * round(rate) + clip.at
    frames = (source, source + clip.frames, record, record + clip.frames)
    return " ".join(timecode_of(frame, rate) for frame in frames)
