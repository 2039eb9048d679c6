"""Rows: what they hold for every way a video can end, and what they take in the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.cues.sheet import Cue
from foleycli.reports.page.rows import PAGE_BYTES, Outcome, agreement, make_row
from tests.video.clips import even, make_clip

Files = tuple[Path, Path]  # source, target


@pytest.fixture
def job(tmp_path: Path) -> Files:
    """A clip of 0.8 s, and what it became: a track with a click at 0.4 s."""
    make_clip(tmp_path / "a.mp4", even(20, 25), size=(96, 64), rotate=90)
    track = np.zeros(38400)
    track[19200:19300] = np.hanning(100)
    soundfile.write(tmp_path / "a.foley.wav", track, 48000)
    return tmp_path / "a.mp4", tmp_path / "a.foley.wav"


def test_a_dub_is_seen_and_heard_and_not_scored_against_its_own_cues(job: Files) -> None:
    cues = (Cue(0.4), Cue(0.6, mute=True), Cue(0.1, stop=0.7))
    row = make_row(Outcome(*job, "done", cues, ("a stream was dropped",), 1.5))
    assert row.troubles == ("a stream was dropped",)
    assert row.seen is not None
    assert row.seen.duration == pytest.approx(0.8, abs=0.02)
    assert row.heard is not None
    assert row.heard.onset_seconds == pytest.approx([0.4], abs=0.02)
    assert row.agreement is None  # the clip has no sound of its own; the click was made from the cue
    assert not row.plays
    assert row.strip is not None
    assert row.strip.count == 10  # lying down: 96 x 64 as shown
    taken = len(row.strip.webp) + len(row.heard.opus or b"")
    assert taken < row.page_bytes < taken * 4 / 3 + 35_000


def test_hits_are_compared_with_the_sound_that_the_video_came_with(job: Files, tmp_path: Path) -> None:
    source = make_clip(tmp_path / "b.mp4", even(20, 25), sound=(0.3, 0.7))
    row = make_row(Outcome(source, job[1], "done", (Cue(0.31), Cue(0.4), Cue(0.1, stop=0.7))))
    assert row.agreement is not None
    assert (row.agreement.heard, row.agreement.hits) == (1, 2)  # not the click at 0.4 s in the result
    assert make_row(Outcome(source, job[1], "done", (Cue(0.1, stop=0.7),))).agreement is None
    assert make_row(Outcome(source, source, "before")).plays


def test_sound_that_no_longer_fits_is_not_kept(job: Files) -> None:
    assert make_row(Outcome(*job, "before"), PAGE_BYTES).heard.opus  # type: ignore[union-attr]
    row = make_row(Outcome(*job, "before"), 1000)
    assert row.heard is not None
    assert row.heard.opus is None
    assert row.cues is None  # done by a foley that noted none


def test_what_can_not_be_read_is_said_in_its_row(job: Files) -> None:
    job[1].write_bytes(b"")
    row = make_row(Outcome(*job, "before"))
    assert row.strip is not None
    assert row.heard is None
    assert "empty (0 bytes)" in row.troubles[0]


def test_a_failure_is_its_reason() -> None:
    row = make_row(Outcome(Path("b.mp4"), Path("b.foley.mp4"), "failed", reason="b.mp4: not a video file"))
    assert (row.seen, row.heard, row.outcome.why) == (None, None, "not a video file")


def test_agreement_counts_hits_once() -> None:
    cues = [Cue(1.0), Cue(2.0), Cue(3.0)]
    found = agreement(cues, [1.02, 2.04, 2.06, 9.0])
    assert found is not None
    assert (found.heard, found.hits) == (2, 3)
    assert found.f1 == pytest.approx(4 / 7)
    assert agreement([Cue(1.0, stop=2.0)], [1.0]) is None
