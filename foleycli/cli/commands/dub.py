"""`foley dub`: a copy of a video with sound, or the sound alone."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.errors import UsageError
from foleycli.specs.settings import Original

STDOUT = "-"

_OUTPUT = (
    "The file to write. *.mp4, *.mkv, *.mov, *.webm: a copy of the video with sound. "
    "*.wav, *.flac, *.mp3, *.m4a, *.ogg, *.opus: the sound alone. '-': a WAV on stdout. "
    "Default: VIDEO's name with .foley before its suffix, beside VIDEO."
)
_SEED = "Number that chooses the performance. The same seed gives the same sound, another seed another one."
_TAKES = "How many performances to make, with seeds counted up from --seed; one numbered file for each."
_KEEP = "Write all takes, or only the one that scores best for time, level and noise."
_STEPS = "Sampling steps per window; more take longer. Default: the model's own number."
_GUIDANCE = "How strongly the model follows the cues; 1 is no guidance. Default: the model's own."
_CUES = "Perform this cue sheet (*.csv, *.json, *.txt of Audacity, *.otio) in place of spotting the video."
_OVERLAP = "Overlap of neighbouring windows in seconds (multiples of 0.128 s); longer is smoother and slower."
_ORIGINAL = (
    "VIDEO's own sound: replace drops it, mix adds the new sound to it, duck also lowers it by 12 dB under the new "
    "sound, keep-track keeps it as a second track."
)
_GAIN = "Change of level of the new sound in dB."
_LOUDNESS = (
    "Loudness of the whole track in LUFS (EBU R128), or off: the level the model made. "
    "Default: auto, the new sound at -23 LUFS or -1 dBTP, whichever comes first."
)
_FADE_IN = "Length in seconds of a fade at the start of the new sound."
_FADE_OUT = "Length in seconds of a fade at the end of the new sound."
_STEMS = "Also write impacts and ambience as two WAV files into this folder, which is made if need be. Default: none."
_PLOT = "Also draw pictures, motion, cues, sound and spectrum on one time axis into this PNG. Default: none."
_SIDECAR = "Also write OUT.foley.json, the recipe of the dub, which 'foley rerun' and 'foley retake' need."
_DRY_RUN = "Print the plan (windows, files, time, disk) and write nothing."

OutputOption = Annotated[str | None, typer.Option("--output", "-o", metavar="OUT", help=_OUTPUT)]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help=_SEED)]
TakesOption = Annotated[int, typer.Option("--takes", min=1, max=99, help=_TAKES)]
KeepOption = Annotated[options.Keep, typer.Option("--keep", help=_KEEP)]
StepsOption = Annotated[int | None, typer.Option("--steps", min=1, max=1000, help=_STEPS)]
GuidanceOption = Annotated[float | None, typer.Option("--guidance", min=0.0, max=50.0, help=_GUIDANCE)]
CuesOption = Annotated[Path | None, typer.Option("--cues", metavar="FILE", help=_CUES)]
OverlapOption = Annotated[Fraction, typer.Option("--overlap", metavar="SECONDS", parser=options.seconds, help=_OVERLAP)]
OriginalOption = Annotated[Original, typer.Option("--original", help=_ORIGINAL)]
GainOption = Annotated[float, typer.Option("--gain", metavar="DB", min=-60.0, max=24.0, help=_GAIN)]
LoudnessOption = Annotated[str, typer.Option("--loudness", metavar="LUFS", show_default=False, help=_LOUDNESS)]
FadeInOption = Annotated[Fraction, typer.Option("--fade-in", metavar="SECONDS", parser=options.seconds, help=_FADE_IN)]
FadeOutOption = Annotated[
    Fraction, typer.Option("--fade-out", metavar="SECONDS", parser=options.seconds, help=_FADE_OUT)
]
StemsOption = Annotated[Path | None, typer.Option("--stems", metavar="DIR", help=_STEMS)]
PlotOption = Annotated[Path | None, typer.Option("--plot", metavar="PNG", help=_PLOT)]
SidecarOption = Annotated[bool, typer.Option("--sidecar", help=_SIDECAR)]
SecondsOption = Annotated[
    Fraction | None,
    typer.Option(
        "--seconds", metavar="TIME", parser=options.seconds, help="Length of a still picture's video. Default: 8."
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", "-n", help=_DRY_RUN)]


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
    seconds: SecondsOption = None,
    overlap: OverlapOption = "1.024",  # type: ignore[assignment]  # typer parses defaults too
    original: OriginalOption = "replace",
    gain: GainOption = 0.0,
    loudness: LoudnessOption = "auto",
    fade_in: FadeInOption = "0",  # type: ignore[assignment]
    fade_out: FadeOutOption = "0",  # type: ignore[assignment]
    stems: StemsOption = None,
    plot: PlotOption = None,
    namer: options.NamerOption = "auto",
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
    """Writes a copy of VIDEO with sound: hits where the picture shows them. The picture is not encoded again.

    A still picture in VIDEO's place becomes a video of --seconds with its sound.
    """
    from foleycli.cli.commands.imagine import run_still
    from foleycli.cli.dub_display import run_dub
    from foleycli.specs.settings import Generation, Model, Outputs, Settings
    from foleycli.video.pictures import is_still
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
        model=Model(name=model, device=device, precision=precision, compiled=compiled, offline=offline, namer=namer),
        mix=options.mix(original, gain, loudness, fade_in=fade_in, fade_out=fade_out),
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
    if is_still(video):
        run_still(request, console, seconds, dry_run=dry_run)
        return
    if seconds is not None:
        raise UsageError("--seconds is for a still picture; a part of a video is named by --start and --end")
    run_dub(request, console, dry_run=dry_run)
