"""The authors' own MDSGen checkpoint, from a file on disk, as a bundle of ours: checked key by key, then written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.bundles import catalogue, convert, published, store
from foleycli.bundles.bundle import MANIFEST, Bundle, write_bundle
from foleycli.bundles.load import MDSGEN
from foleycli.errors import ModelError, UsageError
from foleycli.specs import DitSpec, KlVaeSpec, MelSpec, SamplerSpec, VocoderSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

OFFICIAL_DIT = DitSpec.sized("B", layout="official")
OFFICIAL_SPECS = {
    "mel": MelSpec.AUDIOLDM,
    # As the authors' code samples: 50 steps even in t, guidance 5.
    "sampler": SamplerSpec(steps=50, guidance=5.0, spacing="linear"),
    "vae": KlVaeSpec(),
    "vocoder": VocoderSpec(kind="hifigan", mels=64, width=1024, hop_samples=160),
}
LICENCE = "none stated by the authors of MDSGen; AudioLDM's parts CC BY-NC-SA 4.0; CAVP MIT"


def import_mdsgen(
    path: Path, name: str, files: Mapping[str, Path], *, dit: DitSpec = OFFICIAL_DIT, overwrite: bool = False
) -> Bundle:
    """Writes the bundle `name` into the user's data folder; `files` are published cavp, vae and vocoder, where given.

    A part that is not given is taken from what was pulled, or else looked for there each time the model is used.
    """
    from foleycli.models.dit import without_interpolator

    folder = target(name, overwrite)
    state = published.translate(path, convert.mdsgen_official)
    require_fit(path, state, dit)
    small, kept = without_interpolator(dit, state)
    parts = {"dit": kept}
    for part in published.CONVERSIONS:
        if source := files.get(part) or published.find_published(part):
            parts[part] = published.converted(source, part)
    return write_bundle(
        folder, parts, name=name, kind=MDSGEN, specs={"dit": small, **OFFICIAL_SPECS}, licence=LICENCE,
        commercial_use=False, training_data="VGGSound (MDSGen, CAVP); AudioSet and others (AudioLDM)",
        card=f"# {name}\n\nMDSGen B of its authors, imported by `foley models import`. Not for commercial use.\n",
    )  # fmt: skip


def target(name: str, overwrite: bool) -> Path:
    """Where the model called `name` is to lie; raises UsageError for a name that is taken."""
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        raise UsageError(f"--as {name!r}: not a name; use letters, digits, '-', '_' and '.'")
    taken = next((entry for entry in catalogue.CATALOGUE if entry.name == name and entry.source != "import"), None)
    folder = store.imported(name)
    if taken is not None or ((folder / MANIFEST).is_file() and not overwrite):
        way = "choose another" if taken else "choose another, or add --overwrite"
        raise UsageError(f"--as {name}: there is a model of that name; {way}")
    return folder


def require_fit(path: Path, state: Mapping[str, Tensor], spec: DitSpec) -> None:
    """Raises ModelError unless the converted state has every key and shape of that model, and no other."""
    import torch

    from foleycli.models.dit import MDSGen

    with torch.device("meta"):
        model: nn.Module = MDSGen(spec)
    wanted = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in state.items()}
    if wrong := sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)):
        first = wrong[0]
        shapes = f"{first} is {found.get(first, 'missing')}, should be {wanted.get(first, 'absent')}"
        raise ModelError(f"{path}: weights of another model ({shapes}); this takes MDSGen B of its authors")
