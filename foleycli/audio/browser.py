"""Sound and pictures made small, in memory, as browsers take them: Ogg Opus and WebP."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from einops import rearrange
from numpy.typing import NDArray

Samples = NDArray[np.float32]

OPUS_RATE = 48_000
OPUS_BITS_PER_SECOND = 64_000
WEBP_QUALITY = 70


class OpusEncoder:
    """Encodes sound at 48 kHz, one or two channels, block by block, to an Ogg Opus file of 64 kbit/s."""

    def __init__(self, channels: int) -> None:
        self.layout = {1: "mono", 2: "stereo"}[channels]
        self._file = BytesIO()
        self._container = av.open(self._file, "w", format="ogg")
        self._stream = self._container.add_stream("libopus", rate=OPUS_RATE, layout=self.layout)
        self._stream.bit_rate = OPUS_BITS_PER_SECOND
        self._written = 0

    def write(self, samples: Samples) -> None:
        """Appends (C, S)."""
        if not samples.shape[1]:
            return
        packed = np.ascontiguousarray(rearrange(samples, "c s -> 1 (s c)"), np.float32)
        frame = av.AudioFrame.from_ndarray(packed, "flt", self.layout)
        frame.sample_rate, frame.pts, frame.time_base = OPUS_RATE, self._written, Fraction(1, OPUS_RATE)
        self._container.mux(self._stream.encode(frame))
        self._written += samples.shape[1]

    def finish(self) -> bytes:
        """The whole file; nothing can be written after it."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._file.getvalue()


def webp(pixels: NDArray[np.uint8]) -> bytes:
    """A picture (H, W, 3) as a WebP file."""
    height, width, _ = pixels.shape
    encoder = av.CodecContext.create("libwebp", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 1)
    encoder.options = {"quality": str(WEBP_QUALITY)}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24").reformat(format="yuv420p")
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))
