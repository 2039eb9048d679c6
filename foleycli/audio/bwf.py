"""Broadcast Wave: a WAV whose `bext` chunk names the program and the time of day of its start (EBU Tech 3285)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import soundfile
from av.error import FFmpegError

from foleycli.errors import OutputError
from foleycli.version import __version__
from foleycli.video.layouts import LAYOUTS, default_layout

ORIGINATOR = f"foley {__version__}"
OPTIONS = {"write_bext": "1", "rf64": "auto", "fflags": "bitexact"}  # past 4 GB the header becomes RF64


@dataclass(frozen=True)
class Origin:
    """What goes into `bext`: a description (ASCII, 256 characters at most), the first sample's number since midnight.

    There is no date in it: the same dub gives the same bytes.
    """

    description: str = ""
    time_reference: int = 0


def write_bwf(track: Path, out: Path, origin: Origin, layout: str = "") -> None:
    """Writes the 24-bit samples of `track`, a WAV, to `out` as they are, with `bext` before them.

    `layout` names the channels; empty: the usual one for so many.
    """
    try:
        with av.open(str(track)) as source, av.open(str(out), "w", format="wav", options=OPTIONS) as container:
            samples = source.streams.audio[0]
            stream = container.add_stream_from_template(samples)
            context = samples.codec_context
            layout = layout or default_layout(soundfile.info(str(track)).channels)
            named = layout if layout in LAYOUTS else "multi"
            if layout in LAYOUTS:
                stream.codec_context.layout = layout
            container.metadata.update(
                {
                    "description": origin.description.encode("ascii", "replace").decode()[:256],
                    "originator": ORIGINATOR,
                    "time_reference": str(origin.time_reference),
                    "coding_history": f"A=PCM,F={context.sample_rate},W=24,M={named}\r\n",
                }
            )
            for packet in source.demux(samples):
                if packet.size:
                    packet.stream = stream
                    container.mux(packet)
    except FFmpegError as error:
        raise OutputError(f"{out}: {error.strerror or error}; check the disk's space") from error
