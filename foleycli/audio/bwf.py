"""Broadcast Wave: a WAV whose `bext` chunk says who made the sound and when of the day it starts (EBU Tech 3285)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from foleycli.errors import OutputError
from foleycli.version import __version__

ORIGINATOR = f"foley {__version__}"
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
OPTIONS = {"write_bext": "1", "rf64": "auto", "fflags": "bitexact"}  # past 4 GB the header becomes RF64


@dataclass(frozen=True)
class Origin:
    """What goes into `bext`: a description (ASCII, 256 characters at most), the first sample's number since midnight.

    There is no date in it: the same dub gives the same bytes.
    """

    description: str = ""
    time_reference: int = 0


def write_bwf(track: Path, out: Path, origin: Origin) -> None:
    """Writes the 24-bit samples of `track`, a WAV, to `out` as they are, with `bext` before them."""
    try:
        with av.open(str(track)) as source, av.open(str(out), "w", format="wav", options=OPTIONS) as container:
            samples = source.streams.audio[0]
            stream = container.add_stream_from_template(samples)
            context = samples.codec_context
            channels = context.layout.nb_channels
            if channels in LAYOUTS:
                stream.codec_context.layout = LAYOUTS[channels]
            container.metadata.update(
                {
                    "description": origin.description.encode("ascii", "replace").decode()[:256],
                    "originator": ORIGINATOR,
                    "time_reference": str(origin.time_reference),
                    "coding_history": f"A=PCM,F={context.sample_rate},W=24,M={LAYOUTS.get(channels, 'multi')}\r\n",
                }
            )
            for packet in source.demux(samples):
                if packet.size:
                    packet.stream = stream
                    container.mux(packet)
    except FFmpegError as error:
        raise OutputError(f"{out}: {error.strerror or error}; check the disk's space") from error
