"""`foley train`: runs one of the recipes that made the built-in model, on your own sounds if you like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.training import names

if TYPE_CHECKING:
    from foleycli.training.loop import Report


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help=names.RECIPE_HELP)],
    work: Annotated[Path, typer.Option("--work", metavar="DIR", help="Folder for all results.")] = Path("runs"),
    sounds: Annotated[Path | None, typer.Option("--sounds", metavar="DIR", help=names.SOUNDS_HELP)] = None,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help=names.STEPS_HELP)] = None,
    minutes: Annotated[float | None, typer.Option("--minutes", min=0.0, help=names.MINUTES_HELP)] = None,
    resume: Annotated[bool, typer.Option("--resume/--afresh", help=names.RESUME_HELP)] = True,
    device: options.DeviceOption = "cpu",
    precision: options.PrecisionOption = "fp32",
    tagger: Annotated[Path | None, typer.Option("--tagger", metavar="FILE", help=names.TAGGER_HELP)] = None,
    by_time: Annotated[bool, typer.Option("--by-time", help=names.BY_TIME_HELP)] = False,
    workers: Annotated[int, typer.Option("--workers", min=0, metavar="N", help=names.WORKERS_HELP)] = 0,
    ablation: Annotated[str, typer.Option("--ablation", metavar="NAME", help=names.ABLATION_HELP)] = "",
    videos: Annotated[Path | None, typer.Option("--videos", metavar="DIR|CSV", help=names.VIDEOS_HELP)] = None,
    size: Annotated[names.SizeName, typer.Option("--size", help=names.SIZE_HELP)] = "t",
    vae: Annotated[names.VaeName, typer.Option("--vae", help=names.VAE_HELP)] = "pocket",
    quiet: options.QuietOption = False,
) -> None:
    """Runs one step of the training. Run it again to continue where it stopped."""
    names.check_recipe(
        recipe, ablation=ablation, workers=workers, tagger=tagger, by_time=by_time, minutes=minutes, videos=videos
    )
    console = Console(quiet=quiet)
    from foleycli.training.recipes import RECIPES
    from foleycli.training.workspace import Workspace

    with _live(console) as report, console.progress() as progress:
        workspace = Workspace(
            work,
            sounds,
            steps=steps,
            seconds=None if minutes is None else 60 * minutes,
            device=device,
            precision=precision,
            resume=resume,
            progress=report,
            count=lambda done, total: progress(recipe, done, total),
            note=console.note,
            ablation=ablation,
            workers=workers,
            tagger=tagger,
            by_time=by_time,
            videos=videos,
            size=size,
            vae=vae,
        )
        made = RECIPES[recipe](workspace)
    console.result(str(made if isinstance(made, Path) else work))


@contextmanager
def _live(console: Console) -> Iterator[Callable[[Report], None]]:
    """One line that renews itself on a terminal; a line per report elsewhere."""
    import sys

    if console.quiet or not sys.stderr.isatty():
        yield lambda report: console.note(report.line())
        return
    from rich.console import Console as RichConsole
    from rich.live import Live

    with Live(console=RichConsole(stderr=True), refresh_per_second=4) as live:
        yield lambda report: live.update(report.line())
