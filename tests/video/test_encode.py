from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from foleycli.errors import OutputError
from foleycli.video.encode import write_video
from foleycli.video.frames import FrameReader
from foleycli.video.probe import probe
from tests.video.clips import number_of, numbered


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001), Fraction(240)])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_written_pictures_are_read_at_their_times(tmp_path: Path, rate: Fraction, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    assert write_video(path, (numbered(k) for k in range(20)), rate) == 20
    info = probe(path)
    assert abs(info.duration - 20 / rate) < Fraction(1, 500)
    with FrameReader(info, rate, (48, 64)) as reader:
        assert [number_of(picture) for picture in reader.read(Fraction(0), 20 / rate)] == list(range(20))


def test_odd_sizes_lose_a_line(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", [np.zeros((33, 57, 3), np.uint8)] * 2, 25)
    info = probe(tmp_path / "a.mp4")
    assert (info.height, info.width) == (32, 56)


def test_failure_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        write_video(tmp_path / "a.mp4", [], 25)
    with pytest.raises(OutputError):
        write_video(tmp_path / "a.xyz", [np.zeros((32, 32, 3), np.uint8)], 25)
    assert not list(tmp_path.iterdir())
