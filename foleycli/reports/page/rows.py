"""A row of the report: one video and its result, measured from the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from foleycli.audio.browser import OPUS_BITS_PER_SECOND
from foleycli.cues.sheet import Cue
from foleycli.errors import FoleyError
from foleycli.evaluation.metrics import match_onsets
from foleycli.reports.film_strip import Strip, film_strip
from foleycli.reports.page.sound import SoundSummary, measure_sound
from foleycli.video.containers import BY_SUFFIX
from foleycli.video.probe import probe

if TYPE_CHECKING:
    from foleycli.video.probe import VideoInfo

State = Literal["done", "before", "failed"]

TOLERANCE_SECONDS = 0.05
PAGE_BYTES = 50_000_000  # a larger page is slow in browsers: further sounds are linked, not embedded
SHOWN_BY_BROWSERS = (".mp4", ".m4v", ".mov", ".webm", ".mkv")  # if they know the codec; else the sound alone is played
BASE64 = Fraction(4, 3)


@dataclass(frozen=True)
class Outcome:
    """How a video ended: `reason` if it failed, `cues` if they are known, `took_seconds` if this run did it."""

    source: Path
    target: Path
    state: State
    cues: tuple[Cue, ...] | None = None
    warnings: tuple[str, ...] = ()
    took_seconds: float | None = None
    reason: str = ""

    @property
    def why(self) -> str:
        """The reason without the name of the file, which most begin with."""
        return self.reason.removeprefix(str(self.source)).lstrip(": ")


@dataclass(frozen=True)
class Agreement:
    """Hits of the cue sheet against onsets of the sound that the video came with, one to one within 50 ms."""

    heard: int
    hits: int
    f1: float


@dataclass(frozen=True)
class Row:
    """One video: `seen`, `strip` and `agreement` of the source, `heard` in the result.

    `troubles` are warnings, and what could not be read for this row.
    """

    outcome: Outcome
    seen: VideoInfo | None = None
    strip: Strip | None = None
    heard: SoundSummary | None = None
    cues: tuple[Cue, ...] | None = None
    agreement: Agreement | None = None
    troubles: tuple[str, ...] = ()

    @property
    def plays(self) -> bool:
        """Whether browsers show the result's pictures."""
        return self.outcome.target.suffix.lower() in SHOWN_BY_BROWSERS

    @property
    def page_bytes(self) -> int:
        """About what the row takes in the page."""
        pictures = len(self.strip.webp) if self.strip else 0
        sound = len(self.heard.opus or b"") if self.heard else 0
        return int((pictures + sound) * BASE64) + 30_000 + 150 * len(self.cues or ())


def make_row(outcome: Outcome, free_bytes: int = PAGE_BYTES) -> Row:
    """Measures the source and the result; the sound is embedded if it fits into `free_bytes` of the page."""
    if outcome.state == "failed":
        return Row(outcome)
    row = Row(outcome, cues=outcome.cues, troubles=outcome.warnings)
    try:
        info = probe(outcome.source)
        row = replace(row, seen=info, strip=film_strip(info))
        keep = int(info.duration * OPUS_BITS_PER_SECOND / 8 * BASE64) <= free_bytes
        heard = measure_sound(outcome.target, _first_picture(outcome.target), info.duration, keep=keep)
        return replace(row, heard=heard, agreement=_with_own_sound(info, row.cues or ()))
    except FoleyError as error:
        return replace(row, troubles=(*row.troubles, f"not all could be read for this report: {error}"))


def _first_picture(target: Path) -> Fraction:
    """Where the sound of a result begins, in container seconds."""
    return probe(target).start if target.suffix.lower() in BY_SUFFIX else Fraction(0)


def _with_own_sound(info: VideoInfo, cues: Sequence[Cue]) -> Agreement | None:
    """How the hits agree with the sound that the video came with; None where it has none, or one without onsets.

    The new sound is no witness: it was made from the same cues.
    """
    if not info.has_audio:
        return None
    own = measure_sound(info.path, info.start, info.duration, keep=False)
    return agreement(cues, own.onset_seconds) if own.onset_seconds else None


def agreement(cues: Sequence[Cue], onset_seconds: Sequence[float]) -> Agreement | None:
    """How many hits of a sheet have an onset of a sound; None if there are no hits."""
    hits = [cue.time for cue in cues if cue.stop is None and not cue.mute]
    if not hits:
        return None
    match = match_onsets(onset_seconds, hits, TOLERANCE_SECONDS)
    return Agreement(round(match.recall * len(hits)), len(hits), match.f1)
