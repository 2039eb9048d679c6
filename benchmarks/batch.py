"""What a batch saves: `foley batch` over a folder beside a loop of `foley dub` over the same videos.

    python benchmarks/batch.py [FOLDER] [--clips 6] [--seconds 5] [--jobs 1] [--model pocket]

Without FOLDER, rendered clips. Prints the seconds of each way and their ratio; the budget is 2 or more. Both ways do
the whole work, from the start of the program to the last file; each is run once, in turn, on the same machine.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

from foleycli.workflows.batch.find import find

KINDS = ("hammer", "drum", "knock", "ball", "stick", "chop")
BUDGET_RATIO = 2.0


def foley(*arguments: str | Path) -> float:
    """Wall seconds of one `foley` process."""
    code = "from foleycli.cli.app import main; main()"
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def make_clips(folder: Path, count: int, seconds: float) -> None:
    from foleycli.scenes.catalogue import KINDS as THERE
    from foleycli.scenes.catalogue import render
    from foleycli.video.encode import write_video

    kinds = [kind for kind in KINDS if kind in THERE]
    for number in range(count):
        scene = render(kinds[number % len(kinds)], number, seconds=seconds, size=(240, 426), clean=True)
        rate = Fraction(scene.frames_per_second).limit_denominator(1000)
        write_video(folder / f"{number:02d}.mp4", scene.frames, rate)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--clips", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1])
    parser.add_argument("--model", default="pocket")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch) / "clips"
        if given.folder is None:
            folder.mkdir()
            make_clips(folder, given.clips, given.seconds)
        out = Path(scratch) / "out"
        videos = [found.path for found in find([str(folder)], out)]
        (Path(scratch) / "loop").mkdir()
        common = ("-m", given.model, "-q")
        loop = sum(
            foley("dub", video, "-o", Path(scratch) / "loop" / f"{number}.mkv", *common)
            for number, video in enumerate(videos)
        )
        print(f"{'loop of foley dub':<28}{loop:8.1f} s for {len(videos)} videos")
        for jobs in given.jobs:
            batch = foley("batch", folder, "-o", f"{out}-{jobs}", "-j", str(jobs), "--name", "{stem}.mkv", *common)
            ratio = loop / batch
            print(f"{f'foley batch --jobs {jobs}':<28}{batch:8.1f} s   {ratio:5.2f} x (budget {BUDGET_RATIO:g})")


if __name__ == "__main__":
    main()
