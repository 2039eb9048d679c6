"""SpecVQGAN's codec from its authors' archive, with MelGAN from their repository, as a bundle in the user's folder.

2021-05-19T22-16-54_vggsound_codebook.tar.gz  (by its md5) -> checkpoints/epoch_39.ckpt -> part "vqgan"
vocoder/logs/vggsound/best_netG.pt                                                      -> part "vocoder"
"""

from __future__ import annotations

import hashlib
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.bundles import published, store
from foleycli.bundles.format import MANIFEST, Bundle, write_bundle
from foleycli.errors import ModelError, UsageError
from foleycli.specs.visual_echoes import SPECVQGAN, MelganSpec, VqganSpec

if TYPE_CHECKING:
    from torch import Tensor

NAME = "specvqgan"  # of the imported bundle, and its kind
ARCHIVE_MD5 = "7ea229427297b5d220fb1c80db32dbc5"  # as the authors state it
MEMBER = "checkpoints/epoch_39.ckpt"
LICENCE = "MIT"
PARTS = ("encoder.", "decoder.", "quantize.", "quant_conv.", "post_quant_conv.")
_BLOCK = 1 << 20


def import_specvqgan(
    archive: Path,
    vocoder: Path | None,
    *,
    overwrite: bool = False,
    spec: VqganSpec = SPECVQGAN,
    melgan: MelganSpec | None = None,
) -> Bundle:
    """Writes the bundle that models with SpecVQGAN's sound tokens look for; raises ModelError, UsageError."""
    if vocoder is None:
        raise UsageError("SpecVQGAN needs its vocoder too: --vocoder best_netG.pt, which lies in its repository")
    folder = store.imported(NAME)
    if (folder / MANIFEST).is_file() and not overwrite:
        raise UsageError(f"{NAME} is imported already; add --overwrite to replace it")
    _require_md5(archive)
    sounds = melgan or MelganSpec()
    parts = {"vqgan": _codec(archive), "vocoder": published.translate(vocoder, _vocoder)}
    _require_shapes(archive, vocoder, parts, spec=spec, melgan=sounds)
    return write_bundle(
        folder, parts, name=NAME, kind=NAME, specs={"vqgan": spec, "vocoder": sounds}, licence=LICENCE,
        commercial_use=True, training_data="VGGSound",
        card=f"# {NAME}\n\nSpecVQGAN's codec and MelGAN of its authors, imported by `foley models import`. MIT.\n",
    )  # fmt: skip


def vqgan_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published VQGAN's state dict without what only its training needs (loss, discriminator)."""
    kept = {key: value for key, value in state.items() if key.startswith(PARTS)}
    if "quantize.embedding.weight" not in kept:
        raise KeyError("quantize.embedding.weight")
    return kept


def _vocoder(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    from foleycli.networks.visual_echoes.melgan import fold_weight_norm

    if "model.1.weight_v" not in state:
        raise KeyError("model.1.weight_v")
    return fold_weight_norm(state)


def _require_md5(archive: Path) -> None:
    try:
        with archive.open("rb") as stream:
            found = hashlib.file_digest(stream, "md5").hexdigest()
    except OSError as error:
        raise ModelError(f"{archive}: can't be read ({error.strerror}); name the authors' archive") from error
    if found != ARCHIVE_MD5:
        raise ModelError(f"{archive}: md5 {found}, should be {ARCHIVE_MD5}; get it from its authors again")


def _codec(archive: Path) -> dict[str, Tensor]:
    """The checkpoint inside the archive, read as data and never run."""
    with tempfile.TemporaryDirectory(prefix="foley-import-") as folder:
        try:
            with tarfile.open(archive) as packed:
                name = next((one for one in packed.getnames() if one.endswith(MEMBER)), None)
                stream = packed.extractfile(name) if name else None
                if stream is None:
                    raise ModelError(f"{archive}: no {MEMBER} in it; get the authors' archive again")
                copy = Path(folder) / Path(MEMBER).name
                with copy.open("wb") as target:
                    while block := stream.read(_BLOCK):
                        target.write(block)
        except tarfile.TarError as error:
            raise ModelError(f"{archive}: not a tar archive ({error}); get the authors' archive again") from error
        try:
            return published.translate(copy, vqgan_state)
        except ModelError as error:
            raise ModelError(str(error).replace(str(copy), f"{archive}: {MEMBER}")) from error


def _require_shapes(
    archive: Path, vocoder: Path, parts: Mapping[str, Mapping[str, Tensor]], spec: VqganSpec, melgan: MelganSpec
) -> None:
    import torch

    from foleycli.networks.visual_echoes.melgan import Melgan
    from foleycli.networks.visual_echoes.vqgan import Vqgan

    with torch.device("meta"):
        networks = {"vqgan": (archive, Vqgan(spec)), "vocoder": (vocoder, Melgan(melgan))}
    for part, (path, network) in networks.items():
        wanted = {key: tuple(value.shape) for key, value in network.state_dict().items()}
        found = {key: tuple(value.shape) for key, value in parts[part].items()}
        if wrong := sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key)):
            shapes = f"{wrong[0]} is {found.get(wrong[0], 'missing')}, should be {wanted.get(wrong[0], 'absent')}"
            raise ModelError(f"{path}: weights of another model ({shapes}); see docs/visual-echoes.md")
