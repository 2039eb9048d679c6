"""Small clips made by code: each picture carries its own number, so that a test can say which one was read."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TICKS = Fraction(1, 90000)


def numbered(number: int, height: int = 96, width: int = 128) -> np.ndarray:
    """A grey picture whose level tells its number (0..49), with a white top left and a red top right corner."""
    picture = np.full((height, width, 3), 40 + 4 * number, np.uint8)
    picture[: height // 4, : width // 4] = 255
    picture[: height // 4, -width // 4 :] = (255, 0, 0)
    return picture


def number_of(picture: np.ndarray) -> int:
    """The number of a picture, read from its middle, in colour or grey, at any size."""
    height, width = picture.shape[:2]
    middle = picture[
        height // 2 - height // 8 : height // 2 + height // 8 + 1, width // 2 - width // 8 : width // 2 + 2
    ]
    return round((float(middle.mean()) - 40) / 4)


def make_clip(
    path: Path,
    times: Sequence[Fraction],
    *,
    rotate: int = 0,
    mirror: bool = False,
    codec: str = "libx264",
    size: tuple[int, int] = (96, 128),
    gop: int = 12,
    sound: tuple[float, float] | None = None,
) -> Path:
    """Numbered pictures at `times`, turned `rotate` degrees counter-clockwise; a tone over `sound` (start, stop)."""
    with av.open(str(path), "w", options={"movflags": "faststart"} if path.suffix == ".mp4" else {}) as out:
        stream = out.add_stream(codec, rate=30, options={"qp": "18"} if codec == "libx264" else {})
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        stream.gop_size, stream.bit_rate = gop, 4_000_000
        ticks = TICKS if codec == "libx264" else 1 / Fraction(1 / (times[1] - times[0]) if len(times) > 1 else 30)
        stream.codec_context.time_base = stream.time_base = ticks
        if rotate or mirror:
            stream.set_display_rotation(rotate, hflip=mirror)
        tone = out.add_stream("aac", rate=48000, layout="mono") if sound else None
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(numbered(number % 50, *size), format="rgb24")
            frame.pts, frame.time_base = round(time / ticks), ticks
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if tone is not None and sound is not None:
            start, stop = (round(second * 48000) for second in sound)
            wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(stop - start) / 48000)
            for at in range(0, stop - start, 1024):
                piece = av.AudioFrame.from_ndarray(wave[None, at : at + 1024].astype(np.float32), "fltp", "mono")
                piece.sample_rate, piece.pts, piece.time_base = 48000, start + at, Fraction(1, 48000)
                out.mux(tone.encode(piece))
            out.mux(tone.encode(None))
    return path


def even(count: int, rate: Fraction | int = 30, start: Fraction | int = 0) -> list[Fraction]:
    return [Fraction(start) + k / Fraction(rate) for k in range(count)]


def uneven(count: int) -> list[Fraction]:
    """A made variable rate: steps of 1/30, 1/10 and 1/60 s in turn, and one long hold."""
    steps = [Fraction(1, 30), Fraction(1, 10), Fraction(1, 60)]
    times = [Fraction(0)]
    for k in range(count - 1):
        times.append(times[-1] + (Fraction(4, 5) if k == count // 2 else steps[k % 3]))
    return times
