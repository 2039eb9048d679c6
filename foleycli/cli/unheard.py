"""What to say of a track in which nothing is heard: nobody should find out from the loudspeaker."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from foleycli.models.passages import audible

if TYPE_CHECKING:
    from foleycli.pipeline.foley_pipeline import TrackStream

SILENT_DBTP = -100.0


def unheard(stream: TrackStream, start: Fraction, true_peak_dbtp: float) -> tuple[str, ...]:
    """A warning for a silent track, from `start` seconds on, that no cue is heard in; none for any other."""
    heard = any(audible(cue, float(start), float(start + stream.duration)) for cue in stream.cues)
    if heard or true_peak_dbtp > SILENT_DBTP:
        return ()
    why = f"none of {len(stream.cues)} cues is heard" if stream.cues else "nothing was seen that makes a sound"
    return (f"{why}, so the new sound is silence; name one with --sound, or write cues for --cues",)
