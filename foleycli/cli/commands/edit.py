"""`foley edit`: a page in the browser to see, hear and edit the cues of a video."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.cli.settings import grouped
from foleycli.specs.settings import Generation, Mix, Model, Settings

_CUES = "Start from this cue sheet (any kind that 'foley spot -o' writes), not from the edits saved beside VIDEO."
_PORT = "Port on 127.0.0.1 for the page. Default: a free one."


@grouped
def edit(
    *,
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="The video file.")],
    cues: Annotated[Path | None, typer.Option("--cues", metavar="FILE", help=_CUES)] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address and open no browser.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, show_default=False, help=_PORT)] = 0,
    generation: Generation,
    mix: Mix,
    model: Model,
    quiet: options.QuietOption = False,
) -> None:
    """Opens a page in the browser to see, hear, edit and export the cues of VIDEO. Ctrl-C ends it."""
    from foleycli.editor.server import serving
    from foleycli.workflows.sheets import read_sheet_file

    settings = Settings(generation=generation, mix=mix, model=model)
    with serving(video, settings, None if cues is None else read_sheet_file(cues), port=port) as editor:
        Console().result(editor.url)
        for note in (*editor.session.notes, "edits are saved beside the video; Ctrl-C ends the editor"):
            Console(quiet).note(note)
        if not no_browser:
            webbrowser.open(editor.url)
        editor.wait()
