"""`foley spot`: writes the cue sheet of a video, which can be edited and performed with `foley dub --cues`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.cli.settings import grouped
from foleycli.specs.settings import Generation, Played

_OUTPUT = (
    "The sheet to write: *.csv, *.json, *.txt, *.otio, *.fcpxml, *.edl, *.rpp, *.reaper.csv. '-' prints it on stdout."
)
_KEEP_LOCKED = "Keep the locked cues of this older sheet, and leave out new cues that collide with them. Default: none."


@grouped
def spot(
    *,
    video: options.VideoArgument,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help=_OUTPUT)] = "-",
    model: options.ModelOption = "pocket",
    played: Played,
    keep_locked: Annotated[Path | None, typer.Option("--keep-locked", metavar="SHEET", help=_KEEP_LOCKED)] = None,
    start: options.StartOption = None,
    end: options.EndOption = None,
    namer: options.NamerOption = "auto",
    device: options.DeviceOption = "auto",
    offline: options.OfflineOption = False,
    overwrite: options.OverwriteOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Writes the cue sheet of VIDEO: what happens when, with time, strength, sound and confidence of each event."""
    from foleycli.cues.formats import CSV, JSON, kind_of, write_sheet
    from foleycli.specs.settings import Model
    from foleycli.workflows.outputs import write_text
    from foleycli.workflows.sheets import check_sheet_file, read_sheet_file, reel_of
    from foleycli.workflows.spot import SpotRequest
    from foleycli.workflows.spot import spot as find_cues
    from foleycli.workflows.stdin import local_file

    console = Console(quiet=quiet, as_json=as_json)
    generation = played.within(Generation(start=start, end=end))
    target = None if output == "-" else Path(output)
    if target is not None:
        check_sheet_file(target, overwrite)
    if keep_locked is not None:
        read_sheet_file(keep_locked)  # before the work, and a video from stdin
    with local_file(video) as path, console.progress() as progress:
        request = SpotRequest(
            video=path,
            generation=generation,
            model=Model(name=model, device=device, offline=offline, namer=namer),
            locked=keep_locked or (),
        )
        found = find_cues(request, lambda event: progress(event.stage, event.done, event.total))
    suffix = (JSON if as_json else CSV) if target is None else kind_of(target)
    text = write_sheet(found.cues, suffix, reel_of(found.video, video))
    if target is not None:
        write_text(target, text, overwrite)
        console.note(f"{len(found.cues)} cues")
    console.result(text.rstrip("\n") if target is None else str(target))
