"""A video that ends the program is one failed file of a batch, with the reason, and is not tried for ever."""

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

from foleycli.workflows.batch import supervisor
from foleycli.workflows.batch.crashes import DUMP, KILLED, STATE, Crashes
from tests.cli.conftest import clip, film, models

__all__ = ["clip", "film", "models"]  # fixtures

# `foley` whose executor reads address 0 for one of the videos, as a library of C with a fault would; others it copies:
# a model would take seconds to load in each of the children, and is not what is tested.
RUNNER = """
import ctypes, os, shutil, signal, sys
from foleycli.workflows.batch import executors
from foleycli.workflows.batch.job import Notes
from foleycli.workflows.batch.supervisor import tie_to_parent
tie_to_parent(os.environ)
class Copies:
    def __init__(self, model, workers):
        self.workers = workers
    def prepare(self, job, progress):
        if "bad" in job.source.name:
            ctypes.string_at(0)
        if "hog" in job.source.name:  # as the system does with who takes all memory
            os.kill(os.getpid(), signal.SIGKILL)
        return job
    def perform(self, job, prepared, drafts):
        shutil.copy(job.source, drafts / job.target.name)
        return Notes()
executors.ThreadExecutor = Copies
from foleycli.cli.app import main
main()
"""
SHELL = "/bin/sh"
IMPORTS = "import os, sys; from foleycli.workflows.batch.supervisor import supervise"
SUPERVISED = """
import os, sys
from foleycli.workflows.batch.supervisor import supervise
sys.exit(supervise([sys.executable, *sys.argv[1:]], os.environ, lambda text: print(text, file=sys.stderr)))
"""


@pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="this system starts no processes as POSIX does")
def test_the_batch_goes_on_without_the_video_that_ended_it(models: Path, clip: Path, tmp_path: Path) -> None:
    videos, out = tmp_path / "videos", tmp_path / "out"
    videos.mkdir()
    for name in ("a", "bad", "c", "hog", "z"):
        shutil.copy(clip, videos / f"{name}.mp4")
    (tmp_path / "runner.py").write_text(RUNNER)
    (tmp_path / "supervised.py").write_text(SUPERVISED)
    command = [tmp_path / "runner.py", "batch", videos, "-o", out, "-m", models / "pocket", "--steps", "1", "-q"]

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, tmp_path / "supervised.py", *command, *more]
        return subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=500, check=False)

    ran = run()
    assert ran.returncode == 1 and "Traceback" not in ran.stderr, ran.stderr
    assert "a video ended the program (SIGSEGV); going on" in ran.stderr
    assert "a video ended the program (SIGKILL); going on" in ran.stderr
    assert f"{videos / 'bad.mp4'}: ended the program (Segmentation fault)" in ran.stderr
    assert f"{videos / 'hog.mp4'}: ended the program (Killed, as the system does when memory runs out)" in ran.stderr
    assert sorted(path.name for path in out.glob("*.mp4")) == ["a.foley.mp4", "c.foley.mp4", "z.foley.mp4"]
    again = run("--json")
    assert again.returncode == 1 and "going on" not in again.stderr  # it was not tried again
    told = [json.loads(line) for line in again.stdout.splitlines()]
    assert [one["event"] for one in told if one["event"] in ("failed", "skipped")].count("failed") == 2


def test_the_thread_says_which_and_without_it_each_is_suspected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def after(fault: str, flying: dict[str, int], ended: str = "") -> tuple[dict[str, str], list[str]]:
        monkeypatch.setenv(supervisor.ENDED, ended)
        (tmp_path / STATE).write_text(json.dumps({"flying": flying, "suspected": ["s"]}))
        (tmp_path / DUMP).write_text(fault)
        crashes = Crashes(tmp_path)
        return dict(crashes.guilty), crashes.suspected

    both = {"a": 1, "b": 2}
    aborted = "Fatal Python error: Aborted\n\nCurrent thread 0x0000000000000002 (most recent call first):\n"
    assert after(aborted, both) == ({"b": "Aborted"}, ["s"])
    assert after("", both) == ({}, ["s"])  # stopped by hand, or the power went: nobody's fault
    assert after("Fatal Python error: Bus error\n\n<no Python frame>\n", both) == ({}, ["a", "b", "s"])
    assert after("", both, "SIGKILL") == ({}, ["a", "b", "s"])
    assert after("", {"a": 1}, "SIGKILL") == ({"a": KILLED}, ["s"])


def test_a_program_that_ends_before_it_begins_a_video_is_not_started_for_ever() -> None:
    code = f"{IMPORTS}; sys.exit(supervise({[SHELL, '-c', 'kill -9 $$']}, os.environ, print))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 137
    lines = ran.stdout.splitlines()
    assert lines[-1] == "the program was ended by SIGKILL 3 times before it began a video; free some memory"
    assert lines[:-1] == ["SIGKILL ended the program; going on"] * 2


def test_only_a_batch_runs_in_a_child() -> None:
    assert supervisor.wanted(["batch", "a.mp4", "-o", "out"], {})
    assert not supervisor.wanted(["batch", "--help"], {}) and not supervisor.wanted(["dub", "a.mp4"], {})
    assert not supervisor.wanted(["batch", "a.mp4"], {supervisor.CHILD: "1"}) and not supervisor.wanted([], {})


CHILD = """
import os, sys, time
from foleycli.signals import Listener, Stopped
print("up", flush=True)
time.sleep(0.3)  # a signal that comes before the listener waits for it
listener = Listener()
try:
    listener.listen()
    time.sleep(60)
except Stopped:
    sys.exit(listener.exit_code - 100)
"""


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("wait", [0.0, 0.6])
def test_a_signal_goes_to_the_child_and_its_code_comes_back(ignored: bool, wait: float) -> None:
    code = f"{IMPORTS}; sys.exit(supervise({[sys.executable, '-c', CHILD]}, os.environ, print))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.SIG_DFL),
    ) as parent:  # fmt: skip
        assert parent.stdout is not None and parent.stdout.readline() == "up\n"
        time.sleep(wait)
        parent.send_signal(signal.SIGINT)
        assert parent.wait() == 30


def test_a_child_that_crashes_while_it_stops_is_not_started_again() -> None:
    child = "import os, signal as s, time; s.pthread_sigmask(s.SIG_UNBLOCK, [2]); s.signal(2, lambda *_: os.abort()); "
    child += "print('up', flush=True); time.sleep(60)"
    code = f"{IMPORTS}; sys.exit(supervise({[sys.executable, '-c', child]}, os.environ, print))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None and parent.stdout.readline() == "up\n"
        parent.send_signal(signal.SIGINT)
        assert parent.stdout.read() == "interrupted; SIGABRT ended the program; run this again to go on\n"
        assert parent.wait() == 130
