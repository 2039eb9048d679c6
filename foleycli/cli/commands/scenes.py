"""`foley scenes ...`: the rehearsal room, to look at: rendered scenes with exact event times."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foleycli.cli.console import Console
from foleycli.cli.options import JsonOption, OverwriteOption
from foleycli.text import table

if TYPE_CHECKING:
    pass

app = typer.Typer(help="Renders the scenes that the spotter learns from.", no_args_is_help=True, rich_markup_mode=None)
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Another seed, another scene.")]


@app.command("list")
def list_scenes(as_json: JsonOption = False) -> None:
    """Lists the kinds of scene and what may be heard in them."""
    from foleycli.scenes.catalogue import KINDS

    if as_json:
        Console().data([{"kind": name, "sounds": kind.sounds} for name, kind in KINDS.items()])
    else:
        Console().result(table([(name, ", ".join(kind.sounds) or "nothing") for name, kind in KINDS.items()]))


@app.command("render")
def render_scene(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="A name of 'foley scenes list'.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The video: *.mp4, *.mkv, *.mov.")],
    seed: SeedOption = 0,
    seconds: Annotated[float, typer.Option("--seconds", min=0.2, max=60.0, help="How long.")] = 8.0,
    height: Annotated[int, typer.Option("--height", min=32, max=1080, help="Pixels; the width follows 16:9.")] = 360,
    rough: Annotated[bool, typer.Option("--rough", help="As in training: shaken, noisy, at any rate.")] = False,
    cues: Annotated[
        Path | None, typer.Option("--cues", metavar="FILE", help="Also write the truth as a cue sheet: *.csv, *.json.")
    ] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Renders one scene as a silent video, and its truth as a cue sheet."""
    from foleycli.workflows.scene_files import render_to

    Console().result(str(render_to(output, cues, kind, seed, seconds, height, clean=not rough, overwrite=overwrite)))


@app.command("sheet")
def contact_sheet(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The picture: *.png.")],
    kind: Annotated[list[str] | None, typer.Option("--kind", metavar="KIND", help="Only these; repeatable.")] = None,
    seed: SeedOption = 0,
    overwrite: OverwriteOption = False,
) -> None:
    """Draws a row of pictures per kind of scene; red bars mark hits, blue bars lasting sounds."""
    from foleycli.workflows.scene_files import sheet_to

    Console().result(str(sheet_to(output, kind or [], seed, overwrite=overwrite)))
