"""`foley demo`: renders a clip, spots it and dubs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console

_OUT_DIR = "Folder for the files, made if needed."
_KIND = "A kind of scene from 'foley scenes list'."


def demo(
    out_dir: Annotated[Path, typer.Option("--out-dir", metavar="DIR", help=_OUT_DIR)] = Path("demo"),
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help=_KIND)] = "drum",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Random seed of scene and sound.")] = 1,
    seconds: Annotated[float, typer.Option("--seconds", min=1.0, max=60.0, help="Length in seconds.")] = 8.0,
    model: options.ModelOption = "pocket",
    device: options.DeviceOption = "auto",
    overwrite: options.OverwriteOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Renders a silent clip, dubs it, and prints where the result is."""
    from foleycli.cli.dub_display import run_dub
    from foleycli.specs.settings import Generation, Model, Outputs, Settings
    from foleycli.workflows.dub import DubRequest
    from foleycli.workflows.scene_files import render_to

    console = Console(quiet=quiet)
    out_dir.mkdir(parents=True, exist_ok=True)
    silent, truth = out_dir / f"{kind}.silent.mp4", out_dir / f"{kind}.truth.csv"
    console.note(f"rendering {seconds:g} s of {kind}")
    render_to(silent, truth, kind=kind, seed=seed, seconds=seconds, height=360, clean=True, overwrite=overwrite)
    console.note(f"dubbing {silent}")
    settings = Settings(generation=Generation(seed=seed), model=Model(name=model, device=device, offline=True))
    outputs = Outputs(target=out_dir / f"{kind}.mp4", overwrite=overwrite)
    run_dub(DubRequest(video=silent, settings=settings, outputs=outputs), console)
    console.note(f"to see, hear and change its cues in the browser: foley edit {silent}")
