"""A finished track as a file of sound alone that ffmpeg encodes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foleycli.errors import OutputError
from foleycli.video.encoders import Encoding
from foleycli.video.ffmpeg import input_arguments, run_ffmpeg
from foleycli.video.layouts import channel_names


@dataclass(frozen=True)
class SoundFile:
    """A kind of file: ffmpeg's muxer and encoder for it."""

    muxer: str
    encoder: str


SOUND_FILES = {".flac": SoundFile("flac", "flac")}


def encode_track(track: Path, out: Path, layout: str) -> None:
    """Encodes `track`, a WAV whose channels are those of `layout`, as the suffix of `out` says."""
    kind = SOUND_FILES[out.suffix.lower()]
    order = "|".join(map(str, range(len(channel_names(layout)))))
    done = run_ffmpeg(
        [
            *("-nostdin", "-hide_banner", "-loglevel", "error", "-y", *input_arguments(track)),
            *("-filter:a:0", f"channelmap=map={order}:channel_layout={layout}"),
            *(*Encoding(kind.encoder, layout).arguments(0), "-fflags", "+bitexact", "-f", kind.muxer, f"file:{out}"),
        ]
    )
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"])[0]
        raise OutputError(f"{out}: ffmpeg failed ({reason}); check the disk's space")
