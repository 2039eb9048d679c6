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
    sha256: str = ""  # of the one file, where its publisher names it
    paper_parameters: str = ""
    architecture: Size | None = None

    @property
    def usable(self) -> bool:
        """Whether `dub -m` can take it by this name as it is: the others are parts, or architectures to train."""
        return self.source == "built-in"


_OURS = "Apache-2.0"
_AUDIOLDM = "CC BY-NC-SA 4.0"

CATALOGUE: tuple[Entry, ...] = (
    Entry("pocket", "spot, then perform: runs on a laptop, offline", "built-in", _OURS, True),
    Entry("mdsgen-t", "MDSGen T, to train", "train", _OURS, True, paper_parameters="5 M", architecture="T"),
    Entry("mdsgen-s", "MDSGen S, to train", "train", _OURS, True, paper_parameters="33 M", architecture="S"),
    Entry("mdsgen-b", "MDSGen B, to train", "train", _OURS, True, paper_parameters="131 M", architecture="B"),
    Entry("mdsgen-l", "MDSGen L, to train", "train", _OURS, True, paper_parameters="461 M", architecture="L"),
    Entry(
        "mdsgen-b-audioldm", "the MDSGen authors' own checkpoint, imported from your disk", "import",
        "none stated", False, paper_parameters="131 M", architecture="B",
    ),
    Entry(
        "cavp", "Diff-Foley's video encoder, part of the official MDSGen path", "hub", "MIT", True, 1_361_483_035,
        "SimianLuo/Diff-Foley", "b17ddbe76e6d42f4b4135eeb443b1c1644267e3e", ("diff_foley_ckpt/cavp_epoch66.ckpt",),
        "3472c2217a9481f530a96e32611c9e4611766f10b7f0d185a1ce35be7b7f9c80",
    ),
    Entry(
        "sd-vae", "Stable Diffusion's VAE, for mels as images", "hub", "MIT", True,
        repository="stabilityai/sd-vae-ft-mse", files=("config.json", "diffusion_pytorch_model.*"),
    ),
    Entry(
        "audioldm-vae", "AudioLDM's VAE, part of the official MDSGen path", "hub", _AUDIOLDM, False,
        repository="cvssp/audioldm-s-full-v2", files=("vae/*",),
    ),
    Entry(
        "audioldm-hifigan", "AudioLDM's vocoder, part of the official MDSGen path", "hub", _AUDIOLDM, False,
        repository="cvssp/audioldm-s-full-v2", files=("vocoder/*",),
    ),
)  # fmt: skip


def find(name: str) -> Entry:
    """The entry called `name`, or ModelError with the nearest names."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    names = [entry.name for entry in CATALOGUE]
    near = ", ".join(difflib.get_close_matches(name, names, n=2, cutoff=0.4)) or "pocket"
    raise ModelError(f"no model called {name!r}; nearest: {near} ('foley models list' names all)")
