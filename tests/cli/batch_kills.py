"""`python -m tests.cli.batch_kills MODEL VIDEOS OUT KILLS SEED`: a batch killed at random times until it is done.

Everything is imported once; each run is a fork of that, which is killed with SIGKILL after a random time. One JSON
object per run: what was killed after which time, and the outputs that were there then, by name: [inode, mtime].
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from tests.cli.forked import run_here, warm_up

LIMIT_SECONDS = 120.0


def fork_batch(model: str, videos: str, out: str) -> int:
    """The process id of a `foley batch` that is running."""
    process = os.fork()
    if process == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        quick = ["--device", "cpu", "--steps", "1", "--room-tone", "off"]
        run_here(["batch", videos, "-o", out, "-m", model, *quick, "--quiet"])
    return process


def wait(process: int, seconds: float) -> int | None:
    """The exit code, or None if it still runs after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(process, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.005)
    return None


def outputs(folder: Path) -> dict[str, list[int]]:
    found = {path.name: path.stat() for path in folder.glob("*.*") if path.is_file()}
    return {name: [stat.st_ino, stat.st_mtime_ns] for name, stat in found.items()}


def report(kind: str, seconds: float, out: str) -> None:
    print(json.dumps({"end": kind, "seconds": seconds, "outputs": outputs(Path(out))}), flush=True)


def main(model: str, videos: str, out: str, kills: str, seed: str) -> None:
    # One whole run elsewhere tells how long it takes, so that the kills fall everywhere into it.
    started = time.monotonic()
    code = wait(fork_batch(model, videos, f"{out}-reference"), LIMIT_SECONDS)
    whole_seconds = time.monotonic() - started
    report(f"reference {code}", whole_seconds, f"{out}-reference")
    chance = random.Random(int(seed))
    for _ in range(int(kills)):
        process, seconds = fork_batch(model, videos, out), chance.uniform(0.02, 0.6) * whole_seconds
        code = wait(process, seconds)
        if code is None:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        report("killed" if code is None else f"ended {code}", seconds, out)
    for _ in range(2):  # to the end, and once more with nothing left to do
        report(f"ended {wait(fork_batch(model, videos, out), LIMIT_SECONDS)}", 0.0, out)


if __name__ == "__main__":
    warm_up()
    main(*sys.argv[1:])
