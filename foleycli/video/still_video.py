"""A video of one still picture with a track of sound, by ffmpeg."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

from foleycli.atomic import atomic_file
from foleycli.errors import OutputError
from foleycli.video.containers import Container, container_for
from foleycli.video.ffmpeg import find_ffmpeg, run_ffmpeg
from foleycli.video.pictures import Picture, resized, write_picture

FRAMES_PER_SECOND = 25
LONGEST_SIDE = 3840  # pixels; what players can show without trouble
SMALLEST_SIDE = 256  # a thumbnail is enlarged: encoders refuse very small frames
H264 = ("libx264", "-tune", "stillimage", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p")
VP9 = ("libvpx-vp9", "-b:v", "0", "-crf", "30", "-deadline", "realtime", "-cpu-used", "8", "-pix_fmt", "yuv420p")


def write_still_video(picture: Picture, track: Path, out: Path, *, seconds: Fraction, overwrite: bool = False) -> None:
    """Writes `out`: uint8 (H, W, 3) shown for `seconds`, with `track` (a WAV) as its sound; whole or not at all."""
    container = container_for(out)
    find_ffmpeg()
    with tempfile.TemporaryDirectory(prefix="foley-still-") as folder:
        frame = Path(folder) / "frame.png"
        write_picture(frame, even(picture))
        with atomic_file(out, overwrite=overwrite) as temporary:
            done = run_ffmpeg(still_arguments(frame, track, temporary, container=container, seconds=seconds))
            if done.returncode:
                last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
                raise OutputError(f"{out}: ffmpeg could not write it ({' '.join(last)}); try .mp4")


def still_arguments(frame: Path, track: Path, out: Path, container: Container, seconds: Fraction) -> list[str]:
    """ffmpeg's arguments, without its own name."""
    video = VP9 if container.muxer == "webm" else H264
    length = f"{float(seconds):.6f}"
    return [
        "-nostdin", "-hide_banner", "-loglevel", "error", "-y",
        "-loop", "1", "-framerate", str(FRAMES_PER_SECOND), "-t", length, "-i", f"file:{frame}",
        "-i", f"file:{track}", "-map", "0:v:0", "-map", "1:a:0", "-t", length,
        "-c:v", *video, "-c:a:0", container.encoder, "-b:a", "192k",
        "-ar", "48000", "-f", container.muxer, f"file:{out}",
    ]  # fmt: skip


def even(picture: Picture) -> Picture:
    """A picture at a size that encoders take: sides even, the shorter at least 256, the longer at most 3840 pixels."""
    height, width = picture.shape[:2]
    scale = min(LONGEST_SIDE / max(height, width), max(1.0, SMALLEST_SIDE / min(height, width)))
    size = (max(2, round(height * scale / 2) * 2), max(2, round(width * scale / 2) * 2))
    return picture if size == (height, width) else resized(picture, size)
