"""`python -m tests.manual.man > foley.1`: the manual page, written by the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from foleycli.cli.console import Console
from foleycli.version import __version__
from tests.manual.reference import manual

HEAD = """\
.TH FOLEY 1 "" "foley {version}" "User Commands"
.SH NAME
foley \\- adds sound effects to a silent video, in time with the picture
.SH SYNOPSIS
.B foley
.I COMMAND
[\\fIOPTIONS\\fR] ...
.SH DESCRIPTION
foley watches a silent video and adds sound effects to it, in time with the picture. It runs on a CPU and without a
network, and copies the picture as it is. Stdout carries the result only; notes, progress and errors go to stderr.
A TIME is in seconds (83.5) or 1:23.5.
.SH COMMANDS"""
TAIL = """\
.SH EXIT STATUS
0 done, 1 some videos of a batch failed (or doctor found something missing), 2 usage, 3 bad input, 4 model,
5 ffmpeg or output, 130 interrupted, 143 by SIGTERM, 129 by a closed terminal.
.SH ENVIRONMENT
.B FOLEY_*
sets an option of a command (\\fBfoley config show\\fR lists them);
.B FOLEY_FFMPEG
names another ffmpeg."""


def man_page() -> str:
    """The page as roff: the help of each command and its examples, as they are in docs/cli.md."""
    return "\n".join((HEAD.format(version=__version__), *_commands(), TAIL, ""))


def _commands() -> Iterator[str]:
    for section in re.split(r"^## ", manual(), flags=re.MULTILINE)[1:]:
        name, _, rest = section.partition("\n")
        yield f".SS {_escaped(name)}"
        for block in re.findall(r"```\w*\n(.*?)```", rest, re.DOTALL):
            yield from (".nf", *map(_escaped, block.rstrip("\n").split("\n")), ".fi", "")


def _escaped(line: str) -> str:
    line = line.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return f"\\&{line}" if line.startswith((".", "\\(aq")) else line


if __name__ == "__main__":
    Console().result(man_page().rstrip("\n"))
