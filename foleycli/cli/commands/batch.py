"""`foley batch`: many videos, one model, and a run that can be stopped and gone on with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.commands.dub import (
    FadeInOption,
    FadeOutOption,
    GainOption,
    GuidanceOption,
    LoudnessOption,
    OriginalOption,
    OverlapOption,
    SeedOption,
    StemsOption,
    StepsOption,
)
from foleycli.cli.console import Console
from foleycli.errors import UsageError

PathsArgument = Annotated[
    list[str],
    typer.Argument(metavar="PATHS...", help="Videos, folders, patterns; '-': a list on stdin."),
]
OutDirOption = Annotated[Path, typer.Option("--out-dir", "-o", metavar="DIR", help="Where the results go; made.")]
NameOption = Annotated[
    str, typer.Option("--name", metavar="NAME", help="Of the results: {stem}, {ext}, {folder}, {seed} are filled in.")
]
NullOption = Annotated[bool, typer.Option("--null", "-0", help="The list on stdin is NUL-separated (find -print0).")]
JobsOption = Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help="Videos performed at a time.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", "-n", help="Print what would become what; change nothing.")]
PlotOption = Annotated[
    Path | None, typer.Option("--plot", metavar="DIR", help="Draw each dub on one time axis, as PNG, into DIR; made.")
]
ReportOption = Annotated[
    Path | None, typer.Option("--report", metavar="PAGE.html", help="Write a page to look at and listen to.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object per line, as things happen.")]


def batch(
    paths: PathsArgument,
    out_dir: OutDirOption,
    name: NameOption = "{stem}.foley{ext}",
    null: NullOption = False,
    jobs: JobsOption = 1,
    model: options.ModelOption = "pocket",
    seed: SeedOption = 0,
    steps: StepsOption = None,
    guidance: GuidanceOption = None,
    sound: options.SoundOption = None,
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
    overwrite: options.OverwriteOption = False,
    report: ReportOption = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Puts sound to many videos. What is done already is skipped, so a run that was stopped just starts again.

    A folder's results lie in the same folders below DIR. A bad video stops no other: at the end they are listed, and
    the exit code is 1.
    """
    from foleycli.cli.batch_display import run_batch
    from foleycli.specs.settings import Generation, Mix, Model, Settings
    from foleycli.workflows.batch.batch import BatchRequest

    generation = Generation(seed=seed, steps=steps, guidance=guidance, sounds=options.sounds(sound), overlap=overlap)
    settings = Settings(
        generation=generation,
        model=Model(name=model, device=device, precision=precision, compiled=compiled, offline=offline),
        mix=Mix(original=original, gain_db=gain, loudness_lufs=loudness, fade_in=fade_in, fade_out=fade_out),
    )
    request = BatchRequest(
        paths=with_stdin(paths, nul=null),
        out_dir=out_dir,
        name=name,
        settings=settings,
        workers=jobs,
        overwrite=overwrite,
        report=report,
        stems=stems,
        plots=plot,
    )
    run_batch(request, Console(quiet, verbose, as_json), dry_run=dry_run)


def with_stdin(paths: list[str], *, nul: bool) -> tuple[str, ...]:
    """The paths, a '-' among them replaced by the list on stdin."""
    return tuple(name for path in paths for name in ([path] if path != "-" else _listed(nul)))


def _listed(nul: bool) -> list[str]:
    from foleycli.workflows.batch.find import split_list

    if sys.stdin.isatty():
        raise UsageError("no list on stdin; pipe one in (find . -name '*.mp4' | foley batch - -o out), or name files")
    return split_list(sys.stdin.buffer.read(), nul=nul)
