"""`foley rerun` and `foley retake`: make a dub again from its sidecar, or perform a part of it anew."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from foleycli.cli import options
from foleycli.cli.commands.dub import StemsOption
from foleycli.cli.console import Console
from foleycli.errors import UsageError

SidecarArgument = Annotated[
    Path, typer.Argument(metavar="SIDECAR", help="The .foley.json that 'foley dub --sidecar' wrote.")
]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT", help="The dub, with its sidecar OUT.foley.json beside it.")]
OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="OUT", help="The file to write. Default: the name it had, beside SIDECAR."),
]
DeviceOption = Annotated[
    options.Device | None, typer.Option("--device", help="Where the networks run. Default: as the first time.")
]
FromOption = Annotated[
    Fraction,
    typer.Option(
        "--from",
        metavar="TIME",
        parser=options.seconds,
        help="Start of the part, from the first picture: seconds or 1:23.5.",
    ),
]
ToOption = Annotated[
    Fraction,
    typer.Option("--to", metavar="TIME", parser=options.seconds, help="End of the part, from the first picture."),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the new performance.")]


def rerun(
    sidecar: SidecarArgument,
    output: OutputOption = None,
    device: DeviceOption = None,
    stems: StemsOption = None,
    overwrite: options.OverwriteOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Makes a dub again from its sidecar. On the same kind of machine it has the same samples, bit for bit."""
    from foleycli.workflows.rerun import rerun as make_again

    console = Console(quiet, as_json=as_json)
    with console.progress() as progress:
        made = make_again(sidecar, output, device=device, stems=stems, overwrite=overwrite, progress=progress)
    named = {name: str(path) for name, path in made.stems.items()}
    _show(made.target, made.warnings, console, facts={"identical": made.identical, "stems": named})
    if made.identical is False:
        console.warn(
            f"{made.target}: the samples are not those of the first time; another kind of machine, or another version"
        )


def retake(
    output: OutArgument,
    start: FromOption,
    stop: ToOption,
    seed: SeedOption,
    device: DeviceOption = None,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Performs a part of a dub again, in place. Every other sample of the track stays as it is.

    A .wav or .flac is changed in that part alone. For a video, an .mp3 and the like the track is made again
    from the sidecar, and encoded again with the new part in it; the picture is copied.
    """
    from foleycli.workflows.retake import retake as lay_anew

    if stop <= start:
        raise UsageError(f"--to {float(stop):g} is not after --from {float(start):g}")
    console = Console(quiet, as_json=as_json)
    with console.progress() as progress:
        made = lay_anew(output, (start, stop), seed, device=device, progress=progress)
    if not made.as_before:
        console.warn(f"{output}: made again, its track is not what it was; another kind of machine, or version")
    _show(output, made.warnings, console, facts={"from": made.span.start, "to": made.span.stop, "seed": seed})


def _show(target: Path, warnings: tuple[str, ...], console: Console, facts: dict[str, Any]) -> None:
    for warning in warnings:
        console.warn(warning)
    if console.as_json:
        console.data({"output": str(target), **facts, "warnings": list(warnings)})
    else:
        console.result(str(target))
