"""The command line run in this process, with a tiny untrained model in the place of the built-in one."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
import typer

from foleycli.bundles import store
from foleycli.cli.app import app, main
from foleycli.scenes.catalogue import render
from foleycli.signals import Listener
from foleycli.video.encode import write_video
from foleycli.workflows import config
from tests.tiny_echo import write_tiny_echo
from tests.tiny_model import write_tiny


@dataclass(frozen=True)
class Ran:
    """What a command left behind: exit code, stdout, stderr."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()


Foley = Callable[..., Ran]
COMMAND = typer.main.get_command(app)  # else typer builds it for each run, 0.1 s of 0.9


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `pocket` and `echo` in it: tiny, untrained."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny(folder / "pocket")
    write_tiny_echo(folder / "echo")
    return folder


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A silent clip of 2 s, a stick that strikes."""
    path = tmp_path_factory.mktemp("film") / "clip.mp4"
    scene = render("stick", 3, seconds=2.0, size=(96, 128), clean=True)
    write_video(path, scene.frames, Fraction(25))
    return path


@pytest.fixture
def clip(film: Path, tmp_path: Path) -> Path:
    """The clip, in an empty folder of its own."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(film.read_bytes())
    return path


@pytest.fixture
def foley(
    models: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> Foley:
    """Runs `foley ARGUMENTS` in the test's folder."""
    monkeypatch.setattr(store, "BUILT_IN", models)
    monkeypatch.setattr(config, "user_file", lambda: tmp_path / "no-such-folder" / "foley.toml")
    monkeypatch.setattr(Listener, "listen", lambda self: None)  # the signals are pytest's here
    monkeypatch.setattr(typer.main, "get_command", lambda asked: COMMAND)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["foley", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsysbinary.readouterr()
        return Ran(code, out, err.decode())

    return run
