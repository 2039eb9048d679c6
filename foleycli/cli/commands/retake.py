"""`foley rerun` and `foley retake`: make a dub again from its sidecar, or perform a part of it anew."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.errors import UsageError

_SIDECAR = "The .foley.json that 'foley dub --sidecar' wrote."
_OUT = "The dub, with its sidecar OUT.foley.json beside it."
_OUTPUT = "The file to write. Default: the name of the first dub, beside SIDECAR."
_DEVICE = "Device that the networks run on. Default: that of the first dub."
_FROM = "Start of the part, from the first picture: seconds or 1:23.5."
_TO = "End of the part, from the first picture."
DeviceOption = Annotated[options.Device | None, typer.Option("--device", help=_DEVICE)]


def rerun(
    sidecar: Annotated[Path, typer.Argument(metavar="SIDECAR", help=_SIDECAR)],
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="OUT", help=_OUTPUT)] = None,
    device: DeviceOption = None,
    stems: options.StemsOption = None,
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
    output: Annotated[Path, typer.Argument(metavar="OUT", help=_OUT)],
    start: Annotated[Fraction, typer.Option("--from", metavar="TIME", parser=options.seconds, help=_FROM)],
    stop: Annotated[Fraction, typer.Option("--to", metavar="TIME", parser=options.seconds, help=_TO)],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Random seed of the new part.")],
    device: DeviceOption = None,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Makes a part of the sound of a dub again with another seed, in place. All other samples stay as they are.

    A .wav or .flac is changed in that part alone. For a video, or an .mp3 and the like, the whole track is made
    again from the sidecar and encoded again, with the new part in it. The picture of a video is copied.
    """
    from foleycli.workflows.retake import retake as perform_again

    if stop <= start:
        raise UsageError(f"--to {float(stop):g} is not after --from {float(start):g}")
    console = Console(quiet, as_json=as_json)
    with console.progress() as progress:
        made = perform_again(output, (start, stop), seed, device=device, progress=progress)
    if not made.as_before:
        console.warn(f"{output}: made again, its track is not what it was; another kind of machine, or version")
    _show(output, made.warnings, console, facts={"from": made.span.start, "to": made.span.stop, "seed": seed})


def _show(target: Path, warnings: tuple[str, ...], console: Console, facts: dict[str, Any]) -> None:
    for warning in warnings:
        console.warn(warning)
    console.either({"output": str(target), **facts, "warnings": list(warnings)}, str(target))
