"""What people install: the wheel, the Dockerfile, the manual page; and messages that the docs explain."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from functools import cache
from pathlib import Path

import pytest

import foleycli
from foleycli.version import __version__
from tests.manual.man import man_page
from tests.manual.reference import manual

ROOT = Path(__file__).parents[1]
PACKAGE = Path(foleycli.__file__).parent
MOST_BYTES = 70_000_000
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree's own settings without a network."""
    pytest.importorskip("hatchling", reason="pip install -e '.[dev]'")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_is_small_and_has_all_files_of_the_package(wheel: Path) -> None:
    assert wheel.stat().st_size <= MOST_BYTES
    with zipfile.ZipFile(wheel) as inside:
        names = set(inside.namelist())
    ours = {path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path.relative_to(PACKAGE.parent).as_posix() for path in ours} <= names
    assert not {name for name in names if name.startswith(("tests/", "docs/", "benchmarks/"))}


def test_the_wheel_runs_in_an_environment_without_the_source(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", with_pip=False, symlinks=os.name != "nt")
    python = next(path for path in (tmp_path / "bare").rglob("python*") if path.parent.name in ("bin", "Scripts"))
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel]
    done = subprocess.run(install, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # The libraries of this environment come after the wheel's own package, and nothing of the source does.
    site = next(path for path in (tmp_path / "bare").rglob("site-packages"))
    (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    program = next(path for path in (tmp_path / "bare").rglob("foley*") if path.parent == python.parent)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    for words in (["--version"], ["models", "verify", "pocket"]):
        ran = subprocess.run([program, *words], capture_output=True, text=True, cwd=tmp_path, env=environment)
        assert ran.returncode == 0, ran.stderr
    where = [python, "-c", "import foleycli; print(foleycli.__file__, foleycli.__version__)"]
    found = subprocess.run(where, capture_output=True, text=True, cwd=tmp_path, env=environment).stdout.split()
    assert Path(found[0]).is_relative_to(site) and found[1] == __version__


def test_the_dockerfile_is_sound() -> None:
    """What hadolint would ask, and that it copies what is there."""
    lines = [line for line in DOCKERFILE.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]
    steps = [line.split(maxsplit=1) for line in lines]
    words = [word for word, _ in steps]
    assert set(words) <= {"FROM", "ENV", "RUN", "WORKDIR", "COPY", "USER", "ENTRYPOINT", "CMD"}
    assert [rest for word, rest in steps if word == "FROM"] == ["python:3.12-slim-bookworm"]
    users = [rest for word, rest in steps if word == "USER"]
    assert users and users[-1] not in ("root", "0")
    assert words.index("USER") < words.index("ENTRYPOINT")
    for word, rest in steps:
        if word in ("ENTRYPOINT", "CMD"):
            assert rest.startswith('["')
        if word == "WORKDIR":
            assert rest.startswith("/")
        if word == "RUN" and "pip install" in rest:
            assert "--no-cache-dir" in rest and "-c constraints.txt" in rest and "whl/cpu" in rest
        if word == "RUN":
            assert "sudo" not in rest and ("apt-get install" not in rest or "--no-install-recommends" in rest)
    sources = [source for word, rest in steps if word == "COPY" for source in rest.split()[:-1]]
    assert sources and all((ROOT / source).exists() for source in sources)
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert allowed == set(sources)


def test_the_manual_page_has_every_command_and_no_odd_request() -> None:
    commands = re.findall(r"^## foley (.+)$", manual(), re.MULTILINE)
    shown = [line.replace("\\-", "-") for line in man_page().splitlines()]
    assert all(f".SS foley {command}" in shown for command in commands)
    assert any(line.lstrip().startswith("--takes ") for line in shown)
    assert not re.search(r"^'", man_page(), re.MULTILINE)  # roff would take it for a request
    requests = set(re.findall(r"^\.(\w+)", man_page(), re.MULTILINE))
    assert requests <= {"TH", "SH", "SS", "B", "I", "nf", "fi"}


EXPLAINED = re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "troubleshooting.md").read_text(), re.MULTILINE)


@cache
def printed() -> tuple[str, ...]:
    """Every text in the code of the package, with … for what is filled in."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(part.value if isinstance(part, ast.Constant) else "…" for part in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return tuple(found)


@pytest.mark.parametrize("message", EXPLAINED)
def test_a_message_that_the_docs_explain_is_one_that_foley_prints(message: str) -> None:
    assert message in printed()


def test_there_are_many_messages() -> None:
    assert len(EXPLAINED) > 30
