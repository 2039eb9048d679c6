"""Facts about models as plain data, from the catalogue and from the folders of models."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from foleycli.bundles.catalogue import CATALOGUE, find
from foleycli.bundles.format import Bundle, read_bundle
from foleycli.bundles.store import imported_names, resolve
from foleycli.errors import ModelError
from foleycli.specs import DitSpec, Size
from foleycli.text import size


def known_models() -> list[dict[str, Any]]:
    """A line of facts for each model of the catalogue, then for each that was imported under another name."""
    known = [entry.name for entry in CATALOGUE]
    others = [name for name in imported_names() if name not in known]
    return [*map(catalogue_facts, known), *map(imported_facts, others)]


def model_rows(facts: Iterable[dict[str, Any]]) -> list[tuple[str, ...]]:
    """The facts of `known_models` as rows of a table for people, with a head."""
    rows: list[tuple[str, ...]] = [("name", "where", "size", "licence", "commercial", "what")]
    for one in facts:
        shown = size(one["size_bytes"]) if one["size_bytes"] else "-"
        use = "yes" if one["commercial_use"] else "no"
        rows.append((one["name"], one["source"], shown, one["licence"], use, one["title"]))
    return rows


def model_facts(name: str, *, offline: bool = False) -> dict[str, Any]:
    """All that is known of one model; raises ModelError if it is not here."""
    known = next((entry for entry in CATALOGUE if entry.name == name), None)
    listed = known is not None and not known.usable and name not in imported_names()
    facts = catalogue_facts(name) if listed else bundle_facts(find_bundle(name, offline=offline))
    if known and known.architecture:
        facts["counted_parameters"] = counted_parameters(known.architecture)
    return facts


def find_bundle(name: str, *, offline: bool = False) -> Bundle:
    """The bundle of that name; raises ModelError if it is not here."""
    return read_bundle(resolve(name, offline=offline))


def catalogue_facts(name: str) -> dict[str, Any]:
    """A line of the catalogue as plain data; the size of what is installed is the one on this disk."""
    entry = find(name)
    facts = asdict(entry)
    if entry.usable or name in imported_names():
        with suppress(ModelError):  # a damaged model is still listed; `show` and `verify` say what is wrong with it
            facts["size_bytes"] = find_bundle(name, offline=True).size_bytes
    return {key: value for key, value in facts.items() if value not in ("", ())}


def imported_facts(name: str) -> dict[str, Any]:
    """A model imported under a name of the user's own, as a line of the list."""
    bundle = find_bundle(name, offline=True)
    facts = {"name": name, "title": "imported", "source": "import", "licence": bundle.manifest.licence}
    return {**facts, "commercial_use": bundle.manifest.commercial_use, "size_bytes": bundle.size_bytes}


def counted_parameters(named: Size) -> dict[str, int]:
    """Parameters of an MDSGen of this size as foley counts them, for comparison with the paper."""
    from foleycli.networks.mdsgen.dit import parameter_count

    image = DitSpec.sized(named, adaln="zero")
    return {
        "image_vae": parameter_count(image),
        "image_vae_adaln_single": parameter_count(DitSpec.sized(named, adaln="single")),
        "audio_vae": parameter_count(DitSpec.sized(named, layout="official")),
    }


def bundle_facts(bundle: Bundle) -> dict[str, Any]:
    """The manifest of a bundle and its size, as plain data."""
    manifest = bundle.manifest
    return {
        "name": manifest.name,
        "kind": manifest.kind,
        "folder": str(bundle.folder.resolve()),
        "licence": manifest.licence,
        "commercial_use": manifest.commercial_use,
        "training_data": manifest.training_data,
        "size_bytes": bundle.size_bytes,
        "parameters": sum(manifest.parts.values()),
        "parts": manifest.parts,
        "specs": manifest.specs,
    }
