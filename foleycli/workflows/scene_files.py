"""Writes scenes to files: a video, its true events as a cue sheet, a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.atomic import atomic_file
from foleycli.cues.formats import kind_of, write_sheet
from foleycli.cues.reel import Reel
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError
from foleycli.scenes.catalogue import KINDS, render
from foleycli.scenes.sheet import contact_sheet
from foleycli.video.encode import write_picture, write_video
from foleycli.workflows.outputs import check_place, write_text
from foleycli.workflows.sheets import check_sheet_file

if TYPE_CHECKING:
    from foleycli.scenes.scene import Scene

VIDEO_SUFFIXES = (".mp4", ".mkv", ".mov")


def render_to(
    video: Path,
    sheet: Path | None,
    kind: str,
    seed: int,
    seconds: float,
    height: int,
    *,
    clean: bool,
    overwrite: bool,
) -> Path:
    """Renders a scene of `kind` into `video`, and its events into the cue sheet, if one is named."""
    _check_kinds([kind])
    check_place(video, VIDEO_SUFFIXES, overwrite)
    if sheet is not None:
        check_sheet_file(sheet, overwrite)
    size = (height // 2 * 2, round(height * 8 / 9) * 2)
    scene = render(kind, seed, seconds=seconds, size=size, clean=clean)
    rate = Fraction(scene.frames_per_second).limit_denominator(1001)
    write_video(video, scene.frames, rate, overwrite=overwrite)
    if sheet is not None:
        height, width = scene.frames[0].shape[:2]
        reel = Reel(
            video.stem, video.absolute().as_uri(), seconds=Fraction(len(scene.frames)) / rate, frame_rate=rate,
            width=width, height=height,
        )  # fmt: skip
        write_text(sheet, write_sheet(truth(scene), kind_of(sheet), reel), overwrite)
    return video


def sheet_to(picture: Path, kinds: Sequence[str], seed: int, *, overwrite: bool) -> Path:
    """Draws the contact sheet of the named kinds, or of all."""
    _check_kinds(kinds)
    check_place(picture, (".png",), overwrite)
    pixels = contact_sheet(tuple(kinds) or tuple(KINDS), seed)
    with atomic_file(picture, overwrite=overwrite) as draft:
        write_picture(draft, pixels)
    return picture


def truth(scene: Scene) -> tuple[Cue, ...]:
    """The cue sheet that a perfect spotter would write of the scene."""
    hits = [Cue(event.time, event.strength, event.sound) for event in scene.events]
    spans = [Cue(span.start, span.level, sound=span.sound, stop=span.stop) for span in scene.spans]
    return tuple(sorted(hits + spans, key=lambda cue: cue.time))


def _check_kinds(kinds: Sequence[str]) -> None:
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(f"no scene called {kind!r}; one of: {', '.join(KINDS)}")
