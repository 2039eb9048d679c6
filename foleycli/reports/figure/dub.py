"""The figure of a dub: title, notes and what is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.cues.plain_words import readable
from foleycli.reports.figure.draw import Plot, Sound, write_figure
from foleycli.text import one_line

if TYPE_CHECKING:
    from foleycli.cues.sheet import Cue
    from foleycli.pipeline.track import TrackStream
    from foleycli.video.probe import VideoInfo

NAMED = 3  # kinds of sound in the notes; the rest is counted


def draw_dub(
    stream: TrackStream, info: VideoInfo, start: Fraction, draft: Path, *, title: str, sound: Sound | None = None
) -> None:
    """Draws what was seen of a video and, with `sound`, what is heard, into the file `draft`."""
    rate = f"{float(info.frame_rate):.3f}".rstrip("0").rstrip(".")
    notes = [f"{info.width} x {info.height}, {rate} pictures/s, {float(info.duration):.2f} s", _found(stream.cues)]
    if sound is not None:
        notes.append(f"{stream.model}, seed {stream.seeds[0]}")
    windows = stream.windows
    write_figure(
        Plot(
            info,
            stream.cues,
            windows=windows,
            first=start,
            last=start + stream.duration,
            title=one_line(title),
            notes=notes,
            sound=sound,
        ),
        draft,
    )


def _found(cues: Sequence[Cue]) -> str:
    heard = [cue for cue in cues if not cue.mute]
    hits = sum(cue.stop is None for cue in heard)
    kinds = [name for name, _ in Counter(cue.sound for cue in heard if cue.sound).most_common()]
    more = f" and {len(kinds) - NAMED} more" if len(kinds) > NAMED else ""
    lasting = len(heard) - hits
    counted = [f"{hits} {'hit' if hits == 1 else 'hits'}"] if hits or not lasting else []
    counted += [f"{lasting} lasting {'sound' if lasting == 1 else 'sounds'}"] if lasting else []
    words = ", ".join(readable(kind) for kind in kinds[:NAMED])
    return f"{', '.join(counted)}: {words}{more}" if kinds else "nothing to hear"
