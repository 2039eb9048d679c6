"""Encodes pictures to a video file, for rendered scenes, demonstrations and tests."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from foleycli.atomic import atomic_file
from foleycli.errors import OutputError


def write_video(
    path: str | Path,
    frames: Iterable[NDArray[np.uint8]],
    frames_per_second: Fraction | int,
    *,
    quality: int = 18,
    overwrite: bool = False,
) -> int:
    """Writes RGB pictures (H, W, 3) as H.264, 8 bit 4:2:0, and returns how many; `quality` is x264's CRF, 0 best.

    Odd sizes lose their last row or column, which 4:2:0 has no place for.
    """
    count = 0
    with atomic_file(path, overwrite=overwrite) as temporary:
        try:
            with av.open(str(temporary), "w") as container:
                stream = container.add_stream(
                    "libx264", rate=Fraction(frames_per_second), options={"crf": str(quality)}
                )
                stream.pix_fmt = "yuv420p"
                for pixels in frames:
                    if count == 0:
                        stream.height, stream.width = (side // 2 * 2 for side in pixels.shape[:2])
                    even = np.ascontiguousarray(pixels[: stream.height, : stream.width])
                    picture = av.VideoFrame.from_ndarray(even, format="rgb24")
                    container.mux(stream.encode(picture))
                    count += 1
                container.mux(stream.encode(None))
        except (FFmpegError, ValueError) as error:
            raise OutputError(f"{path}: can't be encoded ({error}); use .mp4, .mov or .mkv") from error
        if count == 0:
            raise OutputError(f"{path}: no pictures to write; give at least one")
    return count


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Encodes one picture (H, W, 3) as PNG."""
    with av.open(str(path), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("png", rate=1)
        stream.height, stream.width = pixels.shape[:2]
        stream.pix_fmt = "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")))
        container.mux(stream.encode(None))
