"""Loads the model of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foleycli.specs.settings import Model

if TYPE_CHECKING:
    from foleycli.pipeline.foley_pipeline import FoleyPipeline


def load_pipeline(model: Model) -> FoleyPipeline:
    """The pipeline of that model; raises ModelError before torch is imported if the model is not there."""
    from foleycli.models.loaded import load_bundle

    bundle = load_bundle(model.name, offline=model.offline)
    from foleycli.pipeline.foley_pipeline import FoleyPipeline

    return FoleyPipeline(
        bundle,
        device=model.device,
        precision=model.precision,
        compiled=model.compiled,
        namer=model.namer,
        offline=model.offline,
    )
