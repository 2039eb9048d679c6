"""What a user waits for: `foley dub` cold and warm, its memory beside the length of the video, `foley --help`.

    python benchmarks/dub.py [--seconds 10 60 600]

Each line: what was measured, and its share of the budget of design.md (under 1 is within). Run it on an idle machine.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

COLD_BUDGET_SECONDS, HELP_BUDGET_SECONDS, WARM_BUDGET_RATIO, MEMORY_BUDGET_MB = 8.0, 0.3, 5.0, 1500.0


def run(*arguments: str) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one `foley` process."""
    code = (
        "import resource, sys; from foleycli.cli.app import main\n"
        "try: main()\n"
        "finally: print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
    )
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    return seconds, float(done.stderr.rsplit("peak", 1)[1]) / 1024


def make_clip(path: Path, seconds: int) -> None:
    """A hammer at work, ten seconds of it over and over."""
    from foleycli.scenes.catalogue import render
    from foleycli.video.encode import write_video

    scene = render("hammer", 3, seconds=10.0, size=(360, 640), clean=True)
    frames = islice(cycle(scene.frames), seconds * round(scene.frames_per_second))
    write_video(path, frames, Fraction(scene.frames_per_second).limit_denominator(1000))


def line(what: str, value: float, unit: str, share: float) -> None:
    print(f"{what:<44}{value:10.2f} {unit:<12}{share:8.2f} of the budget")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=int, nargs="+", default=[10, 60, 600])
    lengths = parser.parse_args().seconds
    help_seconds = min(run("--help")[0] for _ in range(5))
    line("foley --help", help_seconds, "s", help_seconds / HELP_BUDGET_SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        peaks = {}
        for seconds in lengths:
            clip = Path(folder) / f"{seconds}.mp4"
            make_clip(clip, seconds)
            taken, peaks[seconds] = min(
                run("dub", str(clip), "-o", str(clip.with_suffix(".out.mp4")), "-f", "-q") for _ in range(2)
            )
            budget = COLD_BUDGET_SECONDS * max(1.0, seconds / 10)
            line(f"dub, cold, {seconds} s of video", taken, "s", taken / budget)
            line(f"  peak memory, {seconds} s of video", peaks[seconds], "MB", peaks[seconds] / MEMORY_BUDGET_MB)
        line("  growth of memory, longest over shortest", max(peaks.values()) / min(peaks.values()), "x", 0.0)
        warm(Path(folder) / f"{lengths[0]}.mp4", lengths[0])
    print(f"this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def warm(clip: Path, seconds: int) -> None:
    """The library, model loaded: seconds of video per second."""
    from foleycli import FoleyPipeline

    pipe = FoleyPipeline("pocket", device="cpu")
    pipe.generate(clip)
    started = time.perf_counter()
    pipe.generate(clip, seed=1)
    ratio = seconds / (time.perf_counter() - started)
    line("generate, warm", ratio, "x real time", WARM_BUDGET_RATIO / ratio)


if __name__ == "__main__":
    main()
