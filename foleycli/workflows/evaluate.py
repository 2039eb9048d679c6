"""Scores a model on videos, sounds or pictures whose answer is known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.models.sound_namer.namer import OFF
from foleycli.specs.settings import Model
from foleycli.types import Progress

if TYPE_CHECKING:
    from foleycli.evaluation.report import Report


def evaluate_model(
    name: str,
    data: str,
    *,
    count: int,
    seed: int,
    device: str,
    offline: bool = False,
    tagger: Path | None = None,
    progress: Progress | None = None,
) -> Report:
    """The scores of a model on `data`: "scenes", "repertoire" or a folder of videos with sound.

    With a `tagger`, a .tflite file, it says what it hears in each sound of the model, and of a folder of recordings.
    A model of pictures and sounds is tested on rendered stills, and on recordings if `data` is a corpus of
    'foley train echo-tokens'. `count` is the most cases to test.
    Raises ModelError for a model that is not there, UsageError or InputError for data that can't be used.
    """
    from foleycli.evaluation.pictures import evaluate_pictures
    from foleycli.evaluation.repertoire import REPERTOIRE
    from foleycli.evaluation.run import evaluate
    from foleycli.models.loaded import load_bundle
    from foleycli.models.visual_echoes.loading import takes_pictures

    if tagger is not None:
        from foleycli.workflows.tagging import evaluate_tagged

        model = Model(name=name, device=device, offline=offline, namer=OFF)
        return evaluate_tagged(model, tagger, data, count=count, seed=seed, progress=progress)
    if takes_pictures(name, offline=offline):
        corpus = Path(data) if Path(data).is_dir() else None
        return evaluate_pictures(
            name, count=count, seed=seed, corpus=corpus, device=device, offline=offline, progress=progress
        )
    if data == REPERTOIRE:
        return _repertoire(name, seed=seed, device=device, offline=offline, progress=progress)
    loaded = load_bundle(name, offline=offline)
    return evaluate(loaded, data, count=count, seed=seed, device=device, progress=progress)


def _repertoire(name: str, *, seed: int, device: str, offline: bool, progress: Progress | None) -> Report:
    from foleycli.evaluation.embeddings import load_sound_classifier
    from foleycli.evaluation.repertoire import evaluate_repertoire
    from foleycli.models.loaded import load_bundle
    from foleycli.pipeline.foley_pipeline import FoleyPipeline

    loaded, classifier = load_bundle(name, offline=offline), load_sound_classifier()
    return evaluate_repertoire(
        FoleyPipeline(loaded, device=device, namer="off"),
        classifier.classes,
        classifier=classifier,
        model=loaded.manifest.name,
        seeds=(seed,),
        progress=progress,
    )
