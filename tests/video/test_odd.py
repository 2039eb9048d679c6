"""Files that break video tools: made ones, and those of ../shared/odd when they are there."""

from __future__ import annotations

import csv
import json
import socket
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from foleycli.errors import InputError
from foleycli.video.containers import suffix_like
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.frames import FrameReader
from foleycli.video.probe import probe
from tests.video.clips import even, make_clip, number_of
from tests.video.test_mux import assert_dubbed, dub

ODD = Path(__file__).parents[3] / "shared" / "odd"
ODD_FILES = {row["name"]: row for row in csv.DictReader((ODD / "manifest.csv").open())} if ODD.is_dir() else {}
REFUSED = {"corrupt_48_bytes.mp4", "zero_bytes.webm", "truncated_60pct.mp4", "audioonly_10s.mp4"}

FUZZ_SECONDS = 3
PICTURE = "testsrc2=size=160x90:rate=30:duration=2"
MADE = {
    "hdr10.mp4": ["-vf", "format=yuv420p10le", "-c:v", "libx265", "-x265-params", "log-level=error:transfer=smpte2084"],
    "open_groups.mp4": ["-c:v", "libx265", "-x265-params", "log-level=error:keyint=10:open-gop=1"],
    "fragments.mp4": ["-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov+delay_moov", "-g", "15"],
    "240fps.mp4": ["-vf", "fps=240", "-c:v", "libx264", "-preset", "ultrafast"],
    "odd_size.mkv": ["-vf", "scale=161:91,format=yuv444p", "-c:v", "libx264"],
    "one_pixel.mkv": ["-vf", "scale=1:1,format=yuv444p", "-c:v", "libx264"],
    "no_end.webm": ["-c:v", "libvpx", "-live", "1", "-deadline", "realtime"],
    "wraps.ts": ["-c:v", "mpeg2video", "-output_ts_offset", "95442"],  # the clock of MPEG-TS starts again at 95443.7 s
    "grey_16_bit.mkv": ["-c:v", "ffv1", "-pix_fmt", "gray16le"],
    "b_frames.avi": ["-c:v", "mpeg4", "-bf", "2"],
    "10_bit.webm": ["-vf", "format=yuv420p10le", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"],
    "time_code.mov": ["-c:v", "prores_ks", "-timecode", "10:00:00:00"],
    "prores.mxf": ["-vf", "fps=25", "-c:v", "prores_ks"],
    "interlaced.ts": ["-vf", "interlace", "-c:v", "mpeg2video", "-flags", "+ilme+ildct"],
}


@pytest.mark.parametrize("name", MADE)
def test_made_file_is_read_and_dubbed(tmp_path: Path, name: str) -> None:
    make = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", PICTURE, *MADE[name]]
    subprocess.run([*make, str(tmp_path / name)], check=True)
    before, after, _ = dub(tmp_path / name, tmp_path / f"out{suffix_like(Path(name))}")
    assert_dubbed(before, after, rounding=1e-6 if after.path.suffix == Path(name).suffix else 1e-3)
    assert abs(before.duration - 2) < Fraction(1, 100)
    with FrameReader(before, 5, (18, 32)) as reader:
        whole = reader.read(Fraction(0), Fraction(2))
    assert np.array_equal(whole[5:], FrameReader(before, 5, (18, 32)).read(Fraction(1), Fraction(2)))
    assert name == "one_pixel.mkv" or len(np.unique(whole.reshape(10, -1), axis=0)) == 10  # it moves


@pytest.mark.parametrize("seek", ["0.9", "1.3"])
def test_edit_list_that_starts_inside_a_group_of_pictures(tmp_path: Path, seek: str) -> None:
    make = [find_ffmpeg(), "-nostdin", "-loglevel", "error"]
    subprocess.run([*make, "-f", "lavfi", "-i", PICTURE, "-c:v", "libx264", str(tmp_path / "a.mp4")], check=True)
    subprocess.run(
        [*make, "-ss", seek, "-i", str(tmp_path / "a.mp4"), "-c", "copy", str(tmp_path / "b.mp4")], check=True
    )
    whole, cut, after = probe(tmp_path / "a.mp4"), *dub(tmp_path / "b.mp4", tmp_path / "c.mp4")[:2]
    assert_dubbed(cut, after)
    assert abs(cut.duration + Fraction(seek) - whole.duration) < Fraction(1, 20)
    late = FrameReader(whole, 30, (18, 32)).read(Fraction(seek), whole.duration)
    for copy in (cut, after):
        shown = FrameReader(copy, 30, (18, 32)).read(Fraction(0), copy.duration)
        assert np.abs(shown[:10].astype(int) - late[:10]).max() < 3


def test_pictures_before_time_zero_are_not_taken_for_the_first(tmp_path: Path) -> None:
    make = [find_ffmpeg(), "-nostdin", "-loglevel", "error"]
    early = ["-c", "copy", "-output_ts_offset", "-0.5", "-avoid_negative_ts", "disabled"]
    clip = make_clip(tmp_path / "a.mp4", even(30))
    subprocess.run([*make, "-i", str(clip), *early, str(tmp_path / "b.mkv")], check=True)
    info = probe(tmp_path / "b.mkv")
    assert abs(info.duration - Fraction(1, 2)) < Fraction(1, 100)
    shown = FrameReader(info, 30, (18, 32)).read(Fraction(0), info.duration)
    assert [number_of(picture) for picture in shown[:5]] == [15, 16, 17, 18, 19]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("suffix", [".mkv", ".mov"])
def test_a_cover_is_no_film(tmp_path: Path, suffix: str, first: bool) -> None:
    make = [find_ffmpeg(), "-nostdin", "-loglevel", "error"]
    clip, cover = make_clip(tmp_path / "a.mp4", even(20)), tmp_path / "cover.png"
    subprocess.run([*make, "-i", str(clip), "-frames:v", "1", str(cover)], check=True)
    sources = [str(cover), str(clip)] if first else [str(clip), str(cover)]
    both = ["-i", sources[0], "-i", sources[1], "-map", "0", "-map", "1", "-c", "copy"]
    subprocess.run([*make, *both, str(tmp_path / f"b{suffix}")], check=True)
    before, after, _ = dub(tmp_path / f"b{suffix}", tmp_path / f"c{suffix}")
    assert_dubbed(before, after)
    assert before.streams[before.video_index].codec == "h264"
    assert [one.codec for one in after.streams if one.kind == "video"] == ["h264", "png"]


SCRIPTS = {
    "list.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n",
    "list.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n",
    "cuts.ffconcat": "ffconcat version 1.0\nfile {}\n",
    "cuts.mkv": "ffconcat version 1.0\nfile {}\n",
    "list.mpd": '<MPD type="static" mediaPresentationDuration="PT2S"><Period><AdaptationSet mimeType="video/mp4">'
    '<Representation id="1" bandwidth="1"><BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>',
    "call.sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns={}\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "list.pls": "[playlist]\nFile1={}\n",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_reaches_other_files_or_the_network_is_not_followed(tmp_path: Path, name: str) -> None:
    clip = make_clip(tmp_path / "clip.ts", even(20))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        for goal in (clip.name, f"file:{clip}", f"http://127.0.0.1:{server.getsockname()[1]}/clip.ts"):
            (tmp_path / name).write_text(SCRIPTS[name].format(goal))
            with pytest.raises(InputError) as caught:
                probe(tmp_path / name)
            assert "\n" not in str(caught.value) and ";" in str(caught.value)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.skipif(not ODD_FILES, reason="no ../shared/odd here")
@pytest.mark.parametrize("name", ODD_FILES or ["none"])
def test_odd_file_is_dubbed_or_refused_in_one_line(tmp_path: Path, name: str) -> None:
    if name in REFUSED:
        with pytest.raises(InputError) as caught:
            probe(ODD / name)
        assert "\n" not in str(caught.value) and ";" in str(caught.value)
        return
    info = probe(ODD / name)
    assert info.rotation == -round(float(ODD_FILES[name]["rotation"] or 0)) % 360
    assert f"{info.width}x{info.height}" == f"{ODD_FILES[name]['width']}x{ODD_FILES[name]['height']}"
    with FrameReader(info, 1, (18, 32)) as reader:
        assert reader.read(Fraction(0), min(info.duration, Fraction(3))).shape[1:] == (18, 32, 3)
    (tmp_path / name).symlink_to(ODD / name)
    before, after, _ = dub(tmp_path / name, tmp_path / f"out{Path(name).suffix}")
    assert_dubbed(before, after)
    assert (after.rotation, after.sample_aspect) == (before.rotation, before.sample_aspect)


def test_whatever_is_in_a_file_it_is_read_or_refused(tmp_path: Path) -> None:
    """The first seconds of what was run for ten minutes: docs/reliability.md."""
    fuzz = [sys.executable, "-m", "tests.video.fuzz", "--seconds", str(FUZZ_SECONDS), "--keep", str(tmp_path / "bad")]
    ran = subprocess.run(fuzz, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert (found["crash"], found["hang"], found["fault"]) == (0, 0, 0), ran.stderr
    assert found["read"] + found["refused"] == found["files"] > 0
