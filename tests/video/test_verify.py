"""What a video carries comes along, what can't is said, and what can't be is refused before the work."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.errors import InputError, OutputError
from foleycli.video.boxes import Box, complete
from foleycli.video.containers import container_for
from foleycli.video.facts import file_facts, parse_facts
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.mux import MuxReport, mux
from foleycli.video.probe import probe
from foleycli.video.stream_plan import check_container, check_sound, plan_streams
from tests.video.clips import even, make_clip

RATE = 48000


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([find_ffmpeg(), "-nostdin", "-loglevel", "error", "-y", *map(str, arguments)], check=True)


def picture(path: Path, *arguments: str, seconds: float = 0.4) -> Path:
    ffmpeg("-f", "lavfi", "-i", f"testsrc=s=64x36:r=25:d={seconds}", *arguments, path)
    return path


def dub(source: Path, out: Path, **options: str) -> MuxReport:
    info = probe(source)
    soundfile.write(out.parent / "t.wav", np.full(int(info.duration * RATE), 0.1), RATE)
    return mux(info, out.parent / "t.wav", out, **options)  # type: ignore[arg-type]


def box_names(path: Path) -> list[bytes]:
    data, at, names = path.read_bytes(), 0, []
    while at < len(data):
        names.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return names


@pytest.fixture(scope="module")
def dolby(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """HEVC with a Dolby Vision record of profile 8.4."""
    folder = tmp_path_factory.mktemp("dolby")
    plain = picture(folder / "plain.mp4", "-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hev1")
    record = Box(b"dvvC", bytes([1, 0, 16, 37, 64]) + bytes(19))
    complete(plain, folder / "a.mp4", {}, [record], quicktime=False)
    return folder / "a.mp4"


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_dolby_vision_comes_along_and_apple_players_know_the_codec(dolby: Path, tmp_path: Path, suffix: str) -> None:
    report = dub(dolby, tmp_path / f"b{suffix}")
    video = file_facts(report.out).streams[0]
    assert any("profile: 8" in line for line in video.side_data) and not report.warnings
    assert video.tag == ("" if suffix == ".mkv" else "hvc1")


def test_tags_of_both_kinds_a_cover_and_the_index_in_front(tmp_path: Path) -> None:
    plain = make_clip(tmp_path / "plain.mp4", even(10))
    picture(tmp_path / "cover.png", "-frames:v", "1")
    named = ["-metadata", "title=Holiday", "-metadata", "artist=Me"]
    ffmpeg("-i", plain, "-i", tmp_path / "cover.png", "-map", "0", "-map", "1", "-c", "copy", *named,
           "-disposition:v:1", "attached_pic", tmp_path / "tagged.mp4")  # fmt: skip
    phone = {"com.android.version": "14", "com.android.capture.fps": "30"}
    complete(tmp_path / "tagged.mp4", tmp_path / "a.mp4", phone, [], quicktime=False)
    for suffix in (".mp4", ".mov"):
        report = dub(tmp_path / "a.mp4", tmp_path / f"b{suffix}")
        facts = file_facts(report.out)
        assert [facts.metadata[key] for key in ("title", "artist", "com.android.version")] == ["Holiday", "Me", "14"]
        assert float(facts.metadata["com.android.capture.fps"]) == 30
        assert any("attached pic" in one.disposition for one in facts.streams) == (suffix == ".mp4")
        names = box_names(report.out)
        assert names.index(b"moov") < names.index(b"mdat")
        assert bool(report.warnings) == (suffix == ".mov")  # the cover


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_rotation_comes_along(tmp_path: Path, suffix: str) -> None:
    report = dub(make_clip(tmp_path / "a.mp4", even(10), rotate=90), tmp_path / f"b{suffix}")
    assert probe(report.out).rotation == probe(tmp_path / "a.mp4").rotation != 0 and not report.warnings


@pytest.fixture(scope="module")
def panorama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """360 degrees seen from 90 degrees to the side, left and right side by side."""
    folder = tmp_path_factory.mktemp("panorama")
    plain = picture(folder / "plain.mp4", "-c:v", "libx264", "-bf", "0", "-pix_fmt", "yuv420p")
    head, pose = Box(b"svhd", bytes(4) + b"x\0"), Box(b"prhd", bytes(4) + struct.pack(">3i", 90 << 16, 0, 0))
    whole = Box(b"proj", inner=[pose, Box(b"equi", bytes(20))])
    boxes = [Box(b"st3d", bytes(4) + bytes([2])), Box(b"sv3d", inner=[head, whole])]
    complete(plain, folder / "a.mp4", {}, boxes, quicktime=False)
    ffmpeg("-i", folder / "a.mp4", "-c", "copy", folder / "a.mkv")
    return folder


@pytest.mark.parametrize("source", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_what_360_degrees_and_stereo_say_comes_along(panorama: Path, tmp_path: Path, source: str, suffix: str) -> None:
    before = sorted(line.strip() for line in file_facts(panorama / source).streams[0].side_data)
    assert (
        "side by side" in before[1] and before[0] == "Spherical Mapping: equirectangular (90.000000/0.000000/0.000000)"
    )
    report = dub(panorama / source, tmp_path / f"b{suffix}")
    assert not report.warnings
    assert sorted(line.strip() for line in file_facts(report.out).streams[0].side_data) == before


@pytest.mark.parametrize("suffix", [".ts", ".avi", ".flv"])
def test_what_360_degrees_and_stereo_say_is_said_to_be_lost(panorama: Path, tmp_path: Path, suffix: str) -> None:
    lost = dub(panorama / "a.mp4", tmp_path / f"b{suffix}").warnings
    assert len(lost) == 2 and all(f"not kept in {suffix}" in line for line in lost)
    assert "spherical mapping (equirectangular" in lost[0] and "stereo 3d (side by side" in lost[1]


def test_what_no_decoder_knows_is_dropped_and_said_before(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.mov", "-f", "lavfi", "-i", "sine=d=0.4", "-c:v", "libx264", "-c:a", "aac")
    # A telephone's spatial sound: ffmpeg knows its name alone.
    source.write_bytes(source.read_bytes().replace(b"mp4a", b"apac").replace(b"esds", b"dapa"))
    plan = plan_streams(probe(source), container_for(Path("b.mkv")), keep_sound=True)
    assert plan.warnings == [
        "audio stream 1 (apple_apac) does not go into matroska, and can't be encoded again: dropped"
    ]
    report = dub(source, tmp_path / "b.mkv", original="keep-track")
    assert report.warnings == tuple(plan.warnings) and len(probe(report.out).audio) == 1
    with pytest.raises(InputError, match=r"its sound \(apple_apac\) can't be decoded, so it can't be mixed"):
        check_sound(probe(source), "mix")


def test_what_has_no_place_is_said(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.mp4", "-c:v", "libx264", "-metadata", "title=Holiday", "-aspect", "4:3")
    assert dub(source, tmp_path / "b.ts").warnings == ("tags not kept in .ts: title",)


@pytest.mark.parametrize(
    ("name", "codec", "refused"),
    [
        ("a.gif", ["-c:v", "gif"], [".mp4", ".webm", ".ts", ".flv"]),
        ("a.webm", ["-c:v", "libvpx"], [".mp4", ".mov", ".ts", ".flv", ".3gp"]),
        ("a.mp4", ["-c:v", "libx264", "-bf", "2", "-x264-params", "b-adapt=0"], [".webm", ".avi"]),
        ("b.mp4", ["-c:v", "libx264", "-bf", "0"], [".webm"]),
    ],
)
def test_pictures_are_refused_before_the_work_by_the_ffmpeg_that_writes(
    tmp_path: Path, name: str, codec: Sequence[str], refused: Sequence[str]
) -> None:
    info = probe(picture(tmp_path / name, *codec))
    for suffix in (".mp4", ".mov", ".mkv", ".webm", ".ts", ".avi", ".flv", ".3gp"):
        if suffix in refused or (name == "a.gif" and suffix in (".avi", ".3gp")):
            with pytest.raises(OutputError, match=r"does not go into \.\w+ here \(video stream 0: .+\); use \.\w+"):
                check_container(info, tmp_path / f"b{suffix}")
        else:
            check_container(info, tmp_path / f"b{suffix}")


def test_h264_goes_into_avi_where_its_pictures_are_in_order(tmp_path: Path) -> None:
    for name in ("a.mkv", "a.mp4"):  # MP4's ticks, 12800 a second, are no rate
        source = picture(tmp_path / name, "-c:v", "libx264", "-bf", "0", seconds=2)
        made = probe(dub(source, tmp_path / f"{name}.avi").out)
        assert (made.duration, made.frame_rate) == (probe(source).duration, 25)


def test_a_track_that_does_not_fit_is_encoded_again_and_it_is_known_before(tmp_path: Path) -> None:
    sound = ["-f", "lavfi", "-i", "sine=d=0.4", "-c:v", "libx264"]
    for codec in ("libopus", "flac", "truehd"):
        source = picture(tmp_path / f"{codec}.mkv", *sound, "-c:a", codec, "-strict", "-2")
        plan = plan_streams(probe(source), container_for(Path("b.mov")), keep_sound=True)
        assert len(plan.warnings) == 1 and "audio stream 1" in plan.warnings[0] and "encoded again" in plan.warnings[0]
        report = dub(source, tmp_path / f"{codec}.mov", original="keep-track")
        assert report.warnings == tuple(plan.warnings) and len(probe(report.out).audio) == 2


def test_pictures_hidden_by_an_edit_list_do_not_come_back(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4", even(40), gop=40)
    ffmpeg("-ss", "0.6", "-i", whole, "-c", "copy", tmp_path / "cut.mp4")
    info = probe(tmp_path / "cut.mp4")
    assert probe(dub(info.path, tmp_path / "b.mp4").out).duration == info.duration < Fraction(11, 10)
    with pytest.raises(OutputError, match="an edit list hides its first"):
        check_container(info, tmp_path / "b.mkv")


@pytest.mark.parametrize(("first", "then", "step"), [(60, 2, "-"), (2, 60, "+")])
def test_a_clock_that_jumps_is_refused(tmp_path: Path, first: int, then: int, step: str) -> None:
    parts = [make_clip(tmp_path / f"{at}.ts", even(30, start=at)) for at in (first, then)]
    (tmp_path / "a.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    with pytest.raises(InputError, match=rf"the clock of its pictures jumps by \{step}5[6-9]\.\d s .*-c copy"):
        probe(tmp_path / "a.ts")


def test_a_result_of_another_length_is_an_error_and_no_file(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(10)))
    soundfile.write(tmp_path / "t.wav", np.zeros(RATE), RATE)
    with pytest.raises(OutputError, match=r"came out 0\.333 s long, and the video is 0\.433 s"):
        mux(replace(info, duration=info.duration + Fraction(1, 10)), tmp_path / "t.wav", tmp_path / "b.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "t.wav"]


def test_the_text_of_a_tag_is_not_a_stream() -> None:
    facts = parse_facts(
        "Input #0, matroska,webm, from 'a.mkv':\n  Metadata:\n    title           : one\n"
        "                    :   Stream #0:7: Audio: aac, 48000 Hz, 5.1, fltp\n"
        "  Duration: 00:00:02.01, start: 0.500000, bitrate: 56 kb/s\n"
        "  Stream #0:0(deu): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(pc, bt709, progressive), "
        "320x180 [SAR 4:3 DAR 64:27], 25 fps, 25 tbr, 1k tbn (default) (attached pic)\n"
        "      Metadata:\n        HANDLER_NAME    : x\n"
        "      Side data:\n        displaymatrix: rotation of 90.00 degrees\n"
        "At least one output file must be specified\n"
    )
    (video,) = facts.streams
    assert (facts.metadata["title"], facts.start, facts.duration) == (
        "one\n  Stream #0:7: Audio: aac, 48000 Hz, 5.1, fltp", 0.5, 2.01,
    )  # fmt: skip
    assert (video.codec, video.tag, video.size, video.sample_aspect) == ("hevc", "hvc1", "320x180", "4:3")
    assert (video.language, video.disposition) == ("deu", {"default", "attached pic"})
    assert (video.pixels, video.colour) == ("yuv420p10le", {"pc", "bt709", "progressive"})
    assert video.side_data == ("displaymatrix: rotation of 90.00 degrees",)
