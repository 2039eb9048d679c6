"""A training run of a small performer in this process: `python -m tests.training.ranks FOLDER STEPS [DIE_AT]`.

RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT say who it is. At step DIE_AT it kills itself as the system would.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import torch
from torch import Tensor

from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.sampling.schedule import Schedule
from foleycli.specs import CueSpec, DitSpec, SamplerSpec
from foleycli.training.distributed import current, joined
from foleycli.training.loop import RunConfig, fit
from foleycli.training.mdsgen.loss import CuedMDSGen, DenoisingLoss

BATCH = 4


def batch_at(step: int) -> tuple[Tensor, Tensor, int]:
    generator = torch.Generator().manual_seed(step)
    return torch.randn(BATCH, 8, 16, 64, generator=generator), torch.rand(BATCH, 256, 7, generator=generator), step


def run(folder: Path, steps: int, die_at: int | None = None) -> dict[str, Tensor]:
    """The EMA weights after so many steps, saved as `ema.pt` by rank 0."""

    def batch(step: int) -> tuple[Tensor, Tensor, int]:
        if step == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return batch_at(step)

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = CuedMDSGen(
        MDSGen(DitSpec(depth=2, width=48, decoder_depth=1)), CueEncoder(CueSpec(("a", "b"), embedding=8))
    )
    loss = DenoisingLoss(Schedule.linear(SamplerSpec()), "v", masked_every=2)
    config = RunConfig(folder, steps, optimizer="adan", warmup_steps=2, log_every_steps=1, save_every_seconds=0.0)
    ema = fit(model, batch, loss, config, batch_size=BATCH)
    if current().writes:
        torch.save(ema, folder / "ema.pt")
    return ema


if __name__ == "__main__":
    with joined("cpu"):
        run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else None)
