from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from foleycli.errors import OutputError
from foleycli.video import ffmpeg
from foleycli.video.ffmpeg import ENCODERS, MUXERS, Ffmpeg, chosen_ffmpeg, examine, find_ffmpeg
from tests.cli.conftest import Foley, clip, film, foley, models

__all__ = ["clip", "film", "foley", "models"]  # fixtures

BROKEN = '#!/bin/sh\necho "ffmpeg: error while loading shared libraries: libavdevice.so.58" >&2\nexit 127\n'


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def pretender(path: Path, library: int = 63, without: str = "") -> Path:
    """A script that answers as an ffmpeg of that libavformat does, with all foley needs but `without`."""
    lists = {
        "-muxers": "".join(f"  E {name} x\n" for name in MUXERS if name != without),
        "-encoders": "".join(f" A..... {name} x\n" for name in ENCODERS if name != without),
    }
    arms = "".join(f'*{name}) printf "Listed:\n ---\n{listed}" ;;\n' for name, listed in lists.items())
    version = f'*-version) printf "ffmpeg version 5.1.9\nlibavformat    {library}. 27.100\n" ;;\n'
    return script(path, f'#!/bin/sh\ncase "$*" in\n{version}{arms}esac\n')


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the head of PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.delenv("FOLEY_FFMPEG", raising=False)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.mark.parametrize("kind", ["none", "broken", "old", "good"])
def test_the_bundled_one_comes_first(on_path: Path, kind: str) -> None:
    if kind == "broken":
        script(on_path / "ffmpeg", BROKEN)
    elif kind != "none":
        pretender(on_path / "ffmpeg", library=59 if kind == "old" else 63)
    found = chosen_ffmpeg()
    assert found.source == "bundled" and on_path not in Path(found.path).parents
    assert found.muxers >= MUXERS and found.encoders >= ENCODERS


def test_without_a_bundled_one_that_of_path_is_used_if_it_can_work(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg, "_bundled", lambda: None)
    pretender(on_path / "ffmpeg")
    assert chosen_ffmpeg().source == "PATH"


def test_the_variable_names_another_and_no_other_is_tried(on_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = pretender(on_path / "mine")
    for name in (str(mine), "mine"):
        monkeypatch.setenv("FOLEY_FFMPEG", name)
        assert (chosen_ffmpeg().source, find_ffmpeg()) == ("FOLEY_FFMPEG", str(mine))
    monkeypatch.setenv("FOLEY_FFMPEG", str(on_path / "missing"))
    with pytest.raises(OutputError, match=r"missing can't be run \(No such file"):
        find_ffmpeg()


@pytest.mark.parametrize("missing", ["matroska", "aac"])
def test_one_that_lacks_a_part_is_refused(tmp_path: Path, missing: str) -> None:
    found = examine(str(pretender(tmp_path / "ffmpeg", without=missing)), "PATH")
    assert not isinstance(found, Ffmpeg) and found.reason == f"is version 5.1.9 without {missing}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BROKEN, "exit 127: ffmpeg: error while loading"),
        ("#!/bin/sh\necho hello\n", "is no ffmpeg"),
        ("#!/nowhere/sh\n", "can't be run"),
        ("#!/bin/sh\nexec sleep 60\n", "did not answer"),
    ],
)
def test_one_that_does_not_run_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    monkeypatch.setattr(ffmpeg, "CHECK_SECONDS", 2)
    found = examine(str(script(tmp_path / "ffmpeg", text)), "PATH")
    assert not isinstance(found, Ffmpeg) and reason in found.reason


def test_an_old_one_is_refused_by_its_library(tmp_path: Path) -> None:
    found = examine(str(pretender(tmp_path / "ffmpeg", library=59)), "PATH")
    assert not isinstance(found, Ffmpeg) and "5.1.9; foley needs 7.0 or newer" in found.reason


def test_the_doctor_says_which_and_why_not_the_others(
    foley: Foley, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = script(on_path / "ffmpeg", BROKEN)
    told = json.loads(foley("doctor", "--json").text)["ffmpeg"]
    assert told["ok"] and "bundled" in told["found"]
    assert f"not used: {broken} does not run (exit 127: ffmpeg: error while loading" in told["found"]
    monkeypatch.setenv("FOLEY_FFMPEG", str(broken))
    ill = foley("doctor")
    assert ill.code == 1 and "MISSING  ffmpeg" in ill.text


@pytest.mark.parametrize("command", [("dub", "clip.mp4", "-o", "b.mp4"), ("batch", "clip.mp4", "-o", "out")])
def test_without_one_that_works_nothing_is_begun(
    foley: Foley, clip: Path, on_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr(ffmpeg, "_bundled", lambda: None)
    script(on_path / "ffmpeg", BROKEN)
    for more in ((), ("--dry-run",)):
        ran = foley(*command, *more)
        assert ran.code == 5 and "no ffmpeg that works" in ran.err and len(ran.err.splitlines()) == 1
    assert not (clip.parent / "out").exists()
    assert foley("dub", "clip.mp4", "-o", "b.wav", "--steps", "1").code == 0  # sound alone needs no ffmpeg
