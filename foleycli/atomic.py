"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from foleycli.errors import OutputError


@contextmanager
def atomic_file(target: str | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A temporary path beside `target`, which takes its place when the block ends and vanishes if it fails.

    Whatever stops the block, an error or Ctrl-C, leaves the target as it was. A link stays: its end is written.
    """
    target = Path(target)
    check_target(target, overwrite)
    target = Path(os.path.realpath(target)) if target.is_symlink() else target
    try:
        handle, name = tempfile.mkstemp(prefix=".foley-", suffix=f".part{target.suffix}", dir=target.parent)
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror}; choose a folder that can be written") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        check_target(target, overwrite)  # another program may have made it meanwhile
        _settle(temporary, target)
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror or error}; check the disk's space and permissions") from error
    except OutputError as error:  # the user knows no temporary name
        raise OutputError(str(error).replace(str(temporary), str(target))) from error
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def check_target(target: Path, overwrite: bool) -> None:
    """Raises OutputError if `target` is in the way or can't be."""
    if not os.path.isdir(target.parent):
        raise OutputError(f"{target.parent} is not a folder; make it first, or choose another")
    try:
        if target.is_dir():
            raise OutputError(f"{target} is a folder; give a file name")
        if target.exists() and not overwrite:
            raise OutputError(f"{target} exists; use --overwrite, or another name")
    except OSError as error:  # a name that is too long
        raise OutputError(f"{target}: {error.strerror}; choose another name") from error


def _settle(temporary: Path, target: Path) -> None:
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(temporary, 0o666 & ~mask)  # mkstemp makes files that only their owner can read
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, target)
