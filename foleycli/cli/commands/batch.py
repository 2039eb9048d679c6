"""`foley batch`: dubs many videos with one loaded model; a stopped run continues where it was."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.cli.settings import grouped
from foleycli.errors import UsageError
from foleycli.specs.settings import Generation, Mix, Model, Played, Settings
from foleycli.text import folder_of

_PATHS = "Video files, folders (subfolders too) and patterns in quotes; '-' reads a list of names from stdin."
_OUT_DIR = (
    "Folder for the results, made if needed. The subfolders of a searched folder are kept below it. "
    "Default: each result is written beside its video."
)
_NAME = "Name of each result, where {stem} and {ext} are those of the video, {folder} is its folder, {seed} the seed."
_NULL = "Names in the list on stdin end with a NUL byte, as 'find -print0' writes them. Default: one name per line."
_JOBS = "Number of videos that are dubbed at the same time."
_EXECUTOR = "Where the videos are dubbed: threads of this process, or a Ray cluster (pip install 'foleycli[ray]')."
_ADDRESS = "The Ray cluster: ray://HOST:PORT, HOST:PORT or auto. Default: one is started on this machine."
_SHIP = "Copy videos and results through Ray, for nodes that cannot read these folders."
_DRY_RUN = "Print which video would become which file, and write nothing."
_PLOT = "Also draw each dub on one time axis, as a PNG file in this folder, made if needed. Default: none."
_REPORT = "Also write an HTML page with every result, to look at and listen to. Default: none."
_JSON = "Print one JSON object per line on stdout, one for each event."


@grouped
def batch(
    *,
    paths: Annotated[list[str], typer.Argument(metavar="PATHS...", help=_PATHS)],
    out_dir: Annotated[str | None, typer.Option("--out-dir", "-o", metavar="DIR", help=_OUT_DIR)] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help=_NAME)] = "{stem}.foley{ext}",
    null: Annotated[bool, typer.Option("--null", "-0", help=_NULL)] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, max=64, help=_JOBS)] = 1,
    executor: Annotated[Literal["threads", "ray"], typer.Option("--executor", help=_EXECUTOR)] = "threads",
    address: Annotated[str | None, typer.Option("--address", metavar="ADDRESS", help=_ADDRESS)] = None,
    ship: Annotated[bool, typer.Option("--ship", help=_SHIP)] = False,
    generation: Generation,
    played: Played,
    mix: Mix,
    stems: options.StemsOption = None,
    plot: Annotated[str | None, typer.Option("--plot", metavar="DIR", help=_PLOT)] = None,
    model: Model,
    overwrite: options.OverwriteOption = False,
    report: Annotated[Path | None, typer.Option("--report", metavar="PAGE.html", help=_REPORT)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help=_DRY_RUN)] = False,
    as_json: Annotated[bool, typer.Option("--json", help=_JSON)] = False,
    quiet: options.QuietOption = False,
    verbose: options.VerboseOption = False,
) -> None:
    """Adds sound to many videos. Videos that are done already are skipped: to continue a stopped run, repeat it.

    A video that fails does not stop the others. Failed videos are listed at the end; the exit code is then 1.
    """
    from foleycli.cli.batch_display import run_batch
    from foleycli.workflows.batch.batch import BatchRequest
    from foleycli.workflows.batch.job import Cluster

    if executor != "ray" and (address or ship):
        raise UsageError("--address and --ship are for --executor ray")
    request = BatchRequest(
        paths=with_stdin(paths, nul=null),
        out_dir=None if out_dir is None else folder_of("--out-dir")(out_dir),
        name=name,
        settings=Settings(generation=played.within(generation), model=model, mix=mix),
        workers=jobs,
        overwrite=overwrite,
        report=report,
        stems=stems,
        plots=None if plot is None else folder_of("--plot")(plot),
        cluster=Cluster(address, ship) if executor == "ray" else None,
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
