"""How a track is encoded in each kind of file, so that every channel keeps its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foleycli.atomic import scratch_folder
from foleycli.video.containers import Container
from foleycli.video.facts import file_facts
from foleycli.video.ffmpeg import run_ffmpeg
from foleycli.video.layouts import DEFAULTS, channel_names, writable_layout

BITS_PER_CHANNEL = {"aac": 96_000, "libopus": 80_000, "libvorbis": 80_000, "libmp3lame": 128_000}
LEAST_BITS = {"aac": 192_000, "libopus": 160_000, "libvorbis": 160_000, "libmp3lame": 256_000}  # for one and two
FIXED_BITS = {"eac3": 640_000}
# Tried in this order where the first encoder can't carry a layout. Matroska and PCM have no layouts.
ALTERNATIVES = {
    "mp4": ("eac3", "flac", "pcm_s24le"),
    "mov": ("pcm_s24le",),
    "matroska": ("flac",),
    "mpegts": ("eac3",),
    "ipod": ("alac",),
    "ogg": ("flac",),
}
LOSSLESS = ("matroska", "mov")


@dataclass(frozen=True)
class Encoding:
    """An encoder of ffmpeg's, and the layout that comes out."""

    encoder: str
    layout: str

    def arguments(self, number: int) -> list[str]:
        """ffmpeg's options for the sound stream of that number in the output."""
        channels = len(channel_names(self.layout))
        words = [f"-c:a:{number}", self.encoder]
        if bits := bits_per_second(self.encoder, channels):
            words += [f"-b:a:{number}", str(bits)]
        if self.encoder in ("flac", "pcm_s24le", "alac"):
            words += ["-strict", "experimental"]  # ffmpeg's word for FLAC and PCM in MP4
        if self.encoder == "flac":
            words += [f"-sample_fmt:a:{number}", "s32", f"-bits_per_raw_sample:a:{number}", "24"]
        return words


def bits_per_second(encoder: str, channels: int) -> int | None:
    """The bitrate for so many channels; None for encoders that have none."""
    if encoder in BITS_PER_CHANNEL:
        return max(LEAST_BITS[encoder], BITS_PER_CHANNEL[encoder] * channels)
    return FIXED_BITS.get(encoder)


def encoding_for(container: Container, layout: str, *, lossless: bool = False) -> Encoding:
    """The first encoding that gives these channels back from this kind of file; else one of the nearest layout.

    `lossless`: where the kind of file has a usual encoder that loses nothing, that one comes first.
    """
    others = ALTERNATIVES.get(container.muxer, ())
    encoders = (container.encoder, *others)
    if lossless and container.muxer in LOSSLESS:
        encoders = (*others, container.encoder)
    own = writable_layout(layout)
    for encoder in encoders:
        if own is not None and carries(container.muxer, encoder, own):
            return Encoding(encoder, own)
    first = container.encoder
    usual = DEFAULTS.get(len(channel_names(layout)), "stereo")
    for nearest in (usual, "7.1"):
        if carries(container.muxer, first, nearest):
            return Encoding(first, nearest)
    return Encoding(first, "stereo")


@cache
def carries(muxer: str, encoder: str, layout: str) -> bool:
    """Whether ffmpeg gives the layout back from such a file: a second of noise is encoded and looked at."""
    if layout in ("mono", "stereo"):
        return True
    channels = "|".join(["-0.1+0.2*random(0)"] * len(channel_names(layout)))
    with scratch_folder() as folder:
        path = Path(folder) / "trial"
        noise = ["-f", "lavfi", "-i", f"aevalsrc=exprs={channels}:s=48000:d=1:c={layout}"]
        encoding = Encoding(encoder, layout).arguments(0)
        done = run_ffmpeg(["-nostdin", "-loglevel", "error", "-y", *noise, *encoding, "-f", muxer, f"file:{path}"])
        return done.returncode == 0 and [one.layout for one in file_facts(path).streams] == [layout]


def relabelled(layout: str, wanted: str) -> str:
    """A filter that gives the channels of a WAV, which have no names, those of `layout`, and mixes them to `wanted`."""
    if layout in ("mono", "stereo"):
        return "" if wanted == layout else f"aformat=channel_layouts={wanted},"
    order = "|".join(map(str, range(len(channel_names(layout)))))
    mixed = "" if wanted == layout else f"aformat=channel_layouts={wanted},"
    return f"channelmap=map={order}:channel_layout={layout},{mixed}"
