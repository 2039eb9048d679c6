"""foley: sound for silent video. `from foleycli import FoleyPipeline, load_bundle`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from foleycli.version import __version__

if TYPE_CHECKING:
    from foleycli.models.loaded import load_bundle
    from foleycli.pipeline.foley_pipeline import FoleyPipeline

__all__ = ["FoleyPipeline", "__version__", "load_bundle"]

_HOMES = {"FoleyPipeline": "foleycli.pipeline.foley_pipeline", "load_bundle": "foleycli.models.loaded"}


def __getattr__(name: str) -> object:
    # Lazily, because torch takes a second to import and `foley --help` needs none of it.
    if name not in _HOMES:
        raise AttributeError(f"module 'foleycli' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
