"""The ablations of the paper by name: each differs from the base by one field or two.

foley train performer --ablation base, then --ablation sam: the same latents, steps and seed for both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from foleycli.training.mdsgen.performer import PerformerRecipe

# Over pocket's recipe: 2 x 2 patches, without which there are no rows to hide; the masked loss in every step.
BASE: dict[str, Any] = {"dit.patch": (2, 2), "masked_every": 1}
ABLATIONS: dict[str, dict[str, Any]] = {
    "base": {},  # TAM, 30 % hidden, learned Reducer, N2 = 4, guidance, aligned columns
    "sam": {"dit.mask": "sam"},  # Tab. 7
    "fam": {"dit.mask": "fam"},
    "unmasked": {"dit.mask": "none"},
    "ratio-50": {"dit.mask_ratio": 0.5},  # Tab. 15
    "ratio-70": {"dit.mask_ratio": 0.7},
    "average": {"dit.reducer": "average"},  # Tab. 3: the Reducer
    "attention": {"dit.reducer": "attention"},
    "all-rows": {"dit.reducer": "none"},
    "one-vector": {"dit.aligned": False},  # the paper's own model: nothing tells a column its time
    "one-vector-all-rows": {"dit.aligned": False, "dit.reducer": "none"},
    "n2-2": {"dit.decoder_depth": 2},  # Tab. 12
    "unguided": {"sampler.guidance": 1.0, "condition_dropout": 0.0},  # Tab. 9
    "size-s": {"dit.width": 384, "dit.heads": 6},  # Tab. 8
    "size-b": {"dit.width": 768, "dit.heads": 12},
}
VIDEO_ABLATIONS: dict[str, dict[str, Any]] = {  # of `foley train mdsgen`, over the paper's DitSpec and sampler
    "short": {  # pocket's choices, for runs of hours or less
        "dit.aligned": True,
        "sampler.prediction": "v",
        "sampler.guidance": 1.8,
        "sampler.guidance_rescale": 1.0,
    },
    "aligned": {"dit.aligned": True},  # not in the paper: each column is told what is seen at its time
    "v": {"sampler.prediction": "v"},  # not in the paper: what epsilon leads to is of any size until it is well learned
    **{
        name: ABLATIONS[name]
        for name in ("sam", "fam", "unmasked", "ratio-50", "ratio-70", "average", "attention", "all-rows", "n2-2")
    },
}


def fields_of(name: str, part: str) -> dict[str, Any]:
    """The fields of "dit" or "sampler" that an ablation of `foley train mdsgen` changes; none for an empty name."""
    fields = VIDEO_ABLATIONS[name] if name else {}
    return {place.split(".")[1]: value for place, value in fields.items() if place.startswith(f"{part}.")}


def ablated(recipe: PerformerRecipe, name: str) -> PerformerRecipe:
    """The recipe with the base's fields, then this ablation's."""
    for place, value in {**BASE, **ABLATIONS[name]}.items():
        part, _, field = place.rpartition(".")
        if part:
            recipe = replace(recipe, **{part: replace(getattr(recipe, part), **{field: value})})
        else:
            recipe = replace(recipe, **{field: value})
    return recipe
