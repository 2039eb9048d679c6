"""A timeline as FCPXML: the video as the main storyline, the clips connected to it, a lane for each track."""

from __future__ import annotations

from foleycli.cues.fcpxml_document import Document
from foleycli.cues.timelines.clips import Edit


def write_fcpxml(edit: Edit) -> str:
    """The document; lanes count down from -1 below the video, and the role of a clip is `effects.TRACK`."""
    reel = edit.video.reel
    document = Document(edit.name, edit.rate, edit.frames, width=reel.width, height=reel.height)
    sound = {} if edit.heard else {"srcEnable": "video"}
    video = document.clip(
        reel,
        name=edit.name,
        at=0,
        start=reel.origin,
        frames=edit.frames,
        under=None,
        tcFormat="NDF",
        format="r1",
        **sound,
    )
    for lane, track in enumerate(edit.lanes, start=1):
        for clip in track.clips:
            document.clip(
                clip.reel,
                name=clip.name,
                at=clip.at,
                start=clip.reel.origin + clip.source,
                frames=clip.frames,
                under=video,
                lane=str(-lane),
                audioRole=f"effects.{track.name.replace('.', ' ')}",
            )
    return document.text()
