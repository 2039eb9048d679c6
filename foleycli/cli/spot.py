"""`foley spot`: the cue sheet of a video, to read, edit and give back with `foley dub --cues`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.say import Say


def spot(
    video: options.VideoArgument,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="*.csv or *.json; '-' prints CSV (JSON with --json).")
    ] = "-",
    model: options.ModelOption = "pocket",
    sound: options.SoundOption = None,
    start: options.StartOption = None,
    end: options.EndOption = None,
    device: options.DeviceOption = "auto",
    offline: options.OfflineOption = False,
    overwrite: options.OverwriteOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Writes down what happens when in VIDEO: time, strength, sound and confidence of each event."""
    from foleycli.cli.spool import local_file
    from foleycli.cli.targets import SHEET_SUFFIXES, check_place, write_text
    from foleycli.cuesheet import write_csv, write_json

    say = Say(quiet=quiet, as_json=as_json)
    sounds = options.sounds(sound)
    target = None if output == "-" else Path(output)
    if target is not None:
        check_place(target, SHEET_SUFFIXES, overwrite)
    with local_file(video) as path, say.progress() as progress:
        from foleycli.bundles.load import load_bundle
        from foleycli.media.probe import probe
        from foleycli.pipeline import FoleyPipeline

        info = probe(path)  # before the model: a bad file should fail at once
        pipeline = FoleyPipeline(load_bundle(model, offline=offline), device=device)
        cues = pipeline.spot(info, sounds=sounds, start=start, stop=end, progress=progress)
    in_json = as_json if target is None else target.suffix.lower() == ".json"
    text = write_json(cues) if in_json else write_csv(cues)
    if target is None:
        say.result(text.rstrip("\n"))
    else:
        write_text(target, text, overwrite)
        say.note(f"{len(cues)} cues")
        say.result(str(target))
