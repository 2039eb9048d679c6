"""Files that appear complete or not at all."""

from __future__ import annotations

import os
import re
import shutil
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
    clear_leftovers(target.parent, ".foley-")
    try:
        prefix = f".foley-{os.getpid()}-"
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=f".part{target.suffix}", dir=target.parent)
    except OSError as error:
        raise OutputError(f"{target}: {error.strerror}; choose a folder that can be written") from error
    _hold(handle)
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
        os.close(handle)
        with suppress(FileNotFoundError):
            temporary.unlink()


@contextmanager
def scratch_folder() -> Iterator[str]:
    """A folder in the temporary one, gone with the block; those that killed runs left there go too."""
    clear_leftovers(Path(tempfile.gettempdir()), "foley-")
    with tempfile.TemporaryDirectory(prefix=f"foley-{os.getpid()}-") as folder:
        handle = os.open(folder, os.O_RDONLY)
        _hold(handle)
        try:
            yield folder
        finally:
            os.close(handle)


def clear_leftovers(folder: Path, prefix: str) -> None:
    """Removes what killed runs of foley left in a folder: files whose process is gone and that no process holds."""
    with suppress(OSError):
        for entry in os.scandir(folder):
            found = re.match(re.escape(prefix) + r"(\d+)-", entry.name)
            if found is not None and not _lives(int(found[1])) and _is_free(entry.path):
                with suppress(OSError):
                    shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def _is_free(path: str) -> bool:
    """Whether no process holds a file or folder: the number of a process says little where machines share a disk."""
    try:
        import fcntl

        handle = os.open(path, os.O_RDONLY)
    except (ImportError, OSError):
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _hold(handle: int) -> None:
    """Marks an open file or folder as held, until it is closed or the process ends."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


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
