"""Training runs of a small performer: `python -m tests.training.ranks RANKS [FOLDER STEPS DIE_AT]...`.

Each run is RANKS forks of this process, which imports torch once; it prints their exit codes as JSON, a line a run. At
step DIE_AT (0: never) a rank kills itself as the system would.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import NoReturn

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


def together(ranks: int, folder: Path, steps: int, die_at: int | None) -> list[int]:
    """Exit codes of so many forks of this process that train together over gloo."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ |= {"WORLD_SIZE": str(ranks), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    children = []
    for rank in range(ranks):
        child = os.fork()
        if child == 0:
            _trained(rank, folder, steps, die_at=die_at)
        children.append(child)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def _trained(rank: int, folder: Path, steps: int, *, die_at: int | None) -> NoReturn:
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}
    code = 1
    try:
        with joined("cpu"):
            run(folder, steps, die_at)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    torch.set_num_threads(1)
    count, asked = int(sys.argv[1]), sys.argv[2:]
    for folder, steps, die_at in zip(asked[::3], asked[1::3], asked[2::3], strict=True):
        print(json.dumps(together(count, Path(folder), int(steps), int(die_at) or None)), flush=True)
