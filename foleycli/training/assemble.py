"""Puts trained parts together as a bundle: weights and the specs that lie beside them, and a card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from foleycli.bundles.format import SPOT_PERFORM, Bundle, spec_from_plain, write_bundle
from foleycli.errors import InputError
from foleycli.models.loaded import PARTS
from foleycli.networks.mdsgen.dit import without_interpolator
from foleycli.specs import CueSpec, DitSpec, MelSpec, SamplerSpec, SpotterSpec, VaeSpec, VocoderSpec

SPECS: dict[str, type] = {
    "spotter": SpotterSpec,
    "cues": CueSpec,
    "dit": DitSpec,
    "vae": VaeSpec,
    "vocoder": VocoderSpec,
}
TRAINING_DATA = (
    "spotter: scenes rendered by foleycli.scenes. VAE, vocoder, performer: 4,199 recordings under CC0, CC-BY and "
    "public domain, listed with their authors in docs/attribution.md. Nothing non-commercial."
)


def assemble(weights: Path, folder: Path, sampler: SamplerSpec, card: str, name: str = "pocket") -> Bundle:
    """Writes the bundle from `weights`/PART.pt and PART.json; raises InputError for a missing part."""
    parts, specs = {}, dict[str, Any](mel=MelSpec.FULL_BAND, sampler=sampler)
    for part in PARTS[SPOT_PERFORM]:
        path = weights / f"{part}.pt"
        if not path.exists():
            raise InputError(f"{path}: not there; train it first with 'foley train {part}'")
        parts[part] = torch.load(path, weights_only=True)
        specs[part] = spec_from_plain(SPECS[part], json.loads(path.with_suffix(".json").read_text()), str(path))
    specs["dit"], parts["dit"] = without_interpolator(specs["dit"], parts["dit"])
    return write_bundle(
        folder,
        parts,
        name=name,
        kind=SPOT_PERFORM,
        specs=specs,
        licence="Apache-2.0",
        commercial_use=True,
        training_data=TRAINING_DATA,
        card=card,
    )
