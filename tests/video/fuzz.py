"""`python -m tests.video.fuzz --seconds 600 [--files DIR]`: damaged videos, read until the time is up.

Hypothesis draws the damage; a child process probes each file and reads pictures from both its ends, so that a crash or
a hang of a decoder ends the child and is counted. Files that did harm are kept in --keep. Last line: JSON with the sum.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import struct
import sys
import tempfile
import time
from collections import Counter
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as some

from foleycli.errors import InputError
from foleycli.video.frames import FrameReader
from foleycli.video.probe import probe
from tests.video.clips import even, make_clip, uneven

HANG_SECONDS = 30.0
LARGE_BYTES = 800_000  # larger files are mostly coded pictures: few of their bytes steer anything
NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)

PLACES = some.floats(0, 1)
DAMAGE = some.lists(
    some.one_of(
        some.tuples(some.just("byte"), PLACES, some.integers(0, 255)),
        some.tuples(some.just("number"), PLACES, some.sampled_from(NUMBERS)),
        some.tuples(some.just("cut out"), PLACES, some.integers(1, 4096)),
        some.tuples(some.just("twice"), PLACES, some.integers(1, 4096)),
        some.tuples(some.just("end"), PLACES, some.just(0)),
    ),
    min_size=1,
    max_size=8,
)


def damaged(content: bytes, damage: list[tuple[str, float, int]]) -> bytes:
    """The content with each harm done to it; harms gather at both ends, where headers and indexes are."""
    found = bytearray(content)
    for kind, place, value in damage:
        if not found:
            break
        near = (2 * place) ** 3 / 2 if place < 0.5 else 1 - (2 - 2 * place) ** 3 / 2
        at = int(near * (len(found) - 1))
        if kind == "byte":
            found[at] = value
        elif kind == "number":
            found[at : at + 4] = struct.pack(">I", value)
        elif kind == "cut out":
            del found[at : at + value]
        elif kind == "twice":
            found[at:at] = found[at : at + value]
        elif place > 0.8:  # not often: what is cut off early is only refused
            del found[max(at, 1) :]
    return bytes(found)


def read_whole(path: Path) -> str:
    """'read' or 'refused'; anything else that happens is a fault."""
    try:
        info = probe(path)
        with FrameReader(info, 5, (8, 8)) as reader:
            assert len(reader.read(Fraction(0), min(info.duration, Fraction(2)))) > 0
            assert len(reader.read(max(info.duration - 1, Fraction(0)), info.duration)) > 0
    except InputError as error:
        assert "\n" not in str(error).replace(str(path), "")
        return "refused"
    return "read"


def sources(folder: Path, files: Path | None) -> list[tuple[str, bytes]]:
    """(suffix, content) of small clips made here in several containers, and of the videos in `files`."""
    sound = (0.0, 1.0)
    made = [make_clip(folder / f"a{suffix}", even(12), sound=sound) for suffix in (".mp4", ".mkv", ".ts", ".flv")]
    made.append(make_clip(folder / "b.avi", even(12), codec="mpeg4"))
    made.append(make_clip(folder / "c.mp4", uneven(12), rotate=90, sound=sound))
    given = sorted(path for path in files.iterdir() if path.suffix != ".csv") if files else []
    found = [(path.suffix, path.read_bytes()) for path in (*made, *given) if path.stat().st_size]
    return [one for one in found if len(one[1]) <= LARGE_BYTES]


def serve(orders: Connection) -> None:
    """The child: reads one file after the other and answers with what became of it, and its memory in MB."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libav grumbles
    while path := orders.recv():
        try:
            ended = read_whole(path)
        except BaseException as error:
            ended = f"fault: {type(error).__name__}: {error}"
        orders.send((ended, resident_mb()))


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Child:
    """A reading process that is replaced when it dies or hangs."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.orders, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def read(self, path: Path) -> tuple[str, float | None]:
        try:
            self.orders.send(path)
            if self.orders.poll(HANG_SECONDS):
                answer: tuple[str, float] = self.orders.recv()
                return answer
            ended = "hang"
        except (EOFError, OSError):
            ended = "crash"
        self.process.kill()
        self.process.join()
        self.start()
        return ended, None


def run(seconds: float, files: Path | None, keep: Path, first_seed: int) -> dict[str, Any]:
    """Fuzzes until the time is up; the sum of it."""
    counts: Counter[str] = Counter()
    memory: list[float] = []
    slowest = 0.0
    child, until, number = Child(), time.monotonic() + seconds, first_seed
    with tempfile.TemporaryDirectory() as folder:
        clips = sources(Path(folder), files)

        def one(which: int, damage: list[tuple[str, float, int]]) -> None:
            nonlocal slowest
            if time.monotonic() > until:
                return
            suffix, content = clips[which]
            path = Path(folder) / f"x{suffix}"
            path.write_bytes(damaged(content, damage))
            started = time.monotonic()
            ended, resident = child.read(path)
            slowest = max(slowest, time.monotonic() - started)
            counts[ended.split(":")[0]] += 1
            if resident is not None:
                memory.append(resident)
            if ended not in ("read", "refused"):
                keep.mkdir(parents=True, exist_ok=True)
                kept = keep / f"{number}-{sum(counts.values())}{suffix}"
                kept.write_bytes(path.read_bytes())
                print(f"{kept}: {ended}", file=sys.stderr, flush=True)

        while time.monotonic() < until:
            quick = settings(
                max_examples=500, database=None, deadline=None, phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            seed(number)(quick(given(which=some.integers(0, len(clips) - 1), damage=DAMAGE)(one)))()
            number += 1
    tenth = max(1, len(memory) // 10)
    tenths = [sorted(memory[at : at + tenth])[tenth // 2] for at in range(0, tenth * 10, tenth) if len(memory) >= 10]
    return {
        "sources": len(clips),
        "files": sum(counts.values()),
        **{kind: counts[kind] for kind in ("read", "refused", "crash", "hang", "fault")},
        "slowest_seconds": round(slowest, 2),
        "resident_mb_per_tenth": [round(one, 1) for one in tenths],
        "highest_mb": round(max(memory), 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--files", type=Path)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(json.dumps(run(asked.seconds, asked.files, asked.keep, asked.seed)))
