"""The paper's path end to end with random weights of the right shapes: what it costs, not how it sounds.

    python benchmarks/official.py                 MDSGen B, CAVP, AudioLDM's VAE and HiFi-GAN at full size, one window
    python benchmarks/official.py --image T       MDSGen T, S, B or L with Stable Diffusion's VAE and Griffin-Lim
    python benchmarks/official.py --small         a transformer of 4 layers and thin codecs, as the tests use them

Prints a line per stage: seconds of the wall and of the CPU (all threads), and the most memory that the process has held
by then. On a machine that does other things too only the CPU's mean something.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import torch
from torch import nn

from foleycli.bundles.format import Bundle, write_bundle
from foleycli.models.loaded import load_bundle
from foleycli.models.mdsgen import FAMILY
from foleycli.models.mdsgen.importing import IMAGE_SPECS, OFFICIAL_DIT, OFFICIAL_SPECS
from foleycli.models.mdsgen.model import OfficialMdsgen
from foleycli.networks.codecs.hifigan import HifiGan
from foleycli.networks.codecs.kl_vae import KlDecoder
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.networks.vision.cavp import CavpVideoEncoder
from foleycli.pipeline.foley_pipeline import FoleyPipeline, pick_device
from foleycli.sampling.latents import Place, draw_latents
from foleycli.sampling.runtime import Runtime
from foleycli.scenes.catalogue import render
from foleycli.specs import DitSpec, KlVaeSpec, Size, VocoderSpec
from foleycli.specs.settings import Generation
from foleycli.video.encode import write_video
from foleycli.video.probe import probe


@dataclass(frozen=True)
class Parts:
    """The transformer of an mdsgen bundle, and the specs of its other parts."""

    dit: DitSpec
    specs: Mapping[str, object]

    @property
    def vae(self) -> KlVaeSpec:
        vae = self.specs["vae"]
        assert isinstance(vae, KlVaeSpec)
        return vae

    @property
    def vocoder(self) -> VocoderSpec:
        vocoder = self.specs["vocoder"]
        assert isinstance(vocoder, VocoderSpec)
        return vocoder

    @property
    def small(self) -> Parts:
        """The same path, thin enough for a test."""
        dit = replace(self.dit, depth=4, width=96, heads=3, decoder_depth=2)
        vae = replace(self.vae, widths=(32,) * len(self.vae.widths), blocks=1)
        vocoder = replace(self.vocoder, width=64, projections=4)
        return Parts(dit, {**self.specs, "vae": vae, "vocoder": vocoder})


FULL = Parts(replace(OFFICIAL_DIT, mask="none"), OFFICIAL_SPECS)
SMALL = FULL.small


def image(size: Size) -> Parts:
    """The paper's default: Stable Diffusion's VAE and Griffin-Lim."""
    return Parts(replace(DitSpec.sized(size), mask="none"), IMAGE_SPECS)


def networks(size: Parts) -> dict[str, nn.Module]:
    """Every part with random weights from a fixed seed, the layers that start at zero too."""
    torch.manual_seed(0)
    dit = MDSGen(size.dit)
    for parameter in dit.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.02)
    parts = {"dit": dit, "cavp": CavpVideoEncoder(), "vae": KlDecoder(size.vae)}
    return parts | ({"vocoder": HifiGan(size.vocoder)} if size.vocoder.kind == "hifigan" else {})


def write_random(folder: Path, size: Parts, *, without: tuple[str, ...] = ()) -> Bundle:
    """A bundle of random weights."""
    parts = {part: network.state_dict() for part, network in networks(size).items() if part not in without}
    return write_bundle(
        folder, parts, name="random", kind=FAMILY.kind, specs={**size.specs, "dit": size.dit}, licence="Apache-2.0",
        commercial_use=True, training_data="none: random weights", card="# random\n",
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", choices=["T", "S", "B", "L"], help="this size, on the image VAE's latent")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        size = image(options.image) if options.image else FULL
        write_random(Path(place) / "model", size.small if options.small else size)
        clip = Path(place) / "clip.mp4"
        write_video(clip, render("stick", 3, seconds=8.2, size=(240, 320), clean=True).frames, Fraction(25))
        measure(Path(place) / "model", clip, options.steps, options.device)


@torch.inference_mode()
def measure(folder: Path, clip: Path, steps: int, device: str) -> None:
    """Stage by stage, then the whole pipeline."""
    loaded, info, place = load_bundle(folder), probe(clip), pick_device(device)
    model = OfficialMdsgen(loaded, Runtime.of(place, "auto"))
    loaded.build_all()  # read before the clock runs
    sampler = model.sampler(Generation(steps=steps))
    clock = Clock(place)
    features = model.look(info, Fraction(0))
    clock.say(f"CAVP, {features.shape[1]} pictures")
    latent = draw_latents(
        loaded.part("dit", MDSGen).to(place), features, [Place(0, Fraction(0))], sampler, model.runtime
    )
    clock.say(f"MDSGen, {steps} guided steps")
    mel = loaded.part("vae").to(place)(latent)
    clock.say("VAE")
    vocoder = loaded.part("vocoder").to(place)
    vocoder(mel)
    clock.say(type(vocoder).__name__)
    track = FoleyPipeline(loaded, device).generate(clip, Generation(steps=steps))
    clock.say(f"pipeline, {len(track.samples) / track.sample_rate:.2f} s of sound in {len(track.windows)} windows")


class Clock:
    """Says what each stage took."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.last, self.last_cpu = time.perf_counter(), time.process_time()

    def say(self, stage: str) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        now, peak = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        cpu = time.process_time() - self.last_cpu
        print(f"{stage:45s} {now - self.last:8.2f} s {cpu:8.2f} CPU s   {peak:7.0f} MiB at most so far", flush=True)
        self.last, self.last_cpu = time.perf_counter(), time.process_time()


if __name__ == "__main__":
    main()
