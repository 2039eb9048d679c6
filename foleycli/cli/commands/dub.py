"""`foley dub`: a copy of a video with sound, or the sound alone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.specs.settings import Original

STDOUT = "-"

_OUTPUT = (
    "*.mp4, mkv, mov, webm: the video with sound. *.wav, *.flac: the sound. '-': WAV on stdout. "
    "Left out: VIDEO's name with .foley in it, beside VIDEO."
)
OutputOption = Annotated[str | None, typer.Option("--output", "-o", metavar="OUT", help=_OUTPUT)]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Another seed, another performance.")]
TakesOption = Annotated[int, typer.Option("--takes", min=1, max=99, help="Performances, one numbered file each.")]
KeepOption = Annotated[options.Keep, typer.Option("--keep", help="All takes, or the best by its scores.")]
StepsOption = Annotated[int | None, typer.Option("--steps", min=1, max=1000, help="Sampler steps; else the model's.")]
GuidanceOption = Annotated[
    float | None, typer.Option("--guidance", min=0.0, max=50.0, help="How closely to obey; else the model's.")
]
CuesOption = Annotated[
    Path | None, typer.Option("--cues", metavar="FILE", help="A cue sheet (csv, json, txt, otio), instead of spotting.")
]
OverlapOption = Annotated[
    Fraction,
    typer.Option(
        "--overlap", metavar="SECONDS", parser=options.seconds, help="Shared by two windows, in steps of 0.128."
    ),
]
OriginalOption = Annotated[Original, typer.Option("--original", help="What becomes of VIDEO's own sound.")]
GainOption = Annotated[float, typer.Option("--gain", metavar="DB", min=-60.0, max=24.0, help="Louder or softer.")]
LoudnessOption = Annotated[
    float | None, typer.Option("--loudness", metavar="LUFS", min=-50.0, max=-5.0, help="Loudness, EBU R128: -23.")
]
FadeInOption = Annotated[
    Fraction, typer.Option("--fade-in", metavar="SECONDS", parser=options.seconds, help="Of the new sound's start.")
]
FadeOutOption = Annotated[
    Fraction, typer.Option("--fade-out", metavar="SECONDS", parser=options.seconds, help="Of the new sound's end.")
]
StemsOption = Annotated[
    Path | None, typer.Option("--stems", metavar="DIR", help="Impacts and ambience as WAV too, into DIR; made.")
]
PlotOption = Annotated[
    Path | None, typer.Option("--plot", metavar="PNG", help="Draw what was seen and what is heard, on one time axis.")
]
SidecarOption = Annotated[
    bool, typer.Option("--sidecar", help="Write OUT.foley.json too, which 'rerun' and 'retake' need.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", "-n", help="Print the plan and change nothing.")]


def dub(
    video: options.VideoArgument,
    output: OutputOption = None,
    model: options.ModelOption = "pocket",
    seed: SeedOption = 0,
    takes: TakesOption = 1,
    keep: KeepOption = "all",
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    sound: options.SoundOption = None,
    cues: CuesOption = None,
    start: options.StartOption = None,
    end: options.EndOption = None,
    overlap: OverlapOption = "1.024",  # type: ignore[assignment]  # typer parses defaults too
    original: OriginalOption = "replace",
    gain: GainOption = 0.0,
    loudness: LoudnessOption = None,
    fade_in: FadeInOption = "0",  # type: ignore[assignment]
    fade_out: FadeOutOption = "0",  # type: ignore[assignment]
    stems: StemsOption = None,
    plot: PlotOption = None,
    device: options.DeviceOption = "auto",
    precision: options.PrecisionOption = "auto",
    compiled: options.CompileOption = False,
    offline: options.OfflineOption = False,
    sidecar: SidecarOption = False,
    overwrite: options.OverwriteOption = False,
    dry_run: DryRunOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Puts sound to VIDEO: hits where the picture shows them, in a copy whose picture is untouched."""
    from foleycli.cli.dub_display import run_dub
    from foleycli.specs.settings import Generation, Mix, Model, Outputs, Settings
    from foleycli.workflows.dub import DubRequest

    console = Console(quiet, verbose, as_json)
    settings = Settings(
        generation=Generation(
            seed=seed,
            steps=steps,
            guidance=guidance,
            sounds=options.sounds(sound),
            start=start,
            end=end,
            overlap=overlap,
        ),
        model=Model(name=model, device=device, precision=precision, compiled=compiled, offline=offline),
        mix=Mix(original=original, gain_db=gain, loudness_lufs=loudness, fade_in=fade_in, fade_out=fade_out),
    )
    to_stdout = output == STDOUT
    target = None if output is None or to_stdout else Path(output)
    request = DubRequest(
        video=video,
        settings=settings,
        outputs=Outputs(target=target, stems=stems, plot=plot, sidecar=sidecar, overwrite=overwrite or dry_run),
        cues=cues,
        takes=takes,
        keep=keep,
        scored=as_json,
        sink=console.sink() if to_stdout else None,
    )
    run_dub(request, console, dry_run=dry_run)
