from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from foleycli.errors import InputError
from foleycli.video.frames import FrameReader
from foleycli.video.probe import probe
from tests.video.clips import even, make_clip, number_of, uneven


@cache
def all_pictures(path: Path) -> list[tuple[Fraction, int]]:
    with av.open(str(path)) as container:
        shown = [
            (frame.pts * frame.time_base, number_of(frame.to_ndarray(format="rgb24")))
            for frame in container.decode(video=0)
        ]
    return shown


def brute_force(path: Path, start: Fraction, stop: Fraction, rate: int) -> list[int]:
    """Decodes everything, then picks by time: the definition."""
    shown = all_pictures(path)
    first = shown[0][0]
    picked = []
    for k in range(int((stop - start) * rate) + 1):
        time = start + Fraction(k, rate)
        if time < stop:
            picked.append([n for at, n in shown if at - first <= time + Fraction(1, 2000)][-1:] or [shown[0][1]])
    return [number for (number,) in picked]


def write_noise(path: Path, chroma: str = "yuv420p") -> Path:
    """75 pictures of moving texture: what shows each damaged byte and each wrong guess of the decoder."""
    texture = np.random.default_rng(0).integers(0, 255, (30, 60, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "20"})
        stream.height, stream.width, stream.pix_fmt, stream.gop_size = 240, 320, chroma, 12
        for k in range(75):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(texture[:, 2 * k : 2 * k + 320]), format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


CLIPS = {
    "even": {"times": even(50)},
    "variable": {"times": uneven(48)},
    "late": {"times": even(40, start=Fraction(7, 5)), "sound": (0, 3)},
    "fast": {"times": even(50, 120)},
    "slow": {"times": even(12, 5)},
    "short": {"times": even(6)},
    "one": {"times": even(1)},
}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
@pytest.mark.parametrize("name", CLIPS)
def test_agrees_with_brute_force(tmp_path: Path, name: str, suffix: str) -> None:
    if suffix == ".avi" and name in ("variable", "late"):
        suffix = ".mov"  # AVI has no times of its own
    path = make_clip(tmp_path / f"{name}{suffix}", **CLIPS[name], codec="mpeg4" if suffix == ".avi" else "libx264")
    info = probe(path)
    with FrameReader(info, 25, (24, 32)) as reader:
        for start in (Fraction(0), info.duration / 2, info.duration / 3, Fraction(0)):  # forward and back
            pixels = reader.read(start, info.duration + 1)
            assert [number_of(picture) for picture in pixels] == brute_force(path, start, info.duration + 1, 25)


def test_windows_that_overlap_or_lie_far_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip(tmp_path / "long.mkv", even(300, 10), gop=30)
    info = probe(path)
    monkeypatch.setattr("foleycli.video.frames.SEEK_SECONDS", 2)
    with FrameReader(info, 25, (24, 32)) as reader:
        for start in (
            Fraction(0),
            Fraction(71, 10),
            Fraction(14),
            Fraction(25),
            Fraction(3),
            Fraction(28),
            Fraction(50),
        ):
            found = [number_of(picture) for picture in reader.read(start, start + 2)]
            assert found == brute_force(path, start, start + 2, 25)


def test_overlapping_windows_decode_each_picture_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = FrameReader(probe(make_clip(tmp_path / "a.mp4", even(300))), 25, (24, 32))
    squeezed = []
    squeeze = reader._squeeze
    monkeypatch.setattr(reader, "_squeeze", lambda picture: squeezed.append(1) or squeeze(picture))
    for k in range(10):
        reader.read(Fraction(k), Fraction(k) + 2)
    assert len(squeezed) <= 300


def test_grey_is_the_luminance_of_the_colours(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(20)))
    colour = FrameReader(info, 25, (24, 32)).read(Fraction(0), Fraction(1, 2))
    grey = FrameReader(info, 25, (24, 32), grey=True).read(Fraction(0), Fraction(1, 2))
    assert grey.shape == colour.shape[:3] == (13, 24, 32)
    assert np.abs(colour[:, 10:, :].mean(-1) - grey[:, 10:, :]).max() < 6


@pytest.mark.parametrize(
    ("rotate", "white", "red"),
    [(0, (0, 0), (0, -1)), (180, (-1, -1), (-1, 0)), (90, (-1, 0), (0, 0)), (-90, (0, -1), (-1, -1))],
)
def test_pictures_are_upright(tmp_path: Path, rotate: int, white: tuple[int, int], red: tuple[int, int]) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(3), rotate=rotate))
    (picture,) = FrameReader(info, 30, (40, 48)).read(Fraction(0), Fraction(1, 30))
    assert picture.shape == (40, 48, 3)
    assert picture[white].min() > 200
    assert picture[red][0] > 200 and picture[red][1] < 60


def test_mirror_as_ffmpeg_would_show_it(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(3), mirror=True))
    (picture,) = FrameReader(info, 30, (40, 48)).read(Fraction(0), Fraction(1, 30))
    assert picture[0, -1].min() > 200 and picture[0, 0, 1] < 60


def test_damaged_packets_are_stepped_over(tmp_path: Path) -> None:
    data = bytearray(make_clip(tmp_path / "a.mp4", even(90), gop=10).read_bytes())
    rng = np.random.default_rng(0)
    begin = data.index(b"mdat") + 8
    for at in rng.integers(begin + (len(data) - begin) // 3, begin + (len(data) - begin) * 2 // 3, 200):
        data[at] ^= 0xFF
    (tmp_path / "b.mp4").write_bytes(data)
    info = probe(tmp_path / "b.mp4")
    pixels = FrameReader(info, 25, (24, 32)).read(Fraction(0), Fraction(3))
    assert len(pixels) == 75
    assert number_of(pixels[0]) == 0 and number_of(pixels[-1]) == 88 % 50  # at 2.96 s


def test_damage_looks_the_same_each_time(tmp_path: Path) -> None:
    data = bytearray(write_noise(tmp_path / "a.mp4").read_bytes())
    begin = data.index(b"mdat") + 8
    for at in np.random.default_rng(0).integers(begin + 3000, len(data), 40):
        data[at] ^= 0xFF
    (tmp_path / "b.mp4").write_bytes(data)
    info = probe(tmp_path / "b.mp4")
    first, *others = [FrameReader(info, 25, (24, 32)).read(Fraction(0), info.duration) for _ in range(4)]
    assert all(np.array_equal(first, other) for other in others)


@pytest.mark.parametrize("chroma", ["yuv420p", "yuv444p"])
def test_first_read_far_in_is_as_good_as_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chroma: str) -> None:
    monkeypatch.setattr("foleycli.video.frames.SEEK_SECONDS", Fraction(1, 2))
    info = probe(write_noise(tmp_path / "a.mp4", chroma))
    whole = FrameReader(info, 25, (24, 32)).read(Fraction(0), info.duration)
    late = FrameReader(info, 25, (24, 32)).read(Fraction(2), info.duration)
    assert np.array_equal(whole[50:], late)


def test_nothing_asked_is_nothing_read(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(3)))
    assert FrameReader(info, 25, (8, 8)).read(Fraction(1), Fraction(1)).shape == (0, 8, 8, 3)


def test_file_that_vanished_is_an_input_error(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(3)))
    info.path.unlink()
    with pytest.raises(InputError):
        FrameReader(info, 25, (8, 8))
