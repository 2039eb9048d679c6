"""Long videos through `foley dub`: time and peak memory beside the length, which memory must not follow.

    python benchmarks/long.py [--minutes 2 20 120] [--model pocket]

The video is a minute, ten seconds of a hammer at work and a still picture after it, repeated by copying its packets.
Each line: what was measured, and its ratio to the shortest one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from itertools import chain, repeat
from pathlib import Path

from foleycli.scenes.catalogue import render
from foleycli.video.encode import write_video
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.probe import probe

RATE = 25
PEAK = (
    "import resource, sys; from foleycli.cli.app import main\n"
    "try: main()\n"
    "finally: print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
)


def make_minute(path: Path) -> None:
    scene = render("hammer", 3, seconds=10.0, size=(90, 160), clean=True)
    frames = list(scene.frames)[: 10 * RATE]
    write_video(path, chain(frames, repeat(frames[-1], 60 * RATE - len(frames))), Fraction(RATE))


def repeat_minute(minute: Path, path: Path, minutes: int) -> None:
    loop = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-y", "-stream_loop", str(minutes - 1)]
    subprocess.run([*loop, "-i", str(minute), "-c", "copy", str(path)], check=True)


def dub(clip: Path, out: Path, model: str) -> tuple[float, float]:
    """Wall seconds and peak megabytes of one `foley dub`."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PEAK, "dub", str(clip), "-o", str(out), "-m", model, "-q"],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.perf_counter() - started, float(done.stderr.rsplit("peak", 1)[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=int, nargs="+", default=[2, 20, 120])
    parser.add_argument("--model", default="pocket")
    asked = parser.parse_args()
    first: tuple[float, float] | None = None
    with tempfile.TemporaryDirectory() as folder:
        minute = Path(folder) / "minute.mp4"
        make_minute(minute)
        for minutes in asked.minutes:
            clip, out = Path(folder) / "clip.mp4", Path(folder) / "out.mp4"
            repeat_minute(minute, clip, minutes)
            seconds, peak = dub(clip, out, asked.model)
            before, after = probe(clip), probe(out)
            assert after.has_audio and abs(after.duration - before.duration) <= Fraction(1, RATE)
            out.unlink()
            pace = seconds / float(before.duration)
            first = first or (pace, peak)
            print(
                f"{minutes:>5} min   {seconds:8.1f} s   {pace:6.3f} s per s of video  {pace / first[0]:5.2f} x", end=""
            )
            print(f"   peak {peak:7.0f} MB  {peak / first[1]:5.2f} x", flush=True)


if __name__ == "__main__":
    main()
