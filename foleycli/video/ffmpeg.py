"""Finds an ffmpeg, checks that it can do the work, and runs it: the only module that starts processes.

FOLEY_FFMPEG   the only one used, if set
bundled        the one that the imageio-ffmpeg wheel carries (or that IMAGEIO_FFMPEG_EXE names)
PATH           the last choice: its version and its parts depend on the machine
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from foleycli.errors import InputError, OutputError

VARIABLE = "FOLEY_FFMPEG"
# Older ones write streams that start apart out of step: 5.1 delays the sound of a transport stream by the difference.
OLDEST_LIBAVFORMAT, OLDEST_VERSION = 61, "7.0"
MUXERS = frozenset({"mp4", "mov", "matroska", "webm", "mpegts", "avi", "flv", "3gp"})
ENCODERS = frozenset({"aac", "libopus", "pcm_s16le", "mov_text", "srt", "webvtt"})
CHECK_SECONDS = 60  # an ffmpeg that takes longer to print its version is not used
# Demuxers that read one file and follow no names found in it. hls, dash, concat, image2 and the like are left out.
FORMATS = (
    "3g2,3gp,aac,aiff,asf,av1,avi,caf,dv,flac,flv,gif,gxf,h261,h263,h264,hevc,ivf,m4a,m4v,matroska,mj2,mjpeg,"
    "mov,mp3,mp4,mpeg,mpegts,mpegvideo,mxf,nsv,nut,obu,ogg,rm,swf,vc1,vvc,w64,wav,webm,wtv,yuv4mpegpipe"
)


@dataclass(frozen=True)
class Ffmpeg:
    """An ffmpeg that was run and can do the work; `source` is FOLEY_FFMPEG, bundled or PATH."""

    path: str
    source: str
    version: str
    muxers: frozenset[str]
    encoders: frozenset[str]


@dataclass(frozen=True)
class Refused:
    """An ffmpeg that is not used, and why."""

    path: str
    source: str
    reason: str


def find_ffmpeg() -> str:
    """The path of the ffmpeg that foley uses; raises OutputError if none can do the work."""
    return chosen_ffmpeg().path


def chosen_ffmpeg() -> Ffmpeg:
    """The first that can do the work; raises OutputError with the reasons if there is none."""
    refused: list[Refused] = []
    for source, path in _candidates():
        found = examine(path, source)
        if isinstance(found, Ffmpeg):
            return found
        refused.append(found)
    reasons = "; ".join(f"{one.source}: {one.path} {one.reason}" for one in refused) or "none is installed"
    if os.environ.get(VARIABLE):
        raise OutputError(f"{reasons}; name another ffmpeg with {VARIABLE}, or unset it")
    raise OutputError(f"no ffmpeg that works ({reasons}); install foleycli again, or name one with {VARIABLE}")


def examined() -> list[Ffmpeg | Refused]:
    """Every ffmpeg that could be used, in order of preference."""
    return [examine(path, source) for source, path in _candidates()]


def run_ffmpeg(arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    """Runs the chosen ffmpeg to its end; its output is captured."""
    return subprocess.run([find_ffmpeg(), *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False)


@contextmanager
def start_ffmpeg(arguments: Sequence[str], errors: IO[bytes]) -> Iterator[IO[bytes]]:
    """The standard output of the chosen ffmpeg, which is ended with the block. Its messages go to `errors`."""
    with subprocess.Popen(
        [find_ffmpeg(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout
        finally:
            process.kill()


def input_arguments(path: Path) -> list[str]:
    """Arguments that open a file as a local one and nothing else."""
    return ["-protocol_whitelist", "file", "-format_whitelist", FORMATS, "-i", file_url(path)]


def refuse_url(name: str) -> None:
    """Raises InputError for an address; a file of such a name is taken."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", name) and not os.path.exists(name):
        raise InputError(f"{name}: foley opens local files only; download it first")


def file_url(path: Path) -> str:
    """A path as ffmpeg takes it, whatever is in its name."""
    return f"file:{os.path.abspath(path)}"


def _candidates() -> Iterator[tuple[str, str]]:
    if named := os.environ.get(VARIABLE):
        yield VARIABLE, shutil.which(named) or named
        return
    if bundled := _bundled():
        yield "bundled", bundled
    if found := shutil.which("ffmpeg"):
        yield "PATH", found


@cache
def _bundled() -> str | None:
    try:
        import imageio_ffmpeg

        found = str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):  # no wheel for this machine, or a damaged one
        return None
    return None if found == "ffmpeg" else found  # its own last choice is the one on PATH


@cache
def examine(path: str, source: str) -> Ffmpeg | Refused:
    """Runs an ffmpeg once for its version and its lists; cached for as long as the program runs."""
    running: list[subprocess.Popen[str]] = []
    try:
        for command in ("-version", "-muxers", "-encoders"):  # all at once: each takes 0.06 s to start
            running.append(_start(path, command))
        answers = [(process, *process.communicate(timeout=CHECK_SECONDS)) for process in running]
    except OSError as error:
        return Refused(path, source, f"can't be run ({error.strerror or error})")
    except subprocess.TimeoutExpired:
        return Refused(path, source, f"did not answer within {CHECK_SECONDS} s")
    finally:
        for process in running:
            process.kill()
            process.wait()
    for process, _, complaint in answers:
        if process.returncode:
            last = (complaint.strip().splitlines() or ["no reason given"])[-1]
            return Refused(path, source, f"does not run (exit {process.returncode}: {last})")
    text, muxers, encoders = (answer for _, answer, _ in answers)
    return _judged(path, source, text, muxers=_names(muxers), encoders=_names(encoders))


def _judged(path: str, source: str, text: str, muxers: frozenset[str], encoders: frozenset[str]) -> Ffmpeg | Refused:
    version = re.search(r"^ffmpeg version (\S+)", text)
    library = re.search(r"^libavformat\s+(\d+)", text, re.MULTILINE)  # builds from git have no version's number
    if version is None or library is None:
        return Refused(path, source, "is no ffmpeg: it does not say its version")
    if int(library[1]) < OLDEST_LIBAVFORMAT:
        return Refused(path, source, f"is version {version[1]}; foley needs {OLDEST_VERSION} or newer")
    missing = sorted(MUXERS - muxers) + sorted(ENCODERS - encoders)
    if missing:
        return Refused(path, source, f"is version {version[1]} without {', '.join(missing)}")
    return Ffmpeg(path, source, version[1], muxers=muxers, encoders=encoders)


def _start(path: str, command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [path, "-hide_banner", command],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
    )  # fmt: skip


def _names(listing: str) -> frozenset[str]:
    """The names in a list of ffmpeg's: flags, name, description."""
    entries = (line.split() for line in listing.partition("--\n")[2].splitlines())
    return frozenset(name for entry in entries if len(entry) > 1 for name in entry[1].split(","))
