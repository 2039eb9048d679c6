"""`foley scenes ...`: rendered scenes with exact event times, which teach the spotter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli.console import Console
from foleycli.cli.options import JsonOption, OverwriteOption
from foleycli.text import table

app = typer.Typer(help="Renders the scenes that the spotter learns from.", no_args_is_help=True, rich_markup_mode=None)
_VIDEO = "The video to write: *.mp4, *.mkv or *.mov."
_HEIGHT = "Height in pixels; the width is 16/9 of it."
_ROUGH = "Film the scene as in training: camera shake, noise, any frame rate."
_CUES = "Also write the true events as a cue sheet, *.csv or *.json. Default: none."
_KIND = "Draw this kind only; may be repeated. Default: all."
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Number that chooses the scene.")]


@app.command("list")
def list_scenes(as_json: JsonOption = False) -> None:
    """Lists the kinds of scene and the sounds that belong to each."""
    from foleycli.scenes.catalogue import KINDS

    Console(as_json=as_json).either(
        [{"kind": name, "sounds": kind.sounds} for name, kind in KINDS.items()],
        table([(name, ", ".join(kind.sounds) or "nothing") for name, kind in KINDS.items()]),
    )


@app.command("render")
def render_scene(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="Kind of scene, a name from 'foley scenes list'.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help=_VIDEO)],
    seed: SeedOption = 0,
    seconds: Annotated[float, typer.Option("--seconds", min=0.2, max=60.0, help="Length in seconds.")] = 8.0,
    height: Annotated[int, typer.Option("--height", min=32, max=1080, help=_HEIGHT)] = 360,
    rough: Annotated[bool, typer.Option("--rough", help=_ROUGH)] = False,
    cues: Annotated[Path | None, typer.Option("--cues", metavar="FILE", help=_CUES)] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Renders one scene as a silent video. With --cues also writes its true events as a cue sheet."""
    from foleycli.workflows.scene_files import render_to

    made = render_to(
        output, cues, kind=kind, seed=seed, seconds=seconds, height=height, clean=not rough, overwrite=overwrite
    )
    Console().result(str(made))


@app.command("sheet")
def contact_sheet(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The picture to write: *.png.")],
    kind: Annotated[list[str] | None, typer.Option("--kind", metavar="KIND", help=_KIND)] = None,
    seed: SeedOption = 0,
    overwrite: OverwriteOption = False,
) -> None:
    """Draws a row of pictures for each kind of scene. Red bars mark hits, blue bars lasting sounds."""
    from foleycli.workflows.scene_files import sheet_to

    Console().result(str(sheet_to(output, kind or [], seed, overwrite=overwrite)))
