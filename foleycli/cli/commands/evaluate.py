"""`foley evaluate`: scores of a model for synchrony, obedience to cues, and recognisable sounds."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from foleycli.cli import options
from foleycli.cli.console import Console
from foleycli.text import table

_BUNDLE = "The model: a name from 'foley models list', or a folder with a bundle in it."
_DATA = (
    "What to test on. scenes: rendered scenes that no training has seen. repertoire: every sound, asked for in turn. "
    "DIR: a folder of videos with sound; its manifest.csv may list the onsets. A model of pictures and "
    "sounds is tested on rendered stills."
)


def evaluate(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help=_BUNDLE)],
    data: Annotated[str, typer.Option("--data", metavar="scenes|repertoire|DIR", help=_DATA)] = "scenes",
    count: Annotated[int, typer.Option("--count", min=1, help="The most scenes or clips to test.")] = 40,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the performances.")] = 0,
    device: options.DeviceOption = "auto",
    offline: options.OfflineOption = False,
    as_json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Tests BUNDLE on videos whose sound is known, and prints its scores, with intervals and chance beside them."""
    from foleycli.evaluation.embeddings import load_sound_classifier
    from foleycli.evaluation.pictures import evaluate_pictures
    from foleycli.evaluation.repertoire import REPERTOIRE, evaluate_repertoire
    from foleycli.evaluation.run import evaluate as run
    from foleycli.models.loaded import load_bundle
    from foleycli.models.visual_echoes.loading import takes_pictures
    from foleycli.pipeline.foley_pipeline import FoleyPipeline

    console = Console(quiet=quiet, as_json=as_json)
    with console.progress() as progress:
        if takes_pictures(bundle, offline=offline):
            found = evaluate_pictures(bundle, count=count, seed=seed, device=device, offline=offline, progress=progress)
        elif data == REPERTOIRE:
            loaded = load_bundle(bundle, offline=offline)
            classifier = load_sound_classifier()
            player = FoleyPipeline(loaded, device=device, namer="off")
            found = evaluate_repertoire(
                player,
                classifier.classes,
                classifier=classifier,
                model=loaded.manifest.name,
                seeds=(seed,),
                progress=progress,
            )
        else:
            loaded = load_bundle(bundle, offline=offline)
            found = run(loaded, data, count=count, seed=seed, device=device, progress=progress)
    report = found.plain()
    if as_json:
        console.data(report)
    else:
        console.result(table(list(_rows(report))))


def _rows(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """Every score on a line: its name, its value, its interval."""
    pace = report["seconds_per_second"]
    rows = [("model", report["model"]), ("data", f"{report['data']}, {report['cases']} cases")]
    rows.append(("time", "-" if pace is None else f"{pace:.2f} s per second of video"))
    return rows + [row for name, scores in report["scores"].items() for row in _flat(name, scores)]


def _flat(name: str, value: Any) -> list[tuple[str, ...]]:
    if isinstance(value, dict) and set(value) == {"mean", "low", "high"}:
        mean, low, high = ("-" if value[key] is None else f"{value[key]:.3f}" for key in ("mean", "low", "high"))
        return [(name, f"{mean}  ({low} to {high})")]
    if isinstance(value, dict):
        return [row for key, inner in value.items() for row in _flat(f"{name}.{key}", inner)]
    if isinstance(value, list):
        return [(name, ", ".join(map(str, value)) or "none")]
    return [(name, "-" if value is None else str(value))]
