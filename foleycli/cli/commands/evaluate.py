"""`foley evaluate`: scores of a model for synchrony, obedience to cues, and recognisable sounds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foleycli.cli import options
from foleycli.cli.console import Console

_BUNDLE = "The model: a name from 'foley models list', or a model's folder."
_DATA = (
    "What to test on. scenes: rendered scenes that no training has seen. repertoire: every sound in turn. DIR: "
    "videos with sound (manifest.csv may list the onsets); with --tagger, recordings. A model for 'foley imagine' is "
    "tested on stills, and with the folder echo-corpus of 'foley train echo-tokens' on recordings too."
)
_TAGGER = "A sound tagger (.tflite, such as YAMNet) that names every sound; needs pip install 'foleycli[evaluate]'."


def evaluate(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help=_BUNDLE)],
    data: Annotated[str, typer.Option("--data", metavar="scenes|repertoire|DIR", help=_DATA)] = "scenes",
    tagger: Annotated[Path | None, typer.Option("--tagger", metavar="FILE", help=_TAGGER)] = None,
    count: Annotated[int, typer.Option("--count", min=1, help="Largest number of scenes or clips to test.")] = 40,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Random seed of the sounds.")] = 0,
    device: options.DeviceOption = "auto",
    offline: options.OfflineOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Tests a model on videos whose sound is known. Prints its scores with confidence intervals and those of chance."""
    from foleycli.evaluation.report_text import report_text
    from foleycli.workflows.evaluate import evaluate_model

    console = Console(quiet=quiet, as_json=as_json)
    with console.progress() as progress:
        found = evaluate_model(
            bundle, data, count=count, seed=seed, device=device, offline=offline, tagger=tagger, progress=progress
        )
    console.either(found.plain(), report_text(found.plain()))
