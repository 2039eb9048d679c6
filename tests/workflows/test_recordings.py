"""What is said of the recordings of a dub."""

from __future__ import annotations

from pathlib import Path

from foleycli.library.likes import read_like
from foleycli.library.player import Used
from foleycli.workflows.recordings import unused_likes
from tests.library.recordings import taps, write


def test_a_recording_that_nothing_is_played_like_is_said_once(tmp_path: Path) -> None:
    wood, gong = (read_like(write_taps(tmp_path / name), "") for name in ("wood.wav", "gong.wav"))
    impacts, ambience = (Used(wood, "like", 3), Used(gong, "like", 0)), (Used(wood, "like", 0), Used(gong, "like", 0))
    assert unused_likes((*impacts, *ambience)) == (f"--like {tmp_path / 'gong.wav'}: nothing here is played like it",)
    assert unused_likes((Used(gong, "hit", 0),)) == ()  # of a library: one of those that were chosen among


def write_taps(path: Path) -> Path:
    write(path, taps([0.1, 0.6], 1.1, seed=1))
    return path
