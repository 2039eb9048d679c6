from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from foleycli.errors import InputError
from foleycli.video.probe import picture_times, probe
from tests.video.clips import even, make_clip, uneven


def test_even_clip(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(45), sound=(0, 1)))
    assert (info.duration, info.start, info.frame_rate) == (Fraction(3, 2), 0, 30)
    assert not info.variable and (info.width, info.height, info.rotation) == (128, 96, 0)
    assert [stream.kind for stream in info.streams] == ["video", "audio"] and info.has_audio
    assert (info.audio[0].channels, info.audio[0].sample_rate, info.audio[0].codec) == (1, 48000, "aac")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_variable_rate_is_seen_and_ends_after_its_last_picture(tmp_path: Path, suffix: str) -> None:
    times = uneven(30)
    info = probe(make_clip(tmp_path / f"v{suffix}", times))
    assert info.variable
    assert abs(info.duration - times[-1]) < Fraction(1, 8)
    assert picture_times(info) == pytest.approx([float(time) for time in times], abs=0.0006)  # Matroska counts in ms


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_late_pictures_start_late(tmp_path: Path, suffix: str) -> None:
    info = probe(make_clip(tmp_path / f"late{suffix}", even(20, start=Fraction(3, 2)), sound=(0, 2)))
    late = info.start - info.container_start
    assert abs(late - Fraction(3, 2)) < Fraction(3, 100)
    assert abs(info.duration - Fraction(20, 30)) < Fraction(1, 100)


@pytest.mark.parametrize(("rotate", "clockwise"), [(0, 0), (90, 270), (180, 180), (-90, 90)])
@pytest.mark.parametrize("mirror", [False, True])
def test_rotation_is_told_clockwise(tmp_path: Path, rotate: int, clockwise: int, mirror: bool) -> None:
    info = probe(make_clip(tmp_path / "r.mp4", even(3), rotate=rotate, mirror=mirror))
    assert info.mirrored == mirror
    if not mirror:
        assert info.rotation == clockwise


def test_one_picture_has_a_length(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "one.mp4", even(1)))
    assert 0 < info.duration <= Fraction(1, 10) and not info.variable


def test_names_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_clip(tmp_path / "a.mp4", even(3)).read_bytes()
    monkeypatch.chdir(tmp_path)
    for name in ("-i.mp4", "http:x.mp4", "concat:a.mp4", "Ünï cødé %03d.mp4", "a b|c.mp4"):
        Path(name).write_bytes(clip)
        assert probe(Path(name)).frame_rate == 30


def test_playlists_and_lists_are_refused(tmp_path: Path) -> None:
    make_clip(tmp_path / "a.mp4", even(3))
    lists = {
        "a.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.mp4\n#EXT-X-ENDLIST\n",
        "a.ffconcat": "ffconcat version 1.0\nfile a.mp4\n",
        "a.sdp": "v=0\nm=video 5004 RTP/AVP 96\n",
        "a.txt": "hello\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError):
            probe(tmp_path / name)


def test_what_is_no_video_says_so_in_one_line(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", even(30), sound=(0, 1)).read_bytes()
    moov_last = make_clip(tmp_path / "b.mov", even(30)).read_bytes()
    bad = {
        "empty.mp4": b"",
        "few.mp4": bytes(48),
        "cut.mov": moov_last[: len(moov_last) * 6 // 10],
        "x.mkv": whole[:60],
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    for name in (*bad, "missing.mp4", "."):
        with pytest.raises(InputError) as caught:
            probe(tmp_path / name)
        assert "\n" not in str(caught.value) and ";" in str(caught.value)


def test_truncated_matroska_ends_where_its_packets_end(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", even(90), gop=10)
    data = whole.read_bytes()
    (tmp_path / "half.mkv").write_bytes(data[: len(data) // 2])
    assert Fraction(1, 5) < probe(tmp_path / "half.mkv").duration < probe(whole).duration * 3 / 4


def test_both_ends_of_a_large_file_tell_as_much_as_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = [make_clip(tmp_path / f"a{suffix}", even(150), gop=10, sound=(0, 5)) for suffix in (".mp4", ".mkv", ".ts")]
    whole = [probe(clip) for clip in clips]
    monkeypatch.setattr("foleycli.video.timing.WHOLE_BYTES", 1000)
    monkeypatch.setattr("foleycli.video.timing.HEAD_PACKETS", 60)
    assert [probe(clip) for clip in clips] == whole


def test_cover_is_not_the_video(tmp_path: Path) -> None:
    import av

    with av.open(str(make_clip(tmp_path / "a.mkv", even(5)))) as source, av.open(str(tmp_path / "c.mkv"), "w") as out:
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        video = out.add_stream_from_template(source.streams.video[0])
        for packet in cover.encode(av.VideoFrame(64, 64, "yuvj420p")) + cover.encode(None):
            out.mux(packet)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = video
                out.mux(packet)
    assert probe(tmp_path / "c.mkv").video_index == 1
