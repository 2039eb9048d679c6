"""Marks, titles, time codes, transparency, dates and clocks: carried along, or said before anyone misses them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from foleycli.audio.decoding import read_audio
from foleycli.errors import InputError, OutputError
from foleycli.video import timing
from foleycli.video.facts import file_facts, parse_facts
from foleycli.video.probe import probe
from foleycli.video.stream_plan import check_container
from tests.video.clips import even, make_clip
from tests.video.test_verify import dub, ffmpeg, picture

TONE = ("-f", "lavfi", "-i", "sine=d=0.4:r=48000")
STYLED = """[Script Info]
ScriptType: v4.00+

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.10,0:00:00.30,Default,,0,0,0,,hello
"""


def test_streams_of_a_group_are_streams_too() -> None:
    """QuickTime files with a time code: ffmpeg prints their pictures two blanks further in."""
    facts = parse_facts(
        "Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'a.mov':\n  Metadata:\n    major_brand     : qt  \n"
        "  Duration: 00:00:02.00, start: 0.000000, bitrate: 4881 kb/s\n"
        "  Stream group #0:0[0x4]: Track Reference:\n    Metadata:\n      comment         : one\n"
        "    Stream #0:2[0x1]: Video: prores (HQ) (apch / 0x68637061), yuv422p10le(tv, progressive), 160x90, 30 fps\n"
        "      Metadata:\n        timecode        : 10:00:00:00\n"
        "    Stream #0:3[0x4](eng): Data: none (tmcd / 0x64636D74), 0 kb/s\n"
        "  Stream group #0:1[0x5]: Track Reference:\n"
        "    Stream #0:3[0x4](eng): Data: none (tmcd / 0x64636D74), 0 kb/s\n"
        "  Stream #0:1[0x2]: Audio: pcm_s24le (in24 / 0x34326E69), 48000 Hz, quad, s32 (24 bit), 1152 kb/s (default)\n"
        "    Metadata:\n      handler_name    : SoundHandler\n    Stream #0:9: Audio: aac, 48000 Hz, 5.1, fltp\n"
    )
    assert [(one.index, one.kind, one.codec) for one in facts.streams] == [
        (1, "audio", "pcm_s24le"), (2, "video", "prores"), (3, "data", "none"),
    ]  # fmt: skip
    assert facts.streams[1].metadata == {"timecode": "10:00:00:00"} and facts.streams[0].layout == "quad"


def test_pictures_with_a_time_code_are_tried_before_the_work_and_lost_codes_are_said(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.mov", *TONE, "-c:v", "prores_ks", "-timecode", "10:00:00:00")
    with pytest.raises(OutputError, match="prores video does not go into"):
        check_container(probe(source), tmp_path / "b.mp4")
    for suffix in (".mov", ".mkv"):
        report = dub(source, tmp_path / f"b{suffix}")
        assert not report.warnings
        assert "10:00:00:00" in {one.metadata.get("timecode") for one in file_facts(report.out).streams}
    assert dub(source, tmp_path / "b.avi").warnings == ("time code 10:00:00:00 not kept in .avi",)


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with a comment on it, forced subtitles with styles, and titles."""
    folder = tmp_path_factory.mktemp("marked")
    (folder / "s.ass").write_text(STYLED)
    maps = ["-i", folder / "s.ass", "-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:a", "flac", "-c:s", "ass"]
    names = ["-metadata:s:v", "title=Main", "-metadata:s:a:1", "title=Talk", "-metadata:s:s", "title=Signs"]
    marks = ["-disposition:a:1", "comment", "-disposition:s", "forced"]
    return picture(folder / "a.mkv", *TONE, *TONE, *maps, "-c:v", "libx264", *names, *marks)


def test_marks_and_titles_of_streams_come_along_or_are_said(marked: Path, tmp_path: Path) -> None:
    report = dub(marked, tmp_path / "b.mkv", original="keep-track")
    assert not report.warnings
    video, _, _, talk, signs = file_facts(report.out).streams
    assert (video.metadata["title"], talk.metadata["title"], signs.metadata["title"]) == ("Main", "Talk", "Signs")
    assert "comment" in talk.disposition and "forced" in signs.disposition
    assert dub(marked, tmp_path / "b.mp4", original="keep-track").warnings == (
        "subtitle stream 3 (ass) becomes mov_text: its text is kept, its styles are not",
    )
    lost = dub(marked, tmp_path / "b.ts", original="keep-track").warnings
    assert {line for line in lost if "audio stream 2: " in line or "video stream 0: " in line} == {
        "video stream 0: its title, Main, not kept in .ts",
        "audio stream 2: its title, Talk, not kept in .ts",
        "audio stream 2: marked as comment, not kept in .ts",
    }
    assert "subtitle stream 3: marked as forced, not kept in .mov" in dub(marked, tmp_path / "b.mov").warnings


