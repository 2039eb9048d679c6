"""`python -m tests.manual.reference > docs/cli.md`: the manual, written by the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from foleycli.cli.app import app
from foleycli.cli.console import Console
from tests.manual.examples import EXAMPLES

WIDTH = 100
HEAD = """\
# Commands

`make docs` writes this page from the `--help` texts; a test compares the two.

Stdout carries the result only; notes, progress and errors go to stderr. Exit codes: 0 done, 1 some videos of a batch
failed (or `foley doctor` found something missing), 2 usage, 3 bad input, 4 model, 5 ffmpeg or output, 130 interrupted
(143 by SIGTERM, 129 by a closed terminal). A TIME is in seconds (`83.5`) or `1:23.5`.

Completion: `foley --install-completion` sets up the shell it runs in (bash, zsh, fish, PowerShell);
`foley --show-completion` prints the script instead.
"""


def manual() -> str:
    """The whole page: a section per command with its help and its examples."""
    return "\n".join([HEAD, *_sections(typer.main.get_command(app), "foley", None)])


def _sections(command: Any, name: str, parent: Any) -> Iterator[str]:
    context = command.make_context(
        name.split()[-1], [], parent=parent, resilient_parsing=True, terminal_width=WIDTH, max_content_width=WIDTH
    )
    inner = getattr(command, "commands", None)
    if inner is None:
        yield f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"
        if lines := EXAMPLES.get(name.removeprefix("foley ")):
            width = max(len(line) for line, _ in lines)
            yield "\n".join(["```console", *(f"$ {line:<{width}}  # {what}" for line, what in lines), "```\n"])
        return
    for word, below in inner.items():
        yield from _sections(below, f"{name} {word}", context)


if __name__ == "__main__":
    Console().result(manual().rstrip("\n"))
