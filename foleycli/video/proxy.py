"""A copy of a video that browsers play: H.264 and AAC in MP4, or VP9 and Opus in WebM where ffmpeg has no H.264."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from foleycli.errors import OutputError
from foleycli.types import Progress
from foleycli.video.ffmpeg import chosen_ffmpeg, file_url, input_arguments, start_ffmpeg
from foleycli.video.probe import VideoInfo

MOST_HEIGHT = 720  # pixels
PICTURES_PER_KEY = 12  # few, so that a browser jumps to a picture at once
H264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-c:a", "aac", "-movflags", "+faststart"]
VP9 = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "34", "-b:v", "0", "-c:a", "libopus"]


def make_proxy(info: VideoInfo, folder: Path, progress: Progress) -> Path:
    """Encodes the video small, its times kept; `progress` counts seconds. Raises OutputError."""
    encoders = chosen_ffmpeg().encoders
    suffix, how = (".mp4", H264) if "libx264" in encoders else (".webm", VP9)
    if not {"libx264", "libvpx-vp9"} & encoders:
        raise OutputError("this ffmpeg encodes neither H.264 nor VP9; name another with FOLEY_FFMPEG")
    target, seconds = folder / f"proxy{suffix}", max(1, round(info.duration))
    sound = ["-map", f"0:{info.main_audio.index}", "-ac", "2"] if info.audio else []
    maps = ["-map", f"0:{info.video_index}", *sound]
    size = f"scale=w=-2:h='min({MOST_HEIGHT},trunc(ih/2)*2)',format=yuv420p"
    arguments = [
        "-nostdin", "-loglevel", "error", "-y", *input_arguments(info.path), *maps, "-vf", size, "-fps_mode",
        "passthrough", "-g", str(PICTURES_PER_KEY), *how, "-progress", "-", file_url(target),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as errors:
        with start_ffmpeg(arguments, errors) as lines:
            ended = False
            for line in lines:
                if (at := re.match(rb"out_time_us=(\d+)", line)) is not None:
                    progress("proxy", min(seconds, int(at[1]) // 1_000_000), seconds)
                ended = ended or line.strip() == b"progress=end"
        errors.seek(0)
        told = errors.read().decode(errors="replace").strip().splitlines()
    if not ended or not target.is_file() or not target.stat().st_size:
        raise OutputError(f"{info.path}: no copy for the browser ({told[-1] if told else 'ffmpeg gave no reason'})")
    return target
