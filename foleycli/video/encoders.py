"""How a track is encoded in each kind of file, so that every channel keeps its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from foleycli.atomic import scratch_folder
from foleycli.video.containers import Container
from foleycli.video.facts import file_facts
from foleycli.video.ffmpeg import input_arguments, run_ffmpeg
from foleycli.video.layouts import DEFAULTS, TWINS, channel_names, writable_layout

BITS_PER_CHANNEL = {"aac": 96_000, "libopus": 80_000, "libvorbis": 80_000, "libmp3lame": 128_000}
LEAST_BITS = {"aac": 192_000, "libopus": 160_000, "libvorbis": 160_000, "libmp3lame": 256_000}  # for one and two
FIXED_BITS = {"eac3": 640_000}
# Tried in this order where the first encoder can't carry a layout. Matroska and PCM have no layouts.
ALTERNATIVES = {
    "mp4": ("eac3", "flac", "pcm_s24le"),
    "mov": ("pcm_s24le",),
    "matroska": ("flac",),
    "webm": ("libvorbis",),
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
    for nearest in _nearest(layout):
        if carries(container.muxer, container.encoder, nearest):
            return Encoding(container.encoder, nearest)
    return Encoding(container.encoder, "stereo")


def _nearest(layout: str) -> list[str]:
    """Usual layouts: one where the surrounds alone are named otherwise, those with a place for each channel, others."""
    own, usual = set(channel_names(layout)), DEFAULTS.get(len(channel_names(layout)), "stereo")
    same = {TWINS.get(name, name) if name in ("SL", "SR") else name for name in own} == set(channel_names(usual))
    wider = [name for name in DEFAULTS.values() if own <= set(channel_names(name))]
    return list(dict.fromkeys((*([usual] if same else []), *wider, usual, "7.1", *(["5.1"] if len(own) > 5 else []))))


@cache
def carries(muxer: str, encoder: str, layout: str) -> bool:
    """Whether ffmpeg gives the layout back from such a file, each channel in its place: tones are tried.

    The libopus of ffmpeg 5 to 9 puts the channels of 5.0 and 6.1 into wrong places.
    """
    if layout in ("mono", "stereo"):
        return True
    pitches = [50 + 10 * number for number in range(len(channel_names(layout)))]  # low, since one may be LFE
    tones = "|".join(f"0.1*sin(2*PI*{pitch}*t)" for pitch in pitches)
    with scratch_folder() as folder:
        path = Path(folder) / "trial"
        source = ["-f", "lavfi", "-i", f"aevalsrc=exprs={tones}:s=48000:d=0.7:c={layout}"]
        encoding = Encoding(encoder, layout).arguments(0)
        quiet = ["-nostdin", "-loglevel", "error", "-y"]
        if run_ffmpeg([*quiet, *source, *encoding, "-f", muxer, f"file:{path}"]).returncode:
            return False
        if [one.layout for one in file_facts(path).streams] != [layout]:
            return False
        heard = run_ffmpeg([*quiet, *input_arguments(path), "-ar", "48000", "-f", "f32le", "-"]).stdout
    samples = np.frombuffer(heard[: len(heard) // (4 * len(pitches)) * 4 * len(pitches)], "<f4")
    part = samples.reshape(-1, len(pitches))[12000:21600]  # 0.2 s: a bin of its spectrum is 5 Hz
    return len(part) == 9600 and (5 * np.abs(np.fft.rfft(part, axis=0)).argmax(0)).tolist() == pitches


def relabelled(layout: str, wanted: str) -> str:
    """A filter that gives the channels of a WAV, which have no names, those of `layout`, and mixes them to `wanted`."""
    if layout in ("mono", "stereo"):
        return "" if wanted == layout else f"aformat=channel_layouts={wanted},"
    order = "|".join(map(str, range(len(channel_names(layout)))))
    mixed = "" if wanted == layout else f"aformat=channel_layouts={wanted},"
    return f"channelmap=map={order}:channel_layout={layout},{mixed}"
