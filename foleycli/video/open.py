"""Opens a media file as a local file and nothing else: no network, no playlists, no picture lists."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream

from foleycli.errors import InputError
from foleycli.video.ffmpeg import FORMATS, file_url

MAX_PIXELS = 2**27  # 16384 x 8192: one decoded picture is at most 400 MB


def check_readable(path: Path) -> None:
    """Raises InputError for what is no file, is empty, or may not be read."""
    try:
        size_bytes = path.stat().st_size
        if not path.is_file():
            hint = "give one video file" if path.is_dir() else "pipe it into 'foley dub -'"
            raise InputError(f"{path} is not a file; {hint}")
        with path.open("rb"):
            pass
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; check the name and the permissions") from error
    if size_bytes == 0:
        raise InputError(f"{path} is empty (0 bytes); copy or download it again")


def open_local(path: str | Path, **options: str) -> InputContainer:
    """The container at `path`; raises InputError in one line if there is none that can be read."""
    path = Path(path)
    check_readable(path)
    safe: dict[str, Any] = {"protocol_whitelist": "file", "format_whitelist": FORMATS, "max_pixels": str(MAX_PIXELS)}
    try:
        # The prefix keeps names such as "-x.mp4" or "a:b.mp4" from being read as options or protocols.
        container: InputContainer = av.open(file_url(path), options=safe | options, metadata_errors="replace")
        return container
    except (FFmpegError, ValueError, OSError) as error:
        raise InputError(f"{path}: {_reason(error)}") from error


def packets(container: InputContainer, *streams: Stream) -> Iterator[Packet[Any]]:
    """The packets of some streams, in the order of the file, up to where it can't be read any further."""
    found = container.demux(*streams)
    while True:
        try:
            packet = next(found)
        except (StopIteration, FFmpegError, IndexError):  # IndexError: PyAV met a stream that came late
            return
        yield packet


def _reason(error: Exception) -> str:
    if getattr(error, "errno", None) == errno.EINVAL:  # libav's message for a format that is not in the list
        return "a picture, a playlist, a script or another kind that foley does not open; give it a video file"
    if isinstance(error, av.error.InvalidDataError):
        return "not a video file, or cut off before its index; check that it plays, or copy it again"
    return f"can't be opened ({getattr(error, 'strerror', None) or error}); check that it plays, or copy it again"
