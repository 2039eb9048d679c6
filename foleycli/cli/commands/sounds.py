"""`foley sounds`: the sounds that --sound and the column `sound` of a cue sheet take, in plain words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.errors import UsageError
from foleycli.text import table

_SOUND = "Show this sound alone, with all words that stand for it."
_OUTPUT = "Write 4 s of SOUND to a *.wav or *.flac."


def sounds(
    sound: Annotated[str | None, typer.Argument(metavar="SOUND", help=_SOUND)] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help=_OUTPUT)] = None,
    play: Annotated[bool, typer.Option("--play", help="Play 4 s of SOUND.")] = False,
    model: options.ModelOption = "pocket",
    device: options.DeviceOption = "auto",
    offline: options.OfflineOption = False,
    overwrite: options.OverwriteOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Lists the sounds that foley knows. With SOUND, shows that one alone, plays it, or writes it to a file."""
    from foleycli.cues.plain_words import sound_of, sound_words

    console, rows, performed = Console(quiet, as_json=as_json), sound_words(), output is not None or play
    shown = tuple(rows.values()) if sound is None else (rows[sound_of(sound, "SOUND")],)
    if performed:
        if sound is None:
            raise UsageError("which sound? name one, as in: foley sounds gunshot --play")
        from foleycli.specs.settings import Model  # the list of sounds needs none of what a dub does
        from foleycli.workflows.sample import sample

        settings = Model(name=model, device=device, offline=offline, namer="off")
        with console.progress() as progress:
            sample(shown[0].sound, output, settings, play=play, overwrite=overwrite, progress=progress)
    if as_json:
        console.data([{**one.plain(), "output": None if output is None else str(output)} for one in shown])
    elif output is not None:
        console.result(str(output))
    elif sound is None:
        console.result(table([one.row() for one in shown]))
    elif not performed:
        console.result(shown[0].text())
