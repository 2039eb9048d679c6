"""A whole model of the built-in kind, tiny and untrained: every part real, nothing learned."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import torch
from torch import nn

from foleycli.bundles.format import Bundle, read_bundle, write_bundle
from foleycli.cues.classes import SOUND_CLASSES
from foleycli.models.spot_perform import FAMILY
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.codecs.vocoder import IstftVocoder
from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.networks.vision.spotter import Spotter
from foleycli.specs import CueSpec, DitSpec, MelSpec, SamplerSpec, SpotterSpec, VaeSpec, VocoderSpec

SPECS = {
    "mel": MelSpec.FULL_BAND,
    "sampler": SamplerSpec(steps=2),
    # A threshold that an untrained spotter reaches somewhere, so that there is something to perform.
    "spotter": SpotterSpec(stem_width=8, width=16, dilations=(1, 2), classes=SOUND_CLASSES, threshold=0.02),
    "cues": CueSpec(classes=SOUND_CLASSES, embedding=8),
    "dit": DitSpec(depth=2, width=48, heads=3, decoder_depth=1),
    "vae": VaeSpec(
        widths=(16, 16, 32), mel_std=0.5, grain=(0.3, 0.2)
    ),  # near silence whatever comes out: nothing overflows
    "vocoder": VocoderSpec(width=32, blocks=4, subframe_blocks=1, projections=1, corrections=1),
}


def networks() -> dict[str, nn.Module]:
    """The parts, freshly initialised from a fixed seed."""
    torch.manual_seed(0)
    return {
        "spotter": Spotter(SPECS["spotter"]),
        "cues": CueEncoder(SPECS["cues"]),
        "dit": MDSGen(SPECS["dit"]),
        "vae": MelVae(SPECS["vae"]),
        "vocoder": IstftVocoder(SPECS["vocoder"]),
    }


def made_once(write: Callable[[Path], Bundle]) -> Callable[[Path], Bundle]:
    """Keeps the files of the first bundle that a process writes; what is written after that is a copy of them."""
    files: dict[Path, bytes] = {}

    @wraps(write)
    def written(folder: Path) -> Bundle:
        if not files:
            bundle = write(folder)
            files.update((one.relative_to(folder), one.read_bytes()) for one in folder.rglob("*") if one.is_file())
            return bundle
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return read_bundle(folder)

    return written


@made_once
def write_tiny(folder: Path) -> Bundle:
    return write_bundle(
        folder,
        {part: network.state_dict() for part, network in networks().items()},
        name="tiny",
        kind=FAMILY.kind,
        specs=SPECS,
        licence="Apache-2.0",
        commercial_use=True,
        training_data="none: random weights",
        card="# tiny\nRandom weights, for tests.\n",
    )
