"""`foley spot`: the cue sheet of a video, to read, edit and give back with `foley dub --cues`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Say

_OUTPUT = "*.csv, *.json, *.txt (Audacity labels) or *.otio; '-' prints CSV (JSON with --json)."


def spot(
    video: options.VideoArgument,
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help=_OUTPUT)] = "-",
    model: options.ModelOption = "pocket",
    sound: options.SoundOption = None,
    keep_locked: Annotated[
        Path | None,
        typer.Option("--keep-locked", metavar="SHEET", help="Locked cues of this sheet stay; new ones make room."),
    ] = None,
    start: options.StartOption = None,
    end: options.EndOption = None,
    device: options.DeviceOption = "auto",
    offline: options.OfflineOption = False,
    overwrite: options.OverwriteOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Writes down what happens when in VIDEO: time, strength, sound and confidence of each event."""
    from foleycli.cli.paper import check_paper, read_paper, reel_of
    from foleycli.cli.stdin import local_file
    from foleycli.cli.targets import write_text
    from foleycli.cues.formats import CSV, JSON, write_sheet
    from foleycli.cues.merging import keep_locked as merge

    say = Say(quiet=quiet, as_json=as_json)
    sounds = options.sounds(sound)
    target = None if output == "-" else Path(output)
    if target is not None:
        check_paper(target, overwrite)
    old = () if keep_locked is None else read_paper(keep_locked)
    with local_file(video) as path, say.progress() as progress:
        from foleycli.models.loaded import load_bundle
        from foleycli.models.spot_perform.peak_picking import MIN_DISTANCE_SECONDS
        from foleycli.models.spot_perform.spans import SPAN_MIN_SECONDS
        from foleycli.pipeline.foley_pipeline import FoleyPipeline
        from foleycli.video.probe import probe

        info = probe(path)  # before the model: a bad file should fail at once
        pipeline = FoleyPipeline(load_bundle(model, offline=offline), device=device)
        cues = pipeline.spot(info, sounds=sounds, start=start, stop=end, progress=progress)
    cues = merge(old, cues, apart_seconds=MIN_DISTANCE_SECONDS, shortest_seconds=SPAN_MIN_SECONDS)
    suffix = (JSON if as_json else CSV) if target is None else target.suffix
    text = write_sheet(cues, suffix, reel_of(info, video))
    if target is None:
        say.result(text.rstrip("\n"))
    else:
        write_text(target, text, overwrite)
        say.note(f"{len(cues)} cues")
        say.result(str(target))