def test_transparency_is_kept_or_said(tmp_path: Path) -> None:
    see_through = ["-vf", "format=yuva420p,geq=lum=p(X\\,Y):a=4*X", "-c:v", "libvpx-vp9", "-deadline", "realtime"]
    source = picture(tmp_path / "a.webm", *see_through, "-cpu-used", "8", "-auto-alt-ref", "0")
    report = dub(source, tmp_path / "b.webm")
    assert not report.warnings
    levels = []
    for path in (source, report.out):
        ffmpeg("-c:v", "libvpx-vp9", "-i", path, "-vf", "alphaextract", "-f", "rawvideo", tmp_path / "alpha")
        levels.append((tmp_path / "alpha").read_bytes())
    assert levels[0] == levels[1] and len(set(levels[0])) > 50
    assert dub(source, tmp_path / "b.mp4").warnings == ("video stream 0: its transparency not kept in .mp4",)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_date_that_a_file_tells_twice_is_kept(tmp_path: Path, suffix: str) -> None:
    twice = ["-movflags", "use_metadata_tags", "-metadata", "creation_time=2026-05-01T10:11:12Z"]
    source = picture(tmp_path / "a.mp4", "-c:v", "libx264", *twice)
    report = dub(source, tmp_path / f"b{suffix}")
    assert not report.warnings
    assert file_facts(report.out).metadata["creation_time"].startswith("2026-05-01T10:11:12")
    assert dub(source, tmp_path / "b.ts").warnings == ("tags not kept in .ts: creation_time",)


def test_the_tags_of_an_ogg_file_are_those_of_the_film(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.ogv", "-c:v", "libtheora", "-metadata", "title=Holiday", "-metadata", "artist=Me")
    for suffix in (".mkv", ".mov"):
        report = dub(source, tmp_path / f"b{suffix}")
        assert not report.warnings
        assert [file_facts(report.out).metadata.get(key) for key in ("title", "artist")] == ["Holiday", "Me"]


@pytest.mark.parametrize("codec", ["aac", "libmp3lame"])
def test_a_sound_that_begins_late_begins_late_in_avi_too(tmp_path: Path, codec: str) -> None:
    """AVI has no times: what begins late is led in by silence."""
    late = ["-itsoffset", "0.5", "-f", "lavfi", "-i", "sine=d=0.4:r=48000", "-c:v", "libx264", "-bf", "0"]
    source = picture(tmp_path / "a.mp4", *late, "-c:a", codec, seconds=1)
    report = dub(source, tmp_path / "b.avi", original="keep-track")
    assert len(report.warnings) == 1 and "encoded again as pcm_s16le" in report.warnings[0]
    kept = read_audio(report.out, 48000, stream=probe(report.out).audio[1].index, start=Fraction(0), stop=Fraction(1))
    loud = np.flatnonzero(np.abs(kept[0]) > 0.05)
    assert abs(loud[0] / 48000 - 0.5) < 0.03 and abs(loud[-1] / 48000 - 0.9) < 0.03


def test_mp2_is_kept_in_a_transport_stream_and_a_program_stream_goes_into_avi(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.mpg", *TONE, "-c:v", "mpeg2video", "-bf", "0", "-c:a", "mp2")
    for suffix in (".ts", ".avi"):
        report = dub(source, tmp_path / f"b{suffix}", original="keep-track")
        assert not report.warnings and probe(report.out).audio[1].codec == "mp2"


@pytest.mark.parametrize("whole", [True, False])
def test_a_short_clip_repeated_is_refused_as_a_long_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    """Each begins its clock again: 1.2 s of pictures would be squeezed into 0.4 s."""
    part = make_clip(tmp_path / "part.ts", even(12, start=2)).read_bytes()
    (tmp_path / "a.ts").write_bytes(3 * part)
    if not whole:  # as of a file too large to be read to its end
        monkeypatch.setattr(timing, "WHOLE_BYTES", 0)
        monkeypatch.setattr(timing, "HEAD_PACKETS", 5)
    with pytest.raises(InputError, match=r"the clock of its pictures jumps by -0\.4 s .*-c copy"):
        probe(tmp_path / "a.ts")
    assert probe(tmp_path / "part.ts").duration == Fraction(2, 5)


def test_a_jump_back_is_not_told_as_one_around_the_clock(tmp_path: Path) -> None:
    parts = [make_clip(tmp_path / f"{at}.ts", even(12, start=at)).read_bytes() for at in (3600, 2)]
    (tmp_path / "a.ts").write_bytes(b"".join(parts))
    with pytest.raises(InputError, match=r"jumps by -359\d\.\d s"):
        probe(tmp_path / "a.ts")
