from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from av.stream import Disposition

from foleycli.audio.decoding import read_audio
from foleycli.audio.files import AudioWriter
from foleycli.errors import OutputError
from foleycli.timeline import to_samples
from foleycli.video import mux as mux_module
from foleycli.video.containers import BY_SUFFIX, container_for, suffix_like
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.mux import Job, ffmpeg_arguments, mux
from foleycli.video.probe import VideoInfo, probe
from foleycli.video.stream_plan import check_container, plan_streams, try_picture
from tests.video.clips import even, make_clip, uneven

RATE = 32000


def tone(path: Path, duration: Fraction) -> Path:
    """A track for a video of `duration`: loud from its first to its last sample."""
    with AudioWriter(path, RATE) as writer:
        writer.write(0.3 * np.sin(2 * np.pi * 997 * np.arange(to_samples(duration, RATE)) / RATE).astype(np.float32))
    return path


def packets(path: Path, index: int) -> list[tuple[bytes, Fraction]]:
    """(data, time since the first) of each packet of a stream, in the order of the file."""
    with av.open(str(path)) as container:
        stream = container.streams[index]
        found = [(bytes(one), one.pts * stream.time_base) for one in container.demux(stream) if one.size]
    return [(data, time - found[0][1]) for data, time in found]


def heard(path: Path, info: VideoInfo) -> tuple[float, float]:
    """Seconds from the first picture to the first loud sample, and from the last picture's end to the last."""
    sound = read_audio(path, 48000, start=info.start - 1, stop=info.start + info.duration + 1)
    loud = np.flatnonzero(np.abs(sound[0]) > 0.02)
    return float(loud[0]) / 48000 - 1, float(loud[-1]) / 48000 - 1 - float(info.duration)


def dub(source: Path, out: Path, **options: Any) -> tuple[VideoInfo, VideoInfo, mux_module.MuxReport]:
    info = probe(source)
    report = mux(info, tone(source.parent / "track.wav", info.duration), out, **options)
    return info, probe(out), report


def assert_dubbed(before: VideoInfo, after: VideoInfo, rounding: float = 1e-6) -> None:
    assert abs(after.duration - before.duration) <= max(1 / before.frame_rate / 2, Fraction(1, 500))
    was, now = packets(before.path, before.video_index), packets(after.path, after.video_index)
    assert [data for data, _ in was] == [data for data, _ in now]
    assert max(abs(float(a - b)) for (_, a), (_, b) in zip(was, now, strict=True)) <= rounding
    early, late = heard(after.path, after)
    assert abs(early) < 0.005 and abs(late) < 0.025


