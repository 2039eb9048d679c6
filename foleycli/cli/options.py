"""The options that several commands share, each described once."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

import typer

from foleycli.errors import UsageError

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "bf16"]
Keep = Literal["all", "best"]


MOST_SECONDS = 1e9


def seconds(text: str) -> Fraction:
    """'83.5', '1:23.5' or '0:01:23.5' as seconds, exactly."""
    try:
        total = Fraction(0)
        parts = text.strip().split(":")
        for part in parts:
            if "/" not in part and float(part) > MOST_SECONDS:  # 1e999999999 takes Fraction hours to write out
                raise ValueError
            total = total * 60 + Fraction(part)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter(f"{text!r} is not a time; write seconds (83.5) or 1:23.5") from None
    if not 0 <= total <= MOST_SECONDS or len(parts) > 3:
        raise typer.BadParameter(f"{text!r} is not a time from the start; write seconds (83.5) or 1:23.5")
    return total


def sounds(names: list[str] | None) -> tuple[str, ...]:
    """The classes named by --sound, spelt as the model spells them; raises UsageError with the nearest names."""
    from foleycli.cues.sheet import check_sound

    if any(not name.strip() for name in names or ()):
        raise UsageError("--sound: an empty name; 'foley sounds' lists those there are")
    return tuple(check_sound(name) for name in names or ())


VideoArgument = Annotated[str, typer.Argument(metavar="VIDEO", help="The video file; '-' reads one from stdin.")]
ModelOption = Annotated[
    str,
    typer.Option("--model", "-m", metavar="NAME", help="A name of 'foley models list', a folder, or hf://owner/name."),
]
SoundOption = Annotated[
    list[str] | None, typer.Option("--sound", metavar="CLASS", help="What is heard, from 'foley sounds'; repeatable.")
]
StartOption = Annotated[
    Fraction | None, typer.Option("--start", metavar="TIME", parser=seconds, help="Begin here: seconds or 1:23.5.")
]
EndOption = Annotated[
    Fraction | None, typer.Option("--end", metavar="TIME", parser=seconds, help="Stop here: seconds or 1:23.5.")
]
DeviceOption = Annotated[Device, typer.Option("--device", help="Where to compute.")]
PrecisionOption = Annotated[Precision, typer.Option("--precision", help="Arithmetic of the networks.")]
CompileOption = Annotated[
    bool, typer.Option("--compile", help="Compile the transformer first: a minute or more, for many windows to come.")
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Never touch the network.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", "-f", help="Replace a file that is already there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No notes and no progress.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="More about what happens.")]
