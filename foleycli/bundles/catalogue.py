"""The models that foley knows by name: what each is, under which licence, how large, and where it comes from."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal

from foleycli.errors import ModelError
from foleycli.specs import Size

Source = Literal["built-in", "hub", "import", "train"]


@dataclass(frozen=True)
class Entry:
    """One line of the catalogue. `size_bytes` is what is downloaded, None where that is not known."""

    name: str
    title: str
    source: Source
    licence: str
    commercial_use: bool
    size_bytes: int | None = None
    repository: str = ""
    revision: str = ""
    files: tuple[str, ...] = ()
    sha256: str = ""  # of its weights
    paper_parameters: str = ""
    architecture: Size | None = None

    @property
    def usable(self) -> bool:
        """Whether `dub -m` can take it by this name as it is: the others are parts, or architectures to train."""
        return self.source == "built-in"


_OURS = "Apache-2.0"
_AUDIOLDM = "CC BY-NC-SA 4.0"
_AUDIOLDM_REVISION = "feeb3d14203495a4b6ac0893cbdedb2159b4819c"

CATALOGUE: tuple[Entry, ...] = (
    Entry("pocket", "spot, then perform: runs on a laptop, offline", "built-in", licence=_OURS, commercial_use=True),
    Entry(
        "echo",
        "a sound for a picture, a picture for a sound ('foley imagine')",
        "built-in",
        licence=_OURS,
        commercial_use=True,
    ),
    Entry(
        "mdsgen-t",
        "MDSGen T, to train",
        "train",
        licence=_OURS,
        commercial_use=True,
        paper_parameters="5 M",
        architecture="T",
    ),
    Entry(
        "mdsgen-s",
        "MDSGen S, to train",
        "train",
        licence=_OURS,
        commercial_use=True,
        paper_parameters="33 M",
        architecture="S",
    ),
    Entry(
        "mdsgen-b",
        "MDSGen B, to train",
        "train",
        licence=_OURS,
        commercial_use=True,
        paper_parameters="131 M",
        architecture="B",
    ),
    Entry(
        "mdsgen-l",
        "MDSGen L, to train",
        "train",
        licence=_OURS,
        commercial_use=True,
        paper_parameters="461 M",
        architecture="L",
    ),
    Entry(
        "mdsgen-b-audioldm",
        "the MDSGen authors' own checkpoint, imported from your disk",
        "import",
        licence="none stated",
        commercial_use=False,
        paper_parameters="131 M",
        architecture="B",
    ),
    Entry(
        "cavp",
        "Diff-Foley's video encoder, part of the official MDSGen path",
        "hub",
        licence="MIT",
        commercial_use=True,
        size_bytes=1_361_483_035,
        repository="SimianLuo/Diff-Foley",
        revision="b17ddbe76e6d42f4b4135eeb443b1c1644267e3e",
        files=("diff_foley_ckpt/cavp_epoch66.ckpt",),
        sha256="3472c2217a9481f530a96e32611c9e4611766f10b7f0d185a1ce35be7b7f9c80",
    ),
    Entry(
        "mage-vqgan",
        "MAGE's image tokenizer, for models of pictures and sounds",
        "hub",
        licence="MIT",
        commercial_use=True,
        size_bytes=218_130_007,
        repository="zideliu/vqgan",
        revision="de74b2f6f43373e79d33123c49a15442e0bacfdb",
        files=("vqgan_jax_strongaug.ckpt",),
        sha256="bac193bccc890db48c498e36ac5a6f2b0e067d3eb360669bd4c2250bf1ae4c6d",
    ),
    Entry(
        "sd-vae",
        "Stable Diffusion's VAE, for mels as pictures",
        "hub",
        licence="MIT",
        commercial_use=True,
        size_bytes=334_643_823,
        repository="stabilityai/sd-vae-ft-mse",
        revision="31f26fdeee1355a5c34592e401dd41e45d25a493",
        files=("config.json", "diffusion_pytorch_model.safetensors"),
        sha256="a1d993488569e928462932c8c38a0760b874d166399b14414135bd9c42df5815",
    ),
    Entry(
        "audioldm-vae",
        "AudioLDM's VAE, part of the official MDSGen path",
        "hub",
        licence=_AUDIOLDM,
        commercial_use=False,
        size_bytes=None,
        repository="cvssp/audioldm-s-full-v2",
        revision=_AUDIOLDM_REVISION,
        files=("vae/config.json", "vae/diffusion_pytorch_model.safetensors"),
        sha256="42f64f7565b23eabde68c9694e39f18b8bba5f7a14f477e7ed4b51e0ea7de8a5",
    ),
    Entry(
        "audioldm-hifigan",
        "AudioLDM's vocoder, part of the official MDSGen path",
        "hub",
        licence=_AUDIOLDM,
        commercial_use=False,
        size_bytes=None,
        repository="cvssp/audioldm-s-full-v2",
        revision=_AUDIOLDM_REVISION,
        files=("vocoder/config.json", "vocoder/model.safetensors"),
        sha256="d9dc6513c30a5b86c2497712690c04fe74b4aa79fdab6d490b34fcb4e24c590c",
    ),
)


def find(name: str) -> Entry:
    """The entry called `name`, or ModelError with the nearest names."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    names = [entry.name for entry in CATALOGUE]
    near = ", ".join(difflib.get_close_matches(name, names, n=2, cutoff=0.4)) or "pocket"
    raise ModelError(f"no model called {name!r}; nearest: {near} ('foley models list' names all)")
