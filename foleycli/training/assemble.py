"""Puts trained parts together as a bundle: weights and the specs that lie beside them, and a card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from foleycli.bundles.format import Bundle, spec_from_plain, write_bundle
from foleycli.errors import InputError
from foleycli.models.spot_perform import FAMILY
from foleycli.networks.mdsgen.dit import without_interpolator
from foleycli.specs import MelSpec, SamplerSpec

TRAINING_DATA = (
    "spotter: scenes rendered by foleycli.scenes. VAE, vocoder, performer: 4,199 recordings under CC0, CC-BY and "
    "public domain, listed with their authors in docs/attribution.md. Nothing non-commercial."
)


def assemble(weights: Path, folder: Path, sampler: SamplerSpec, card: str, name: str = "pocket") -> Bundle:
    """Writes the bundle from `weights`/PART.pt and PART.json; raises InputError for a missing part."""
    parts, specs = {}, dict[str, Any](mel=MelSpec.FULL_BAND, sampler=sampler)
    for part, made in FAMILY.parts.items():
        path = weights / f"{part}.pt"
        if not path.exists():
            raise InputError(f"{path}: not there; train it first with 'foley train {part}'")
        parts[part] = torch.load(path, weights_only=True)
        assert made.spec is not None
        specs[part] = spec_from_plain(made.spec, json.loads(path.with_suffix(".json").read_text()), str(path))
    specs["dit"], parts["dit"] = without_interpolator(specs["dit"], parts["dit"])
    return write_bundle(
        folder,
        parts,
        name=name,
        kind=FAMILY.kind,
        specs=specs,
        licence="Apache-2.0",
        commercial_use=True,
        training_data=TRAINING_DATA,
        card=card,
    )