@pytest.mark.parametrize(("channels", "kept"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6), (7, 7), (8, 8)])
def test_a_webm_file_takes_any_number_of_channels(tmp_path: Path, channels: int, kept: int) -> None:
    clip = make_clip(tmp_path / "a.webm", even(15), codec="libvpx")
    soundfile.write(tmp_path / "t.wav", np.full((RATE // 2, channels), 0.1), RATE)
    mux(probe(clip), tmp_path / "t.wav", tmp_path / "b.webm")
    assert probe(tmp_path / "b.webm").audio[0].channels == kept


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts", ".flv", ".3gp", ".avi", ".webm"])
def test_packets_times_and_sound(tmp_path: Path, suffix: str) -> None:
    codec = {".avi": "mpeg4", ".webm": "libvpx"}.get(suffix, "libx264")
    times = even(30) if suffix == ".avi" else uneven(30)
    sound = None if suffix == ".webm" else (0, 1)
    before, after, report = dub(
        make_clip(tmp_path / f"a{suffix}", times, codec=codec, sound=sound), tmp_path / f"b{suffix}"
    )
    assert_dubbed(before, after)
    assert not report.warnings and report.out == tmp_path / f"b{suffix}"
    assert len(after.audio) == 1 and after.audio[0].sample_rate == 48000
    assert after.audio[0].codec == {".avi": "pcm_s16le", ".webm": "opus"}.get(suffix, "aac")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".flv"])
@pytest.mark.parametrize("original", ["replace", "keep-track"])
def test_late_pictures_stay_late_and_the_sound_starts_with_them(tmp_path: Path, suffix: str, original: str) -> None:
    clip = make_clip(tmp_path / f"a{suffix}", even(30, start=Fraction(5, 4)), sound=(0, 2))
    before, after, _ = dub(clip, tmp_path / f"b{suffix}", original=original)
    assert_dubbed(before, after)
    if original == "keep-track":
        assert abs((after.start - after.container_start) - (before.start - before.container_start)) < Fraction(3, 100)
        assert [one.default for one in after.audio] == [True, False] or suffix in (".ts", ".flv")


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_from_transport_stream_to_others(tmp_path: Path, suffix: str) -> None:
    clip = make_clip(tmp_path / "a.ts", even(30, start=Fraction(40)), sound=(39, 41))
    before, after, _ = dub(clip, tmp_path / f"b{suffix}")
    assert abs(after.duration - before.duration) < Fraction(1, 500) and after.start < 3
    early, late = heard(after.path, after)
    assert abs(early) < 0.005 and abs(late) < 0.025


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Matroska file with two sounds, a subtitle, a cover, a font, chapters and tags."""
    folder = tmp_path_factory.mktemp("rich")
    clip = make_clip(folder / "a.mp4", even(60), sound=(0, 2))
    (folder / "s.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nBang & <i>crash</i>\n")
    (folder / "font.ttf").write_bytes(b"not really a font")
    (folder / "meta.txt").write_text(
        ";FFMETADATA1\ntitle=Ein Titel\nartist=Somebody\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=2000\ntitle=Two\n"
    )
    make = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-y", "-i", str(clip), "-i", str(folder / "s.srt")]
    make += ["-i", str(folder / "meta.txt"), "-map", "0:v", "-map", "0:a", "-map", "0:a", "-map", "1", "-c", "copy"]
    make += [
        "-map_metadata",
        "2",
        "-map_chapters",
        "2",
        "-metadata:s:a:0",
        "language=deu",
        "-metadata:s:s",
        "language=fra",
    ]
    make += ["-attach", str(folder / "font.ttf"), "-metadata:s:t", "mimetype=font/ttf", str(folder / "rich.mkv")]
    subprocess.run(make, check=True)
    return folder / "rich.mkv"


def test_all_that_a_container_holds_is_kept(rich: Path, tmp_path: Path) -> None:
    before, after, report = dub(rich, tmp_path / "b.mkv", original="keep-track")
    assert_dubbed(before, after)
    assert [(one.kind, one.title, one.language) for one in after.streams if one.kind == "audio"] == [
        ("audio", "Foley", None),
        ("audio", "Original", "deu"),
        ("audio", "Original", None),
    ]
    kinds = [one.kind for one in after.streams]
    assert kinds == ["video", "audio", "audio", "audio", "subtitle", "attachment"] and not report.warnings
    assert (after.chapters, dict(after.metadata)["title"], after.streams[4].language) == (2, "Ein Titel", "fra")


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_both_tracks_have_their_names_where_players_look(tmp_path: Path, suffix: str) -> None:
    clip = make_clip(tmp_path / f"a{suffix}", even(10), sound=(0, 1))
    dub(clip, tmp_path / f"b{suffix}", original="keep-track")
    with av.open(str(tmp_path / f"b{suffix}")) as container:
        tags = [stream.metadata for stream in container.streams.audio]
        kept = [stream.disposition & Disposition.default for stream in container.streams.audio]
    assert [bool(default) for default in kept] == [True, False]
    keys = ("title",) if suffix == ".mkv" else ("name", "handler_name")
    assert [[tag[key] for key in keys] for tag in tags] == [["Foley"] * len(keys), ["Original"] * len(keys)]
    # A name that is there stays.
    _, again, _ = dub(tmp_path / f"b{suffix}", tmp_path / "c.mkv", original="keep-track")
    assert [one.title for one in again.audio] == ["Foley", "Foley", "Original"]


def test_subtitles_are_converted_and_what_is_dropped_is_said(rich: Path, tmp_path: Path) -> None:
    _, after, report = dub(rich, tmp_path / "b.mp4")
    assert [one.codec for one in after.streams if one.kind == "subtitle"] == ["mov_text"]
    assert (after.chapters, dict(after.metadata)["title"], len(after.audio)) == (2, "Ein Titel", 1)
    assert report.warnings == ("attachment stream 4 (font.ttf) does not go into mp4: dropped",)
    _, back, _ = dub(tmp_path / "b.mp4", tmp_path / "c.mkv")
    assert [one.codec for one in back.streams if one.kind == "subtitle"] == ["subrip"] and back.chapters == 2


def test_time_code_and_chapter_tracks_come_again(rich: Path, tmp_path: Path) -> None:
    make = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-i", str(rich), "-c", "copy", "-timecode", "01:00:00:00"]
    subprocess.run([*make, "-map", "0:v", "-map", "0:a:0", str(tmp_path / "a.mov")], check=True)
    _, after, report = dub(tmp_path / "a.mov", tmp_path / "b.mov")
    assert "01:00:00:00" in [one.timecode for one in after.streams] and after.chapters == 2 and not report.warnings


@pytest.mark.parametrize("rotate", [90, 180])
def test_still_the_right_way_up(tmp_path: Path, rotate: int) -> None:
    before, after, _ = dub(make_clip(tmp_path / "a.mp4", even(5), rotate=rotate), tmp_path / "b.mp4")
    assert after.rotation == before.rotation != 0


def test_track_of_another_length_is_made_to_fit(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(45)))
    for seconds in (Fraction(1), Fraction(2)):
        mux(info, tone(tmp_path / "t.wav", seconds), tmp_path / "b.mp4", overwrite=True)
        after = probe(tmp_path / "b.mp4")
        assert abs(read_audio(tmp_path / "b.mp4", 48000).shape[1] / 48000 - float(after.duration)) < 1 / 30
        assert after.duration == info.duration


def test_what_is_there_stays_there(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", even(5))
    info, track = probe(clip), tone(tmp_path / "t.wav", Fraction(1, 6))
    (tmp_path / "b.mp4").write_text("mine")
    (tmp_path / "link.mp4").symlink_to(clip)
    content = clip.read_bytes()
    for out, overwrite in (
        ("b.mp4", False),
        ("a.mp4", True),
        ("link.mp4", True),
        ("none/c.mp4", True),
        ("c.xyz", True),
    ):
        with pytest.raises(OutputError) as caught:
            mux(info, track, tmp_path / out, overwrite=overwrite)
        assert "\n" not in str(caught.value) and ";" in str(caught.value)
    assert (tmp_path / "b.mp4").read_text() == "mine" and clip.read_bytes() == content
    assert mux(info, track, tmp_path / "b.mp4", overwrite=True) and probe(tmp_path / "b.mp4").has_audio


def test_names_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = make_clip(tmp_path / "a.mp4", even(5)).read_bytes()
    track = tone(tmp_path / "t.wav", Fraction(1, 6))
    monkeypatch.chdir(tmp_path)
    for name in ("-y.mp4", "http:x y.mp4", "Ünï %03d 'q\" $(x).mp4"):
        Path(name).write_bytes(clip)
        mux(probe(Path(name)), track, Path(f"out {name}"))
        assert probe(Path(f"out {name}")).has_audio


def test_container_that_cannot_hold_the_video_says_which_can(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(5)))
    for suffix in (".webm", ".avi"):
        with pytest.raises(OutputError, match=r"h264 video does not go into \.\w+ here \(.+\); use \.mp4 or \.mkv"):
            mux(info, tone(tmp_path / "t.wav", info.duration), tmp_path / f"b{suffix}")


def run_failing(error: BaseException | None) -> Callable[..., Any]:
    def run(command: list[str], **_: object) -> Any:
        Path(command[-1].removeprefix("file:")).write_bytes(b"half")
        if error:
            raise error
        return subprocess.CompletedProcess(command, 1, b"", b"[x] No space left on device\n[y] Conversion failed!\n")

    return run


@pytest.mark.parametrize("error", [None, KeyboardInterrupt()])
def test_failure_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException | None
) -> None:
    info, track = probe(make_clip(tmp_path / "a.mp4", even(5))), tone(tmp_path / "t.wav", Fraction(1, 6))
    before = sorted(tmp_path.iterdir())
    check_container(info, tmp_path / "b.mp4")  # which asks ffmpeg, too
    monkeypatch.setattr(subprocess, "run", run_failing(error))
    with pytest.raises(KeyboardInterrupt if error else OutputError, match=None if error else "No space left"):
        mux(info, track, tmp_path / "b.mp4")
    assert sorted(tmp_path.iterdir()) == before


def test_interrupted_ffmpeg_is_not_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        def communicate(self, *_: object, **__: object) -> Any:
            started.append(self)
            time.sleep(0.05)
            raise KeyboardInterrupt

    info, track = probe(make_clip(tmp_path / "a.mp4", even(5))), tone(tmp_path / "t.wav", Fraction(1, 6))
    find_ffmpeg()  # which is run, too
    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        mux(info, track, tmp_path / "b.mp4")
    assert started[0].poll() is not None
    assert not (tmp_path / "b.mp4").exists() and not list(tmp_path.glob(".foley*"))


def test_arguments_never_cut_short_nor_ask(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(5), sound=(0, 1)))
    for suffix in BY_SUFFIX:
        container = container_for(Path(f"x{suffix}"))
        if try_picture(info, container).fits:
            plan = plan_streams(info, container, keep_sound=True)
            words = ffmpeg_arguments(Job(info, Path("t.wav"), plan, RATE), Path(f"-x{suffix}"))
            assert "-shortest" not in words and words[0] == "-nostdin"
            assert words[-1].startswith("file:/") and all(url.startswith("file:/") for url in words if "t.wav" in url)


def test_every_video_has_a_suffix_to_go_to() -> None:
    assert [suffix_like(Path(f"a{suffix}")) for suffix in (".MP4", ".wmv", "", ".mkv")] == [
        ".MP4",
        ".mkv",
        ".mkv",
        ".mkv",
    ]
