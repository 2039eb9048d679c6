"""`python -m tests.video.kept`: what is kept in which kind of file, measured with the ffmpeg in use.

A small film is made that carries everything, and dubbed into each kind of file; a cell says what the result carries.
The table stands in docs/reliability.md, and tests/video/test_kept.py holds it to what is measured.
"""

from __future__ import annotations

import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from foleycli.errors import OutputError
from foleycli.video.boxes import Box, complete
from foleycli.video.containers import container_for
from foleycli.video.facts import FileFacts, StreamFacts, file_facts
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.mux import mux
from foleycli.video.probe import probe
from foleycli.video.stream_plan import plan_streams, try_picture

SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".ts", ".avi", ".flv")
KEPT, LOST, REFUSED = "yes", "said", "-"
PICTURES = {
    "H.264": ("libx264", "-bf", "0"),
    "H.264, stored out of order": ("libx264", "-bf", "2", "-x264-params", "b-adapt=0"),
    "HEVC": ("libx265", "-x265-params", "log-level=none"),
    "VP8": ("libvpx",),
    "VP9": ("libvpx-vp9",),
    "MPEG-4": ("mpeg4", "-bf", "0"),
    "MPEG-2": ("mpeg2video", "-bf", "0"),
    "ProRes": ("prores_ks",),
    "Motion JPEG": ("mjpeg",),
    "FFV1": ("ffv1",),
    "GIF": ("gif",),
}
SOUNDS = ("aac", "libmp3lame", "ac3", "libopus", "libvorbis", "flac", "alac", "pcm_s16le", "pcm_s24le", "truehd")


@dataclass(frozen=True)
class Made:
    """A result and what was said of it."""

    facts: FileFacts
    warnings: tuple[str, ...]

    @property
    def picture(self) -> StreamFacts:
        return next(one for one in self.facts.streams if one.kind == "video" and "attached pic" not in one.disposition)


# What is looked for in a result, and the words that a warning has where it is not there.
FEATURES: dict[str, tuple[Callable[[Made], bool], str]] = {
    "rotation": (lambda made: any("rotation of" in line for line in made.picture.side_data), "display matrix"),
    "shape of the pixels": (lambda made: made.picture.sample_aspect == "4:3", "shape of its pixels"),
    "colour (bt709)": (lambda made: any("bt709" in word for word in made.picture.colour), "colour"),
    "Dolby Vision record": (lambda made: _tells(made, "dovi"), "dovi"),
    "360 degrees": (lambda made: _tells(made, "equirectangular (90"), "spherical mapping"),
    "stereo 3D": (lambda made: _tells(made, "side by side"), "stereo 3d"),
    "title and artist": (lambda made: {"title", "artist"} <= set(made.facts.metadata), "artist"),
    "a telephone's tags": (lambda made: "com.android.version" in made.facts.metadata, "com.android.version"),
    "chapters": (lambda made: len(made.facts.chapters) == 2, "chapters"),
    "text subtitles": (lambda made: any(one.kind == "subtitle" for one in made.facts.streams), "subtitle stream"),
    "cover": (lambda made: any("attached pic" in one.disposition for one in made.facts.streams), "video stream"),
}
BY_SOURCE = {"Dolby Vision record": "dolby", "360 degrees": "panorama", "stereo 3D": "panorama"}


def _tells(made: Made, words: str) -> bool:
    return any(words in line.lower() for line in made.picture.side_data)


