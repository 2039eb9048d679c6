"""`foley config show`: which options are set outside the command line, and where."""

from __future__ import annotations

import os

import typer

from foleycli.cli.console import Console
from foleycli.cli.options import JsonOption

app = typer.Typer(help="Shows options that are set elsewhere.", no_args_is_help=True, rich_markup_mode=None)


@app.command("show")
def show(context: typer.Context, as_json: JsonOption = False) -> None:
    """Shows the options that are set in foley.toml and in FOLEY_ variables, the strongest first, and the presets."""
    from foleycli.workflows.config import Config, facts, lines, unknown_variables

    config, console = context.find_root().obj, Console(as_json=as_json)
    assert isinstance(config, Config)
    if as_json:
        console.data(facts(config))
    else:
        console.result(lines(config))
    for name in unknown_variables(config.known, os.environ):
        console.warn(f"{name}: no option is called so; it sets nothing")
