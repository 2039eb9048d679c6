"""Trains the performer: MDSGen and its cue encoder, on latents of rehearsals. It needs no video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor

from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.sampling.schedule import Schedule
from foleycli.specs import CueSpec, DitSpec, SamplerSpec
from foleycli.training.loop import Report, RunConfig, fit
from foleycli.training.mdsgen.features import LatentSet
from foleycli.training.mdsgen.growing import GrowingLatents
from foleycli.training.mdsgen.loss import CuedMDSGen, DenoisingLoss

TAKE_EVERY_STEPS = 150  # how often rehearsals made meanwhile are taken in


@dataclass(frozen=True)
class PerformerRecipe:
    """Everything of a run: an ablation of the paper differs from another in a field or two.

    `masked_every` 4 adds the masked loss in every fourth step: a CPU can't afford the paper's 1.
    """

    dit: DitSpec
    cues: CueSpec
    sampler: SamplerSpec = field(default_factory=SamplerSpec)
    batch_size: int = 16
    steps: int = 4000
    learning_rate: float = 1e-3
    ema_decay: float = 0.998
    masked_every: int = 4
    condition_dropout: float = 0.1
    seed: int = 0

    def run_config(
        self, out_dir: Path, seconds: float | None, device: str, precision: str, by_time: bool = False
    ) -> RunConfig:
        """Adan as in the paper; its peak rate is twice the paper's because the run is a hundred times shorter."""
        return RunConfig(
            out_dir,
            self.steps,
            learning_rate=self.learning_rate,
            warmup_steps=min(200, self.steps // 10),
            optimizer="adan",
            ema_decay=self.ema_decay,
            precision="bf16" if precision == "bf16" else "fp32",
            seconds=seconds,
            device=device,
            by_time=by_time,
        )

    def ablated(self, **fields: object) -> PerformerRecipe:
        """The same run with fields of its DitSpec replaced: mask="sam", reducer="average", aligned=False, ..."""
        return replace(self, dit=replace(self.dit, **fields))  # type: ignore[arg-type]


def train_performer(
    recipe: PerformerRecipe,
    latents: LatentSet | GrowingLatents,
    out_dir: Path,
    *,
    seconds: float | None = None,
    device: str = "cpu",
    precision: str = "fp32",
    by_time: bool = False,
    resume: bool = True,
    start: dict[str, Tensor] | None = None,
    progress: Callable[[Report], None] | None = None,
) -> dict[str, dict[str, Tensor]]:
    """EMA weights of the parts "dit" and "cues"; goes on from `out_dir/checkpoint.pt` when `resume`.

    `start`: weights of an earlier run ("dit.*", "cues.*") to begin with; those that are missing start fresh.
    """
    torch.manual_seed(recipe.seed)
    model = CuedMDSGen(MDSGen(recipe.dit), CueEncoder(recipe.cues)).to(device)
    model.load_state_dict(start or {}, strict=False)
    loss = DenoisingLoss(
        Schedule.linear(recipe.sampler),
        recipe.sampler.prediction,
        recipe.condition_dropout,
        masked_every=recipe.masked_every,
    )

    def batch_at(step: int) -> tuple[Tensor, Tensor, int]:
        if isinstance(latents, GrowingLatents) and step % TAKE_EVERY_STEPS == 0:
            latents.take()
        latent, curves = latents.batch(step, recipe.batch_size, recipe.seed)
        return latent.to(device), curves.to(device), step

    config = recipe.run_config(out_dir, seconds, device, precision, by_time)
    ema = fit(model, batch_at, loss, config=config, batch_size=recipe.batch_size, progress=progress, resume=resume)
    return {
        part: {k[len(part) + 1 :]: v for k, v in ema.items() if k.startswith(part + ".")} for part in ("dit", "cues")
    }
