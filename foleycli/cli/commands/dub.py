"""`foley dub`: a copy of a video with sound, or the sound alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.cli.settings import grouped
from foleycli.errors import UsageError
from foleycli.specs.settings import Generation, Mix, Model, Outputs, Played, Settings

_OUTPUT = (
    "The file to write. *.mp4, *.mkv, *.mov, *.webm, *.avi, *.ts, *.flv: a copy of the video with sound. "
    "*.wav, *.flac, *.mp3, *.m4a, *.ogg, *.opus: the sound alone. '-': a WAV on stdout. "
    "Default: VIDEO's name with .foley before its suffix, beside VIDEO."
)
_TAKES = "Number of takes (variants) to make, with seeds counted up from --seed; one numbered file for each."
_KEEP = "Write all takes, or only the one with the best score for timing, level and noise."
_CUES = "Play this cue sheet instead of spotting the video: any kind of file that 'foley spot -o' writes."
_PLOT = "Also draw pictures, motion, cues, sound and spectrum on one time axis, as this PNG file. Default: none."
_TIMELINE = "Also write a timeline (*.fcpxml, *.otio, *.edl, *.rpp), a clip for each cue, and the WAVs it plays."
_SIDECAR = "Also write OUT.foley.json, the settings and cues of the dub. 'foley rerun' and 'foley retake' need it."
_DRY_RUN = "Print the plan (windows, files, time, disk) and write nothing."
_SECONDS = "Length of the video that is made of a still picture. Default: 8 seconds."


@grouped
def dub(
    *,
    video: options.VideoArgument,
    output: Annotated[str | None, typer.Option("--output", "-o", metavar="OUT", help=_OUTPUT)] = None,
    generation: Generation,
    takes: Annotated[int, typer.Option("--takes", min=1, max=99, help=_TAKES)] = 1,
    keep: Annotated[options.Keep, typer.Option("--keep", help=_KEEP)] = "all",
    played: Played,
    cues: Annotated[Path | None, typer.Option("--cues", metavar="FILE", help=_CUES)] = None,
    start: options.StartOption = None,
    end: options.EndOption = None,
    seconds: Annotated[
        Fraction | None, typer.Option("--seconds", metavar="TIME", parser=options.seconds, help=_SECONDS)
    ] = None,
    mix: Mix,
    stems: options.StemsOption = None,
    timeline: Annotated[Path | None, typer.Option("--timeline", metavar="FILE", help=_TIMELINE)] = None,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="PNG", help=_PLOT)] = None,
    model: Model,
    sidecar: Annotated[bool, typer.Option("--sidecar", help=_SIDECAR)] = False,
    overwrite: options.OverwriteOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help=_DRY_RUN)] = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Writes a copy of VIDEO with sound effects for what the picture shows. The picture is not encoded again.

    VIDEO may be a still picture: the result is then a video of --seconds with a sound.
    """
    from foleycli.cli.commands.imagine import run_still
    from foleycli.cli.dub_display import run_dub
    from foleycli.video.pictures import is_still
    from foleycli.workflows.dub import DubRequest

    console = Console(quiet, verbose, as_json)
    generation = played.within(replace(generation, start=start, end=end), sheet=cues is not None)
    settings = Settings(generation=generation, model=model, mix=mix)
    to_stdout = output == "-"
    target = None if output is None or to_stdout else Path(output)
    request = DubRequest(
        video=video,
        settings=settings,
        outputs=Outputs(
            target=target, stems=stems, timeline=timeline, plot=plot, sidecar=sidecar, overwrite=overwrite or dry_run
        ),
        cues=cues,
        takes=takes,
        keep=keep,
        scored=as_json,
        sink=console.sink() if to_stdout else None,
    )
    if is_still(video):
        run_still(request, console, seconds, dry_run=dry_run)
        return
    if seconds is not None:
        raise UsageError("--seconds is for a still picture; a part of a video is named by --start and --end")
    run_dub(request, console, dry_run=dry_run)
