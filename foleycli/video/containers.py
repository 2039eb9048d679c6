"""What each kind of output file can hold, and what foley writes into it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from foleycli.errors import OutputError

TEXT_SUBTITLES = frozenset({"subrip", "mov_text", "ass", "ssa", "webvtt", "text"})
STYLED_SUBTITLES = frozenset({"ass", "ssa"})
PICTURE_SUBTITLES = frozenset({"dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle"})
PCM = frozenset({"pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_u8", "pcm_f32le", "pcm_mulaw"})


@dataclass(frozen=True)
class Container:
    """A kind of file: ffmpeg's name for it, and the codecs (ffmpeg's names) that are put in unchanged.

    None: every codec that ffmpeg takes. A set names fewer where players would not play the rest. Each stream is tried
    with one packet before the work.
    """

    muxer: str
    encoder: str  # of the new sound
    sounds: frozenset[str] | None
    videos: frozenset[str] | None = None
    subtitles: frozenset[str] = frozenset()
    text_encoder: str | None = None  # for text subtitles that can't go in unchanged
    covers: bool = False
    several_videos: bool = True
    attachments: bool = False
    family: str = ""  # of demuxers: from these, any video, data streams and absolute times pass


MP4 = Container(
    muxer="mp4",
    encoder="aac",
    sounds=frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "alac", "flac", "opus", "dts"}),
    subtitles=frozenset({"mov_text", "dvd_subtitle"}),
    text_encoder="mov_text",
    covers=True,
    family="mov",
)
MOV = Container(
    muxer="mov",
    encoder="aac",
    sounds=None,
    subtitles=frozenset({"mov_text"}),
    text_encoder="mov_text",
    family="mov",
)
MATROSKA = Container(
    muxer="matroska",
    encoder="aac",
    sounds=None,
    subtitles=(TEXT_SUBTITLES | PICTURE_SUBTITLES) - {"mov_text"},
    text_encoder="srt",
    covers=True,
    attachments=True,
    family="matroska",
)
WEBM = Container(
    muxer="webm",
    encoder="libopus",
    sounds=frozenset({"opus", "vorbis"}),
    subtitles=frozenset({"webvtt"}),
    text_encoder="webvtt",
)
MPEGTS = Container(
    muxer="mpegts",
    encoder="aac",
    sounds=frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "dts", "opus"}),
    videos=frozenset({"h264", "hevc", "mpeg1video", "mpeg2video"}),
    subtitles=frozenset({"dvb_subtitle", "dvb_teletext"}),
    family="mpegts",
)
AVI = Container(
    muxer="avi",
    encoder="pcm_s16le",
    sounds=PCM | {"mp3", "mp2", "ac3"},
    several_videos=False,
    family="avi",
)
FLV = Container(
    muxer="flv",
    encoder="aac",
    sounds=frozenset({"aac", "mp3"}),
    videos=frozenset({"h264", "flv1", "vp6f"}),
    several_videos=False,
    family="flv",
)

BY_SUFFIX: dict[str, Container] = {
    ".mp4": MP4,
    ".m4v": MP4,
    ".mov": MOV,
    ".mkv": MATROSKA,
    ".webm": WEBM,
    ".ts": MPEGTS,
    ".mts": MPEGTS,
    ".m2ts": MPEGTS,
    ".avi": AVI,
    ".flv": FLV,
    ".3gp": replace(MP4, muxer="3gp", sounds=frozenset({"aac"}), covers=False),
}

# Sound alone. A WAV is written by foley itself, and so is FLAC of one and two channels.
NO_COPIES: frozenset[str] = frozenset()
SOUND_BY_SUFFIX: dict[str, Container] = {
    ".wav": Container(muxer="wav", encoder="pcm_s24le", sounds=NO_COPIES),
    ".flac": Container(muxer="flac", encoder="flac", sounds=NO_COPIES),
    ".mp3": Container(muxer="mp3", encoder="libmp3lame", sounds=NO_COPIES),
    ".m4a": Container(muxer="ipod", encoder="aac", sounds=NO_COPIES),
    ".ogg": Container(muxer="ogg", encoder="libvorbis", sounds=NO_COPIES),
    ".opus": Container(muxer="opus", encoder="libopus", sounds=NO_COPIES),
}
LOSSLESS_SOUNDS = (".wav", ".flac")


def suffix_like(path: Path) -> str:
    """The suffix for a dubbed copy of `path`: its own if foley can write that, else .mkv, which holds anything."""
    return path.suffix if path.suffix.lower() in BY_SUFFIX else ".mkv"


def container_for(path: Path) -> Container:
    """The kind of file that the suffix of `path` names; raises OutputError for one that foley can't write."""
    try:
        return BY_SUFFIX[path.suffix.lower()]
    except KeyError:
        known = " ".join(BY_SUFFIX)
        raise OutputError(f"{path}: can't write {path.suffix or 'a file without suffix'}; use {known}") from None
