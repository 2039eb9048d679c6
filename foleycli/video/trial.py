"""Whether a stream goes into a kind of file: one packet is put there by the ffmpeg that will write, and looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from foleycli.atomic import scratch_folder
from foleycli.errors import InputError, OutputError
from foleycli.video.facts import StreamFacts, file_facts
from foleycli.video.ffmpeg import input_arguments, run_ffmpeg

ANNEX_B = ["-bsf:v:0", "h264_mp4toannexb"]  # AVI has no place for H.264's parameters but the stream itself
PACKETS = {"video": "1", "audio": "5"}  # MP2 is taken for MP3 by its first packet alone
SOUND_SECONDS = 1  # of a sound that is decoded on trial


@dataclass(frozen=True)
class Trial:
    """How it went; `reason` is ffmpeg's, where it refused."""

    fits: bool
    reason: str = ""


def try_copy(path: Path, stream: StreamFacts, muxer: str) -> Trial:
    """Copies the first packet of a stream; it fits if the same codec, size and channels come back."""
    return _try_copy(
        path,
        os.stat(path).st_mtime_ns,
        stream.index,
        kind=stream.kind,
        codec=stream.codec,
        size=stream.size,
        layout=stream.layout,
        muxer=muxer,
    )


@lru_cache(maxsize=512)
def _try_copy(path: Path, _age: int, index: int, kind: str, codec: str, size: str, layout: str, muxer: str) -> Trial:
    with scratch_folder() as folder:
        out = Path(folder) / "trial"
        copy = ["-map", f"0:{index}", "-map_chapters", "-1", "-c", "copy", "-copyinkf", "-strict", "experimental"]
        copy += ["-frames", PACKETS.get(kind, "1")]
        if muxer == "avi" and codec == "h264":
            copy += ANNEX_B
        done = run_ffmpeg(
            ["-nostdin", "-loglevel", "error", "-y", *input_arguments(path), *copy, "-f", muxer, f"file:{out}"]
        )
        if b"No space left" in done.stderr:
            raise OutputError(f"{folder}: No space left on device; make room there, or set TMPDIR to another folder")
        if done.returncode:
            return Trial(False, _first_line(done.stderr))
        try:
            found = [one for one in file_facts(out).streams if one.kind != "data"]  # a time code gets one
        except InputError as error:
            return Trial(False, str(error))
    if len(found) != 1 or found[0].codec != codec:
        return Trial(False, f"comes back as {found[0].codec if found else 'nothing'}")
    if found[0].layout and found[0].layout != layout:
        return Trial(False, f"its channels come back as {found[0].layout}")
    if size and found[0].size and found[0].size != size:
        return Trial(False, f"comes back as {found[0].size}")
    return Trial(True)


def can_be_decoded(path: Path, index: int) -> bool:
    """Whether ffmpeg decodes the beginning of a sound."""
    return _can_be_decoded(path, os.stat(path).st_mtime_ns, index)


@lru_cache(maxsize=512)
def _can_be_decoded(path: Path, _age: int, index: int) -> bool:
    decode = ["-map", f"0:{index}", "-t", str(SOUND_SECONDS), "-f", "null", "-"]
    return run_ffmpeg(["-nostdin", "-loglevel", "error", *input_arguments(path), *decode]).returncode == 0


def _first_line(stderr: bytes) -> str:
    lines = stderr.decode(errors="replace").strip().splitlines()
    return lines[0].partition("] ")[2] or lines[0] if lines else "ffmpeg gave no reason"
