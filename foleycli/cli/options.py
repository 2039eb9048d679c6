"""The options that several commands share, each described once."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

import typer

from foleycli.text import folder_of
from foleycli.timeline import seconds_of

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["auto", "fp32", "bf16"]
Keep = Literal["all", "best"]


def seconds(text: str) -> Fraction:
    """'83.5', '1:23.5' or '0:01:23.5' as seconds, exactly."""
    try:
        return seconds_of(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def sounds(names: list[str] | None) -> tuple[str, ...]:
    """The classes that --sound means; raises UsageError for names that mean none, or two of one kind."""
    from foleycli.cues.sheet import asked_sounds

    return asked_sounds(names or ())


_MODEL = "The model: a name from 'foley models list', a model's folder, or hf://owner/name@revision."
_SOUND = (
    "Play the cues with this sound, in plain words: gunshot, typing, rain ('foley sounds' lists them). "
    "Give it twice for a hit and a lasting sound; with one alone, cues of the other kind are left out. "
    "Default: the sounds that were spotted."
)
_START = "Start of the part to use, from the first picture: seconds or 1:23.5. Default: the first picture."
_END = "End of the part to use, from the first picture: seconds or 1:23.5. Default: the end of the video."
_DEVICE = "Device that the networks run on. auto takes the first there is of cuda, mps, cpu."
_PRECISION = "Number format of the transformer. auto is bf16 on a GPU that has it, else fp32."
_COMPILE = "Compile the transformer with torch.compile first. It takes a minute or more: for many windows only."
_NAMER = (
    "Network that names the sounds from the picture: auto (EfficientNet-Lite2), off (names from the motion alone), or "
    "a CLIP or SigLIP model (hf://owner/name, or a folder)."
)
_STEMS = "Also write the hits and the lasting sounds as two WAV files into this folder, made if needed. Default: none."

VideoArgument = Annotated[str, typer.Argument(metavar="VIDEO", help="The video file; '-' reads a video from stdin.")]
ModelOption = Annotated[str, typer.Option("--model", "-m", metavar="NAME", help=_MODEL)]
SoundOption = Annotated[list[str] | None, typer.Option("--sound", metavar="SOUND", help=_SOUND)]
StartOption = Annotated[Fraction | None, typer.Option("--start", metavar="TIME", parser=seconds, help=_START)]
EndOption = Annotated[Fraction | None, typer.Option("--end", metavar="TIME", parser=seconds, help=_END)]
StemsOption = Annotated[Path | None, typer.Option("--stems", metavar="DIR", parser=folder_of("--stems"), help=_STEMS)]
DeviceOption = Annotated[Device, typer.Option("--device", help=_DEVICE)]
NamerOption = Annotated[str, typer.Option("--namer", metavar="NAME", help=_NAMER)]
PrecisionOption = Annotated[Precision, typer.Option("--precision", help=_PRECISION)]
CompileOption = Annotated[bool, typer.Option("--compile", help=_COMPILE)]
OfflineOption = Annotated[
    bool, typer.Option("--offline", help="Open no network connection. A model that is not on this machine is an error.")
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", "-f", help="Replace output files that exist. Without -f they are an error.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print no notes and no progress; warnings and errors are still printed.")
]
VerboseOption = Annotated[bool, typer.Option("--verbose", "-v", help="Print details on stderr: model, device, cues.")]
