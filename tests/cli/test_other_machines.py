"""Text as other machines write it, addresses in place of files, and mistakes on the command line: one line each."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleycli.errors import UsageError
from foleycli.text import decoded
from foleycli.workflows.batch.find import split_list
from foleycli.workflows.sheets import read_sheet_file
from tests.cli.conftest import Foley

NAMES = "bl/one.mp4\r\nbl/zwei ü.mp4\r\n"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_list_and_a_sheet_are_read_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    assert split_list(NAMES.encode(encoding), nul=False) == ["bl/one.mp4", "bl/zwei ü.mp4"]
    (tmp_path / "a.csv").write_bytes("time\tsound\r\n0.5\timpact_wood\r\n".encode(encoding))
    assert [(cue.time, cue.sound) for cue in read_sheet_file(tmp_path / "a.csv")] == [(0.5, "impact_wood")]


def test_names_with_nul_bytes_ask_for_the_option() -> None:
    assert split_list(b"a.mp4\0b\nc.mp4\0", nul=True) == ["a.mp4", "b\nc.mp4"]
    with pytest.raises(UsageError, match="use -0"):
        split_list(b"first.mp4\0second one.mp4\0", nul=False)


def test_names_that_are_no_utf8_stay_as_they_are() -> None:
    assert split_list(b"caf\xe9.mp4\n", nul=False) == ["caf\udce9.mp4"]
    with pytest.raises(UnicodeDecodeError):
        decoded(b"caf\xe9")


@pytest.mark.parametrize(
    "command", [("dub",), ("probe",), ("spot", "-o", "a.csv"), ("batch", "-o", "out"), ("dub", "-n")]
)
def test_an_address_is_refused_in_one_line(foley: Foley, command: tuple[str, ...]) -> None:
    ran = foley(command[0], "https://example.com/a.mp4", *command[1:])
    assert (ran.code, ran.err) == (
        3, "foley: https://example.com/a.mp4: foley opens local files only; download it first\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("dub",), "VIDEO"),
        (("dub", "a.mp4", "--nonsense"), "--nonsense"),
        (("dub", "a.mp4", "--steps", "x"), "--steps"),
        (("dance",), "dance"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(foley: Foley, command: tuple[str, ...], said: str) -> None:
    ran = foley(*command)
    assert ran.code == 2 and len(ran.err.splitlines()) == 1 and said in ran.err and "--help'" in ran.err


def test_without_arguments_there_is_help(foley: Foley) -> None:
    ran = foley()
    assert ran.code == 2 and "Usage: foley" in ran.err + ran.text and "foley --help" not in ran.err.splitlines()[0]
