"""A batch on a real Ray cluster of two nodes on this machine: the same files, whatever dies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import psutil
import pytest

from foleycli.errors import ModelError
from foleycli.specs.settings import Generation, Model, Settings
from foleycli.workflows.batch import events
from foleycli.workflows.batch.batch import BatchRequest, batch
from foleycli.workflows.batch.job import Cluster
from tests.tiny_model import write_tiny
from tests.video.clips import make_clip

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112  # with its 15 actors hardly run beside other tests
pytest.importorskip("ray", reason="Ray is not installed")
NAMES = "abcd"
FEW: dict[str, Any] = {"include_dashboard": False, "include_log_monitor": False}  # processes of a node


@pytest.fixture
def nodes() -> Iterator[Any]:
    """A head that has no processor to give, and two nodes of one each."""
    import ray
    from ray.cluster_utils import Cluster as LocalCluster

    local = LocalCluster(initialize_head=True, head_node_args={"num_cpus": 0, **FEW})
    local.workers = [local.add_node(num_cpus=1, **FEW) for _ in range(2)]
    yield local
    ray.shutdown()
    local.shutdown()


@pytest.fixture
def request_(tmp_path: Path) -> BatchRequest:
    """Four clips of a second and a broken one, done in this process into `here`."""
    (tmp_path / "in").mkdir()
    for number, name in enumerate(NAMES):
        make_clip(tmp_path / "in" / f"{name}.mp4", [Fraction(k, 12 + number) for k in range(12)])
    (tmp_path / "in" / "bad.mp4").write_bytes(b"no video at all")
    settings = Settings(
        model=Model(name=str(write_tiny(tmp_path / "model").folder), device="cpu"), generation=Generation(steps=1)
    )
    return BatchRequest(paths=[tmp_path / "in"], out_dir=tmp_path / "here", settings=settings, workers=2)


def made(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.mp4"))}


def on(request: BatchRequest, name: str, cluster: Cluster, on_event: Any = None) -> dict[str, bytes]:
    """The files of a batch on a cluster; the broken video is the one failure."""
    assert request.out_dir is not None
    folder = request.out_dir.parent / name
    result = batch(replace(request, out_dir=folder, cluster=cluster), on_event)
    assert [failed.job.source.name for failed in result.failed] == ["bad.mp4"]
    assert "not a video file" in result.failed[0].reason and str(result.failed[0].job.source) in result.failed[0].reason
    assert len(result.done) == len(NAMES)
    return made(folder)


def test_the_files_are_those_of_this_process_shipped_and_whatever_dies(nodes: Any, request_: BatchRequest) -> None:
    """One test for both, as a cluster takes half a minute to come up on a busy machine."""
    batch(request_)
    assert request_.out_dir is not None
    here = made(request_.out_dir)
    assert len(here) == len(NAMES)
    assert on(request_, "shipped", Cluster(nodes.address, ship=True)) == here
    started: list[str] = []

    def strike(event: events.Event) -> None:
        if isinstance(event, events.Done) and len(started) == 0:
            started.append("process")
            actor = next(one for one in psutil.process_iter(["cmdline"]) if dubs(one))
            actor.send_signal(signal.SIGKILL)  # as the system does when memory runs out
        elif isinstance(event, events.Done) and len(started) == 1:
            started.append("node")
            nodes.remove_node(nodes.workers[0], allow_graceful=False)

    assert on(request_, "struck", Cluster(nodes.address), strike) == here  # by a shared folder
    assert started == ["process", "node"]
    journal = (request_.out_dir.parent / "struck" / ".foley-batch" / "journal.jsonl").read_text()
    assert all(journal.count(f'"{name}.mp4"') <= 2 for name in NAMES)


def dubs(process: psutil.Process) -> bool:
    return any("Dubber" in part for part in process.info["cmdline"] or ())


MARK = "FOLEY_TEST_RUN"  # in the environment of a run and of every process that it starts
STARTS = "starts"


def left_of(mark: str) -> list[str]:
    """Names of the processes of a run that are there 10 s after it."""
    deadline = time.monotonic() + 10
    while (names := names_of(mark)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return names


def names_of(mark: str) -> list[str]:
    found = psutil.process_iter(["environ", "name"])
    return [one.info["name"] for one in found if (one.info["environ"] or {}).get(MARK) == mark]


def stopped(command: list[str], mark: str, moment: str, number: signal.Signals) -> tuple[int, str]:
    """The exit code and stderr of a run that gets a signal at a moment: an event, or while Ray starts."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), MARK: mark}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # as the `&` of a script does
    ) as running:  # fmt: skip
        assert running.stdout is not None and running.stderr is not None
        if moment == STARTS:
            while "gcs_server" not in names_of(mark):
                time.sleep(0.05)
        else:
            while f'"event": "{moment}"' not in running.stdout.readline():
                pass
        running.send_signal(number)
        running.stdout.read()
        return running.wait(60), running.stderr.read()


def test_ctrl_c_ends_it_in_one_line_and_the_next_run_goes_on(request_: BatchRequest, tmp_path: Path) -> None:
    more = [f"e{number}" for number in range(6)]  # so that the signal never comes when all is done
    for name in more:
        shutil.copy(tmp_path / "in" / "a.mp4", tmp_path / "in" / f"{name}.mp4")
    folders = [str(tmp_path / "in"), "-o", str(tmp_path / "out"), "-m", str(tmp_path / "model")]
    words = ["batch", *folders, "--device", "cpu", "--steps", "1", "--executor", "ray", "--json"]
    command = [sys.executable, "-m", "foleycli.cli.entry", *words]
    for moment, number in ((STARTS, signal.SIGINT), ("start", signal.SIGTERM), ("done", signal.SIGINT)):
        mark = f"{tmp_path}/{moment}"
        said = "foley: interrupted; nothing was left half done\n"
        assert stopped(command, mark, moment, number) == (128 + number, said)
        assert left_of(mark) == []
    assert [path.name for path in (tmp_path / "out" / ".foley-batch").iterdir()] == ["journal.jsonl"]
    early = set(made(tmp_path / "out"))
    assert 0 < len(early) < len(more)
    left = next(name for name in [*NAMES, *more] if f"{name}.foley.mp4" not in early)
    some = [tmp_path / "in" / f"{name}.mp4" for name in (*(target.split(".")[0] for target in early), left)]
    again = batch(replace(request_, paths=some, out_dir=tmp_path / "out"))  # in this process: the journal is the same
    assert {job.target.name for job in again.skipped} == early
    assert [job.target.name for job in again.done] == [f"{left}.foley.mp4"]
    assert set(made(tmp_path / "out")) == {*early, f"{left}.foley.mp4"}


def test_a_cluster_that_is_not_there_is_one_line(request_: BatchRequest) -> None:
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"Ray cluster 127\.0\.0\.1:9: Connection refused; check that it runs"):
        batch(replace(request_, cluster=Cluster("127.0.0.1:9")))
    assert time.monotonic() - started < 10
