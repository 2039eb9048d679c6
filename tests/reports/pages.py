"""A report made by hand, without a model: a row of each kind."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import soundfile

from foleycli.audio.browser import OPUS_RATE, OpusEncoder
from foleycli.cues.sheet import Cue
from foleycli.reports.film_strip import Strip
from foleycli.reports.page.page import Run, write_page
from foleycli.reports.page.rows import Agreement, Outcome, Row
from foleycli.reports.page.sound import SoundSummary
from foleycli.video.probe import VideoInfo

LINKED = "100% #1? of 2.wav"


def make_rows(folder: Path, name: str = "a.mp4", reason: str = "no video") -> list[Row]:
    """Played from the page, played from a file beside it, failed."""
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(OPUS_RATE) / OPUS_RATE, dtype=np.float32)[None]
    encoder = OpusEncoder(1)
    encoder.write(tone)
    opus = encoder.finish()
    soundfile.write(folder / LINKED, tone[0], OPUS_RATE)
    jobs = [(folder / name, folder / target) for target in (name, LINKED, name)]
    info = VideoInfo(
        path=folder / name, container="mp4", duration=Fraction(1), start=Fraction(0), container_start=Fraction(0),
        width=64, height=48, rotation=0, mirrored=False, sample_aspect=Fraction(1), frame_rate=Fraction(25),
        variable=False, video_index=0, streams=(),
    )  # fmt: skip
    cues = (Cue(0.1, sound=name), Cue(0.5, stop=0.9, sound="rain"))
    heard = [SoundSummary(1.0, -12.5, -10.4, (0.1,), np.ones((2, 200), np.float32), kept) for kept in (opus, None)]
    done = Outcome(*jobs[0], "done", cues, (reason,), 2.0)
    return [
        Row(done, info, Strip(b"", 3), heard[0], cues, Agreement(1, 1, 1.0), (reason,)),
        Row(Outcome(*jobs[1], "before"), info, Strip(b"", 3), heard[1]),
        Row(Outcome(*jobs[2], "failed", reason=reason)),
    ]


def make_page(folder: Path, name: str = "a.mp4", reason: str = "no video") -> Path:
    run = Run(name, "2026-11-24 12:00", (("model", name),), 3.0)
    write_page(make_rows(folder, name, reason), run, folder / "report.html", overwrite=True)
    return folder / "report.html"
