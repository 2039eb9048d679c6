"""Asked to stop, foley says so, leaves with the signal's code, and leaves nothing else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

FOLEY = (sys.executable, "-m", "foleycli.cli.entry")
SAID = "foley: interrupted; nothing was left half done\n"


def environment(folder: Path) -> dict[str, str]:
    folder.mkdir()
    return {**os.environ, "TMPDIR": str(folder), "OMP_NUM_THREADS": "1"}


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_dub_that_is_stopped_leaves_no_temporary_file(tmp_path: Path, number: str, code: int) -> None:
    temporary = tmp_path / "tmp"
    with subprocess.Popen(
        [*FOLEY, "dub", "-", "-o", "out.mp4"],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(temporary),
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # tests under nohup have it ignored
    ) as dub:  # fmt: skip
        deadline = time.monotonic() + 30
        while not list(temporary.glob("foley-*/*")) and time.monotonic() < deadline:
            time.sleep(0.01)  # until it has begun to copy stdin
        dub.send_signal(getattr(signal, number))
        said = dub.communicate(timeout=60)[1]  # with stdin at its end, so that a lost signal fails and does not hang
        assert (said, dub.returncode) == (SAID, code)
    assert list(temporary.iterdir()) == [] and not (tmp_path / "out.mp4").exists()


def test_a_batch_that_is_stopped_keeps_its_journal_alone(models: Path, clip: Path, tmp_path: Path) -> None:
    out, temporary = tmp_path / "out", tmp_path / "tmp"
    with subprocess.Popen(
        [*FOLEY, "batch", clip, "-o", out, "-m", models / "pocket", "--steps", "40", "--json", "-q"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(temporary),
    ) as batch:  # fmt: skip
        assert batch.stdout is not None and batch.stderr is not None
        assert json.loads(batch.stdout.readline())["event"] == "started"
        batch.send_signal(signal.SIGTERM)
        batch.stdout.read()
        assert (batch.stderr.read(), batch.wait()) == (SAID, 143)
    assert [path.name for path in out.rglob("*") if path.is_file()] == ["journal.jsonl"]
    assert list(temporary.glob("foley-*")) == []


def test_a_batch_that_is_interrupted_reports_what_it_did(models: Path, clip: Path, tmp_path: Path) -> None:
    out, page, videos = tmp_path / "out", tmp_path / "report.html", tmp_path / "videos"
    videos.mkdir()
    for number in range(12):
        shutil.copy(clip, videos / f"{number:02d}.mp4")
    with subprocess.Popen(
        [*FOLEY, "batch", videos, "-o", out, "-m", models / "pocket", "--steps", "1", "--json", "--report", page],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(tmp_path / "tmp"),
    ) as batch:  # fmt: skip
        assert batch.stdout is not None and batch.stderr is not None
        while json.loads(batch.stdout.readline())["event"] != "done":
            pass
        batch.send_signal(signal.SIGINT)
        told = [json.loads(line) for line in batch.stdout.read().splitlines()]
        assert batch.stderr.read().endswith(SAID) and batch.wait() == 130
    made = list(out.glob("*.mp4"))
    assert told[-1] == {"event": "report", "output": str(page), "rows": len(made)}
    assert 0 < len(made) < 12 and page.read_text().count('class="row done') == len(made)


UNHEARD = """
import os, signal, time
from foleycli.signals import Listener, Stopped
class Lost:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(1000))
listener = Listener()
listener.listen()
try:
    Lost()
    for _ in range(500):
        time.sleep(0.01)
except Stopped:
    print(listener.exit_code)
"""


def test_a_signal_that_python_drops_comes_again() -> None:
    ran = subprocess.run([sys.executable, "-c", UNHEARD], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("130\n", "")


def test_a_background_job_of_a_script_can_be_interrupted(tmp_path: Path) -> None:
    # A shell starts those with SIGINT ignored.
    temporary = tmp_path / "tmp"
    script = f"""mkfifo in; exec 3<>in; {" ".join(FOLEY)} dub - -o out.wav <in &
        until ls "$TMPDIR"/foley-*/* >/dev/null 2>&1; do sleep 0.05; done; kill -INT $!; wait $!; echo $?"""
    ran = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, env=environment(temporary)
    )
    assert (ran.stdout, ran.stderr, list(temporary.iterdir())) == ("130\n", SAID, [])


EARLY = """
import os, signal, sys
class Slow:
    def find_spec(self, name, path, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGTERM)
sys.meta_path.insert(0, Slow())
from foleycli.cli.entry import main
main()
"""


def test_a_signal_that_comes_while_foley_is_imported_is_one_line() -> None:
    ran = subprocess.run([sys.executable, "-c", EARLY], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("", SAID, 143)


ENDING = """
import atexit, sys, threading, time
from foleycli.signals import run_process
def main():
    atexit.register(print, "atexit")
    threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
    sys.stderr.write("told")
    if len(sys.argv) > 1:
        raise SystemExit(eval(sys.argv[1]))
run_process(main)
print("not reached")
"""


@pytest.mark.parametrize(("raised", "code"), [([], 0), (["None"], 0), (["0"], 0), (["5"], 5), (["'words'"], 1)])
def test_a_process_ends_after_its_threads_and_its_atexit_functions(raised: list[str], code: int) -> None:
    ran = subprocess.run([sys.executable, "-c", ENDING, *raised], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("thread\natexit\n", "told", code)
