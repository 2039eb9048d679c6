"""A plain MDSGen as a bundle: its authors' own checkpoint from a file on disk, or one that you trained.

Either is checked key by key, then written with the published parts that are at hand; the rest stays where it is pulled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.bundles import catalogue, convert, published, store
from foleycli.bundles.format import MANIFEST, Bundle, write_bundle
from foleycli.errors import ModelError, UsageError
from foleycli.models.mdsgen import FAMILY, published_parts
from foleycli.specs import DitSpec, KlVaeSpec, MelSpec, SamplerSpec, VaeSpec, VocoderSpec

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
IMAGE_SPECS = {  # the paper's default: mels as pictures, no trained vocoder
    "mel": MelSpec.DIFF_FOLEY,
    "sampler": SamplerSpec(steps=25, guidance=5.0),
    "vae": KlVaeSpec.STABLE_DIFFUSION,
    "vocoder": VocoderSpec(kind="griffin-lim", mels=128, hop_samples=256, projections=60),
}
LICENCE = "none stated by the authors of MDSGen; AudioLDM's parts CC BY-NC-SA 4.0; CAVP MIT"


def import_mdsgen(
    path: Path, name: str, files: Mapping[str, Path], *, dit: DitSpec = OFFICIAL_DIT, overwrite: bool = False
) -> Bundle:
    """Writes the bundle `name` into the user's data folder; `files` are published cavp, vae and vocoder, where given.

    A part that is not given is taken from what was pulled, or else looked for there each time the model is used.
    """
    folder = target(name, overwrite)
    state = published.translate(path, convert.mdsgen_official)
    require_fit(str(path), state, dit)
    return _write(
        folder, dit, {"dit": state}, specs=OFFICIAL_SPECS, files=files, name=name, licence=LICENCE,
        commercial_use=False, training_data="VGGSound (MDSGen, CAVP); AudioSet and others (AudioLDM)",
        card=f"# {name}\n\nMDSGen B of its authors, imported by `foley models import`. Not for commercial use.\n",
    )  # fmt: skip


def write_mdsgen(
    folder: Path,
    dit: DitSpec,
    state: Mapping[str, Tensor],
    *,
    specs: Mapping[str, object] = IMAGE_SPECS,
    parts: Mapping[str, Mapping[str, Tensor]] | None = None,
    licence: str,
    commercial_use: bool,
    training_data: str,
) -> Bundle:
    """A transformer that you trained as a model for -m; `state` is that of MDSGen(dit).

    The other parts are `parts`, weights by name, and the published ones that `specs` name: `foley models pull cavp` and
    `sd-vae` fetch those.
    """
    require_fit(str(folder), state, dit)
    card = f"# {folder.name}\n\nMDSGen, {dit.depth} layers of {dit.width}, trained on: {training_data}\n"
    return _write(
        folder, dit, {"dit": state, **(parts or {})}, specs=specs, files={}, name=folder.name, licence=licence,
        commercial_use=commercial_use, training_data=training_data, card=card,
    )  # fmt: skip


def _write(
    folder: Path,
    dit: DitSpec,
    given: Mapping[str, Mapping[str, Tensor]],
    specs: Mapping[str, object],
    files: Mapping[str, Path],
    *,
    name: str,
    licence: str,
    commercial_use: bool,
    training_data: str,
    card: str,
) -> Bundle:
    from foleycli.networks.mdsgen.dit import without_interpolator

    small, kept = without_interpolator(dit, given["dit"])
    parts = {**given, "dit": kept}
    for part, source in published_sources(specs).items():
        if path := files.get(part) or published.find_published(source):
            parts[part] = published.converted(path, source)
    return write_bundle(
        folder, parts, name=name, kind=FAMILY.kind, specs={"dit": small, **specs}, licence=licence,
        commercial_use=commercial_use, training_data=training_data, card=card,
    )  # fmt: skip


def published_sources(specs: Mapping[str, object]) -> dict[str, str]:
    """Part of a bundle with these specs -> the entry of the catalogue that others published it as."""
    vae, vocoder = specs["vae"], specs["vocoder"]
    assert isinstance(vae, KlVaeSpec | VaeSpec)
    assert isinstance(vocoder, VocoderSpec)
    return published_parts(vae, vocoder, spotter="spotter" in specs)


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


def require_fit(where: str, state: Mapping[str, Tensor], spec: DitSpec) -> None:
    """Raises ModelError unless the converted state has every key and shape of that model, and no other."""
    import torch

    from foleycli.networks.mdsgen.dit import MDSGen

    with torch.device("meta"):
        model: nn.Module = MDSGen(spec)
    wanted = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in state.items()}
    if wrong := sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)):
        first = wrong[0]
        shapes = f"{first} is {found.get(first, 'missing')}, should be {wanted.get(first, 'absent')}"
        raise ModelError(f"{where}: weights of another model ({shapes}); they must be those of {_described(spec)}")


def _described(spec: DitSpec) -> str:
    authors = "MDSGen B of its authors" if spec == OFFICIAL_DIT else "MDSGen as its DitSpec says"
    return f"{authors}, {spec.depth} layers of {spec.width}"
