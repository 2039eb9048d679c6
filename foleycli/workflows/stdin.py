"""VIDEO as a seekable file: itself, or a temporary file with the bytes of stdin."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foleycli.atomic import scratch_folder
from foleycli.errors import FoleyError, InputError, OutputError
from foleycli.video.ffmpeg import refuse_url


@contextmanager
def local_file(video: str) -> Iterator[Path]:
    """The path of VIDEO; for '-' that of a temporary copy of stdin, which is removed afterwards."""
    refuse_url(video)
    if video != "-":
        yield Path(video)
        return
    if sys.stdin.isatty():
        raise InputError("no video on stdin; pipe one in, or name a file")
    with scratch_folder() as folder:
        path = Path(folder) / "stdin"
        try:
            with path.open("wb") as copy:
                shutil.copyfileobj(sys.stdin.buffer, copy, 1 << 20)
        except OSError as error:
            raise OutputError(f"{path}: {error.strerror}; make room there, or set TMPDIR to another folder") from error
        try:
            yield path
        except FoleyError as error:  # nobody knows the temporary name
            raise type(error)(str(error).replace(str(path), "stdin")) from error
