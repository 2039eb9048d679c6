"""Where the recipes keep what they make: one folder; each step reads the results of the one before."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foleycli.bundles.format import spec_from_plain
from foleycli.errors import InputError
from foleycli.networks.codecs.vae import MelVae
from foleycli.specs import VaeSpec
from foleycli.training.distributed import current
from foleycli.training.loop import Report, RunConfig


@dataclass(frozen=True)
class Workspace:
    """Where a recipe reads and writes, and how far it goes: `seconds` is a wall-time budget."""

    folder: Path
    sounds: Path | None = None  # a folder with manifest.csv, as docs/training.md describes it
    steps: int | None = None
    seconds: float | None = None
    device: str = "cpu"
    precision: str = "fp32"
    resume: bool = True
    progress: Callable[[Report], None] | None = None
    count: Callable[[int, int], None] = lambda done, total: None
    note: Callable[[str], None] = lambda text: None
    ablation: str = ""
    tagger: Path | None = None  # a .tflite file that selects the palette, in place of a classifier of our own
    workers: int = 0  # processes that make rehearsals while the performer trains, or cut videos
    by_time: bool = False  # the learning rate follows `seconds`
    videos: Path | None = None  # a folder or a CSV of videos with sound
    size: str = "t"
    vae: str = "pocket"

    def weights(self, part: str) -> Path:
        """The file with the weights of a part."""
        return self.folder / "weights" / f"{part}.pt"

    @property
    def sampler_path(self) -> Path:
        """How an ablation is to be sampled."""
        return self.folder / "weights" / "sampler.json"

    def aside(self, name: str) -> Workspace:
        """A workspace within this one that takes the parts that are trained already: its own replace them."""
        own = replace(self, folder=self.folder / "ablations" / name)
        own.weights("dit").parent.mkdir(parents=True, exist_ok=True)
        for part in {path.stem for path in self.weights("*").parent.glob("*.pt")} - {"dit", "cues"}:
            for path in (self.weights(part), self.weights(part).with_suffix(".json")):
                link = own.weights(part).with_suffix(path.suffix)
                if not link.exists():
                    link.symlink_to(path.resolve())
        return own

    def save(self, part: str, state: dict[str, Tensor], spec: Any) -> None:
        """Weights of a part, with the spec that they fit beside them; written by rank 0."""
        if not current().writes:
            return
        path = self.weights(part)
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save({name: value.detach().cpu().contiguous().clone() for name, value in state.items()}, path)
        path.with_suffix(".json").write_text(json.dumps(asdict(spec), indent=1) + "\n")

    def run(self, part: str, defaults: RunConfig) -> RunConfig:
        """The recipe's own settings with those of this call put in."""
        return replace(
            defaults,
            out_dir=self.folder / "runs" / part,
            steps=self.steps or defaults.steps,
            seconds=self.seconds,
            by_time=self.by_time and self.seconds is not None,
            device=self.device,
            precision="bf16" if self.precision == "bf16" else "fp32",
        )


def trained_vae(work: Workspace) -> MelVae:
    """The VAE that `foley train vae` left."""
    path = work.weights("vae")
    if not path.exists():
        raise InputError(f"{path}: not there; train it first with 'foley train vae'")
    model = MelVae(spec_from_plain(VaeSpec, json.loads(path.with_suffix(".json").read_text()), str(path)))
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval().requires_grad_(False)
