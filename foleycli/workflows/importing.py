"""Turns weights that others published into models for -m."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Imported:
    """A model that was written; `missing` maps parts that are not in it to their names for `foley models pull`."""

    name: str
    folder: Path
    licence: str
    commercial_use: bool
    missing: Mapping[str, str] = field(default_factory=dict)


def import_model(file: Path, name: str, *, parts: Mapping[str, Path | None], overwrite: bool = False) -> Imported:
    """Writes a model from the MDSGen authors' checkpoint, or SpecVQGAN's sound tokens by their name.

    `parts` are files of published cavp, vae and vocoder, None where what was pulled is to be used. Raises ModelError
    for a file that doesn't fit, UsageError for a name that is taken.
    """
    from foleycli.models.mdsgen.importing import OFFICIAL_SPECS, import_mdsgen, published_sources
    from foleycli.models.visual_echoes import importing as visual_echoes

    missing: dict[str, str] = {}
    if name == visual_echoes.NAME:
        bundle = visual_echoes.import_specvqgan(file, parts.get("vocoder"), overwrite=overwrite)
    else:
        given = {part: path for part, path in parts.items() if path is not None}
        bundle = import_mdsgen(file, name, given, overwrite=overwrite)
        sources = published_sources(OFFICIAL_SPECS)
        missing = {part: entry for part, entry in sources.items() if part not in bundle.manifest.parts}
    manifest = bundle.manifest
    return Imported(
        name=name,
        folder=bundle.folder,
        licence=manifest.licence,
        commercial_use=manifest.commercial_use,
        missing=missing,
    )
