"""The authors' path end to end with random weights of the right shapes: what it costs, not how it sounds.

    python benchmarks/official.py                 MDSGen B, CAVP, AudioLDM's VAE and HiFi-GAN at full size, one window
    python benchmarks/official.py --small         a transformer of 4 layers and thin codecs, as the tests use them

Prints a line per stage: seconds of the wall, and the most memory that the process has held by then.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import torch
from torch import nn

from foleycli.bundles.bundle import Bundle, write_bundle
from foleycli.bundles.importing import OFFICIAL_DIT, OFFICIAL_SPECS
from foleycli.bundles.load import MDSGEN, load_bundle
from foleycli.drawing import draw_latents
from foleycli.media.encode import write_video
from foleycli.media.probe import probe
from foleycli.models.cavp import CavpVideoEncoder
from foleycli.models.dit import MDSGen
from foleycli.models.hifigan import HifiGan
from foleycli.official import KlDecoder, OfficialMdsgen
from foleycli.pipeline import FoleyPipeline, pick_device
from foleycli.scenes.catalogue import render
from foleycli.specs import DitSpec, KlVaeSpec, VocoderSpec


@dataclass(frozen=True)
class Size:
    """The parts of an official bundle."""

    dit: DitSpec
    vae: KlVaeSpec
    vocoder: VocoderSpec


_VAE, _VOCODER = OFFICIAL_SPECS["vae"], OFFICIAL_SPECS["vocoder"]
assert isinstance(_VAE, KlVaeSpec)
assert isinstance(_VOCODER, VocoderSpec)
FULL = Size(replace(OFFICIAL_DIT, mask="none"), _VAE, _VOCODER)
SMALL = Size(
    replace(FULL.dit, depth=4, width=96, heads=3, decoder_depth=2),
    replace(_VAE, widths=(32, 32, 32), blocks=1),
    replace(_VOCODER, width=64),
)


def networks(size: Size) -> dict[str, nn.Module]:
    """Every part with random weights from a fixed seed, the layers that start at zero too."""
    torch.manual_seed(0)
    dit = MDSGen(size.dit)
    for parameter in dit.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    return {"dit": dit, "cavp": CavpVideoEncoder(), "vae": KlDecoder(size.vae), "vocoder": HifiGan(size.vocoder)}


def write_random(folder: Path, size: Size, *, without: tuple[str, ...] = ()) -> Bundle:
    """An official bundle of random weights."""
    parts = {part: network.state_dict() for part, network in networks(size).items() if part not in without}
    specs = {**OFFICIAL_SPECS, "dit": size.dit, "vae": size.vae, "vocoder": size.vocoder}
    return write_bundle(
        folder, parts, name="random", kind=MDSGEN, specs=specs, licence="Apache-2.0", commercial_use=True,
        training_data="none: random weights", card="# random\n",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        write_random(Path(place) / "model", SMALL if options.small else FULL)
        clip = Path(place) / "clip.mp4"
        write_video(clip, render("stick", 3, seconds=8.2, size=(240, 320), clean=True).frames, Fraction(25))
        measure(Path(place) / "model", clip, options.steps, options.device)


@torch.inference_mode()
def measure(model: Path, clip: Path, steps: int, device: str) -> None:
    """Stage by stage, then the whole pipeline."""
    bundle, info, place = load_bundle(model), probe(clip), pick_device(device)
    performer = OfficialMdsgen(bundle, place, "auto")
    _ = bundle.cavp, bundle.dit, bundle.vocoder, performer.decoder  # read before the clock runs
    sampler = performer.sampler(steps, None)
    clock = Clock(place)
    features = performer.look(info, Fraction(0))
    clock.say(f"CAVP, {features.shape[1]} pictures")
    latent = draw_latents(bundle.dit.to(place), features, [(0, Fraction(0))], sampler, performer.dtype)
    clock.say(f"MDSGen, {steps} guided steps")
    mel = performer.decoder(latent)
    clock.say("VAE")
    bundle.vocoder(mel)
    clock.say("HiFi-GAN")
    track = FoleyPipeline(bundle, device).generate(clip, steps=steps)
    clock.say(f"pipeline, {len(track.samples) / track.sample_rate:.2f} s of sound in {len(track.windows)} windows")


class Clock:
    """Says what each stage took."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.last = time.perf_counter()

    def say(self, stage: str) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        now, peak = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{stage:45s} {now - self.last:8.2f} s   {peak:7.0f} MiB at most so far")
        self.last = time.perf_counter()


if __name__ == "__main__":
    main()