def table() -> str:
    """The table, as it stands in the docs."""
    with tempfile.TemporaryDirectory() as name:
        rows = [["", *SUFFIXES], ["---"] * (1 + len(SUFFIXES)), *_rows(Path(name))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _rows(folder: Path) -> Iterator[list[str]]:
    for name, encoder in PICTURES.items():
        yield [f"pictures: {name}", *_pictures(folder, encoder)]
    for codec in SOUNDS:
        yield [f"a track kept: {codec.removeprefix('lib').replace('mp3lame', 'mp3')}", *_sounds(folder, codec)]
    sources = _sources(folder)
    wanted = [
        (source, suffix) for source in sources for suffix in SUFFIXES if source != "rich vp9" or suffix == ".webm"
    ]
    results = {(source, suffix): _made(sources[source], suffix) for source, suffix in wanted}
    for feature, (found, words) in FEATURES.items():
        source = BY_SOURCE.get(feature, "rich")
        made = [results["rich vp9" if (source, suffix) == ("rich", ".webm") else source, suffix] for suffix in SUFFIXES]
        yield [feature, *(_cell(one, found, words) for one in made)]


def _cell(made: Made | None, found: Callable[[Made], bool], words: str) -> str:
    if made is None:
        return REFUSED
    said = any(words in line for line in made.warnings)
    assert found(made) != said, f"kept and said, or neither: {words}: {made}"
    return KEPT if found(made) else LOST


def _pictures(folder: Path, encoder: tuple[str, ...]) -> Iterator[str]:
    source = folder / ("a.gif" if encoder[0] == "gif" else "a.mkv")
    _ffmpeg(*_test_pictures(0.4), "-c:v", *encoder, source)
    info = probe(source)
    for suffix in SUFFIXES:
        yield KEPT if try_picture(info, container_for(Path(f"b{suffix}"))).fits else REFUSED


def _sounds(folder: Path, codec: str) -> Iterator[str]:
    tone = ("-f", "lavfi", "-i", "sine=d=0.4:r=48000")
    _ffmpeg(*_test_pictures(0.4), *tone, "-c:v", "mpeg4", "-c:a", codec, "-strict", "-2", folder / "a.mkv")
    info = probe(folder / "a.mkv")
    for suffix in SUFFIXES:
        ((_, encoding),) = plan_streams(info, container_for(Path(f"b{suffix}")), keep_sound=True).sounds
        yield KEPT if encoding is None else f"as {encoding.encoder.removeprefix('lib')}"


def _made(source: Path, suffix: str) -> Made | None:
    """The dub of a source as another kind of file; None where that can't hold its pictures."""
    info, track, out = probe(source), source.with_name("track.wav"), source.with_name(f"out-{source.stem}{suffix}")
    soundfile.write(track, np.full(int(info.duration * 48000), 0.1), 48000)
    try:
        report = mux(info, track, out, overwrite=True)
    except OutputError as error:
        assert "does not go into" in str(error), error
        return None
    return Made(file_facts(out), report.warnings)


def _sources(folder: Path) -> dict[str, Path]:
    """Films that carry all of it: H.264 in MP4, VP9 in Matroska for WebM, HEVC with Dolby Vision, 360 degrees."""
    (folder / "s.srt").write_text("1\n00:00:00,200 --> 00:00:00,800\nBang\n")
    chapters = "".join(f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={at}\nEND={at + 500}\ntitle=Part {at}\n" for at in (0, 500))
    (folder / "meta.txt").write_text(f";FFMETADATA1\ntitle=Holiday\nartist=Me\n{chapters}")
    _ffmpeg(*_test_pictures(0.04), folder / "cover.png")
    colour = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-vf", "setsar=4/3")
    for name, encoder in (("h264.mp4", ("libx264", "-bf", "0")), ("vp9.mkv", ("libvpx-vp9",))):
        _ffmpeg(*_test_pictures(1), "-pix_fmt", "yuv420p", *colour, "-c:v", *encoder, folder / name)
        parts = ("-display_rotation:v:0", "90", "-i", folder / name, "-i", folder / "s.srt", "-i", folder / "cover.png")
        maps = (
            "-i",
            folder / "meta.txt",
            "-map",
            "0:v",
            "-map",
            "1",
            "-map",
            "2",
            "-map_metadata",
            "3",
            "-map_chapters",
            "3",
        )
        text = ("-c", "copy", "-c:s", "mov_text" if name.endswith("mp4") else "srt", "-disposition:v:1", "attached_pic")
        tags = () if name.endswith("mp4") else ("-metadata", "com.android.version=14")
        _ffmpeg(*parts, *maps, *text, *tags, folder / f"all-{name}")
    complete(folder / "all-h264.mp4", folder / "rich.mp4", {"com.android.version": "14"}, [], quicktime=False)
    _ffmpeg(*_test_pictures(1), "-c:v", "libx265", "-x265-params", "log-level=none", "-tag:v", "hev1", folder / "h.mp4")
    record = Box(b"dvvC", bytes([1, 0, 16, 37, 64]) + bytes(19))
    complete(folder / "h.mp4", folder / "dolby.mp4", {}, [record], quicktime=False)
    pose = Box(b"prhd", bytes(4) + struct.pack(">3i", 90 << 16, 0, 0))
    globe = Box(b"sv3d", inner=[Box(b"svhd", bytes(4) + b"x\0"), Box(b"proj", inner=[pose, Box(b"equi", bytes(20))])])
    stereo = Box(b"st3d", bytes(4) + bytes([2]))
    complete(folder / "h264.mp4", folder / "panorama.mp4", {}, [stereo, globe], quicktime=False)
    return {
        "rich": folder / "rich.mp4",
        "rich vp9": folder / "all-vp9.mkv",
        "dolby": folder / "dolby.mp4",
        "panorama": folder / "panorama.mp4",
    }


def _test_pictures(seconds: float) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc=s=64x48:r=25:d={seconds}")


def _ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([find_ffmpeg(), "-nostdin", "-loglevel", "error", "-y", *map(str, arguments)], check=True)


if __name__ == "__main__":
    sys.stdout.write(table())
