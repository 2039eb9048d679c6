"""`foley imagine`: a sound for a picture, a picture for a sound, or both from nothing."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.errors import UsageError

if TYPE_CHECKING:
    from foleycli.workflows.dub import DubRequest
    from foleycli.workflows.imagine import Made

_PICTURE = "The picture to make a sound for; '-' reads it from stdin."
_SOUND = "The sound to make a picture for, any file that ffmpeg reads; '-' reads it from stdin."
_OUTPUT = (
    "The file to write: *.wav, *.flac, *.mp3, *.m4a, *.ogg, *.opus for a sound ('-': WAV on stdout); *.png, *.jpg, ... "
    "for a picture; a folder with --both. Must be given."
)
_BOTH = "Make pictures and their sounds, from the seed alone."
_COUNT = "Number of pairs that --both makes. Default: 4."
_SECONDS = "Length of the sound: seconds or 1:23.5. Default: the model's own length."
_STEPS = "Decoding steps. Default: the model's own number."
_TEMPERATURE = "Randomness in the order in which tokens are decoded. Default: the model's own value."
_GUIDANCE = "How closely the result follows what is given; 1 is no guidance. Default: the model's own value."
_TAKES = "Number of results, one numbered file for each."
_MODEL = "The model of pictures and sounds: a name from 'foley models list', or a folder."


def imagine(
    picture: Annotated[str | None, typer.Argument(metavar="[PICTURE]", help=_PICTURE)] = None,
    sound: Annotated[str | None, typer.Option("--sound", metavar="FILE", help=_SOUND)] = None,
    both: Annotated[bool, typer.Option("--both", help=_BOTH)] = False,
    output: Annotated[str, typer.Option("--output", "-o", metavar="OUT", help=_OUTPUT)] = "",
    count: Annotated[int | None, typer.Option("--count", min=1, max=64, help=_COUNT)] = None,
    seconds: Annotated[
        Fraction | None, typer.Option("--seconds", metavar="TIME", parser=options.seconds, help=_SECONDS)
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", metavar="NAME", help=_MODEL)] = "echo",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Random seed; another seed gives another result.")] = 0,
    steps: Annotated[int | None, typer.Option("--steps", min=1, max=256, help=_STEPS)] = None,
    temperature: Annotated[float | None, typer.Option("--temperature", min=0.0, max=100.0, help=_TEMPERATURE)] = None,
    guidance: Annotated[float | None, typer.Option("--guidance", min=0.0, max=50.0, help=_GUIDANCE)] = None,
    takes: Annotated[int, typer.Option("--takes", min=1, max=99, help=_TAKES)] = 1,
    device: options.DeviceOption = "auto",
    offline: options.OfflineOption = False,
    overwrite: options.OverwriteOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Makes a sound for PICTURE, a picture for --sound FILE, or pairs of both from nothing (--both)."""
    from foleycli.specs.settings import Generation, Model
    from foleycli.workflows import imagine as ways
    from foleycli.workflows.stdin import local_file

    if [picture is not None, sound is not None, both].count(True) != 1:
        raise UsageError("name one thing to start from: a PICTURE, --sound FILE, or --both")
    if not output:
        raise UsageError("no place for the result; name it with -o (OUT.wav, OUT.png, or a folder with --both)")
    if output == "-" and (picture is None or takes > 1 or as_json):
        raise UsageError("stdout takes one sound of a PICTURE, without --json; name a file with -o")
    ways.check_meant(both=both, of_picture=picture is not None, count=count, seconds=seconds, takes=takes)
    console = Console(quiet, as_json=as_json)
    wanted = ways.Imagining(
        generation=Generation(seed=seed, steps=steps, guidance=guidance),
        model=Model(name=model, device=device, offline=offline),
        temperature=temperature,
        takes=takes,
        overwrite=overwrite,
    )
    with console.progress() as progress, tempfile.TemporaryDirectory(prefix="foley-imagine-") as folder:
        target = Path(folder) / "sound.wav" if output == "-" else Path(output)
        if both:
            made = ways.pairs(target, count or 4, wanted, progress=progress)
        else:
            with local_file(picture or sound or "") as path:
                if picture is not None:
                    made = ways.sound_of_picture(path, target, wanted, seconds=seconds, progress=progress)
                else:
                    made = ways.picture_of_sound(path, target, wanted, progress=progress)
        if output == "-":
            console.sink().write(target.read_bytes())
            return
    show(console, made, model)


def show(console: Console, made: list[Made], model: str) -> None:
    """Says which files were written."""
    from foleycli.workflows.imagine import plain

    console.either(plain(made, model), "\n".join(str(file) for one in made for file in one.files))


def run_still(request: DubRequest, console: Console, seconds: Fraction | None, *, dry_run: bool) -> None:
    """`foley dub` of a still picture."""
    from foleycli.workflows.still import still_dub

    asked = still_dub(request, seconds)
    for option in asked.ignored:
        console.warn(f"{option} means nothing for a still picture and is not used")
    if dry_run:
        line = f"{asked.picture}: {float(asked.seconds):g} s by {asked.wanted.model.name} -> {asked.target}"
        console.either(asked.plain(), line)
        return
    with console.progress() as progress:
        made = asked.run(progress)
    show(console, made, asked.wanted.model.name)
