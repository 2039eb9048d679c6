"""`foley doctor`: checks that everything a dub needs is installed."""

from __future__ import annotations

import typer

from foleycli.cli.console import Console
from foleycli.cli.options import JsonOption
from foleycli.text import table


def doctor(as_json: JsonOption = False) -> None:
    """Shows which ffmpeg, libraries, device and model foley would use. The exit code is 1 if one is missing."""
    from foleycli.workflows.doctor import check_installation

    checks = check_installation()
    Console(as_json=as_json).either(
        {one.name: {"ok": one.works, "found": one.found} for one in checks},
        table([("ok" if one.works else "MISSING", one.name, one.found) for one in checks]),
    )
    if not all(one.works for one in checks):
        raise typer.Exit(1)
