"""Every line of docs/cookbook.md does in a shell what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from foleycli.video.ffmpeg import find_ffmpeg
from tests.cli.conftest import film, models
from tests.cli.forked import write_client

__all__ = ["film", "models"]  # fixtures

ROOT = Path(__file__).parents[1]
LINES = re.findall(r"^```sh\n(.+?)\n```$", (ROOT / "docs" / "cookbook.md").read_text(), re.MULTILINE | re.DOTALL)
MADE = (
    "dubbed/my clip.foley.mov", "silent/my clip.foley.mov", "mirrored.mp3", "graded.mp4", "loudest.csv", "wood.mp4",
    "seed2.wav", "done.jsonl", "plan.txt", "why.txt",
)  # fmt: skip
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def programs(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with `foley` and `ffmpeg` in it."""
    folder = tmp_path_factory.mktemp("bin")
    write_client(folder / "foley", folder / "socket")
    (folder / "ffmpeg").symlink_to(find_ffmpeg())
    server = [sys.executable, "-m", "tests.cli.forked", folder / "socket", models]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT) as running:
        assert running.stdout is not None and running.stdout.readline() == "ready\n"
        yield folder
        running.kill()


def test_there_are_ten() -> None:
    assert len(LINES) == len(MADE) == 10


@pytest.mark.parametrize(("line", "made"), list(zip(LINES, MADE, strict=True)), ids=MADE)
def test_a_line_does_what_it_says(tmp_path: Path, programs: Path, film: Path, line: str, made: str) -> None:
    for name in ("clip.mp4", "my clip.mov"):
        (tmp_path / name).write_bytes(film.read_bytes())
    (tmp_path / "cues.csv").write_text("time,strength,sound\n0.5,1.0,impact_metal\n")
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", line],
        capture_output=True, text=True, cwd=tmp_path, env={**ENVIRONMENT, "PATH": f"{programs}:{os.environ['PATH']}"},
    )  # fmt: skip
    assert ran.returncode == 0 and "Traceback" not in ran.stderr, ran.stderr
    assert (tmp_path / made).stat().st_size > 0
    assert not list(tmp_path.rglob("*.part*"))
