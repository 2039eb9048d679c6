"""foley puts sound to silent video. docs/python.md shows how a program uses it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from foleycli.version import __version__

if TYPE_CHECKING:
    from foleycli.cues.sheet import Cue
    from foleycli.models.loaded import load_bundle
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.pipeline.track import Track
    from foleycli.specs.settings import Generation, Mix, Model, Outputs, Settings
    from foleycli.workflows.batch.batch import BatchRequest, BatchResult, batch
    from foleycli.workflows.dub import DubRequest, DubResult, dub
    from foleycli.workflows.spot import SpotRequest, SpotResult, spot

__all__ = [
    "BatchRequest", "BatchResult", "Cue", "DubRequest", "DubResult", "FoleyPipeline", "Generation", "Mix", "Model",
    "Outputs", "Settings", "SpotRequest", "SpotResult", "Track", "__version__", "batch", "dub", "load_bundle", "spot",
]  # fmt: skip

_HOMES = {
    "Cue": "cues.sheet",
    "FoleyPipeline": "pipeline.foley_pipeline",
    "Track": "pipeline.track",
    "load_bundle": "models.loaded",
    **dict.fromkeys(("Generation", "Mix", "Model", "Outputs", "Settings"), "specs.settings"),
    **dict.fromkeys(("DubRequest", "DubResult", "dub"), "workflows.dub"),
    **dict.fromkeys(("SpotRequest", "SpotResult", "spot"), "workflows.spot"),
    **dict.fromkeys(("BatchRequest", "BatchResult", "batch"), "workflows.batch.batch"),
}


def __getattr__(name: str) -> object:
    # Lazily, because torch takes a second to import and `foley --help` needs none of it.
    if name not in _HOMES:
        raise AttributeError(f"module 'foleycli' has no attribute {name!r}")
    return getattr(import_module(f"foleycli.{_HOMES[name]}"), name)
