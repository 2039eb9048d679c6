"""Training in several processes: which process has which rows of a batch, and what is averaged over all of them.

A step's batch and every random number of it belong to (seed, step): all ranks draw the same, and each keeps its own
rows. So n ranks see what one process with the same whole batch sees, and a run may go on with another number of ranks.

    whole batch of a step   | rank 0 | rank 1 | ... |     loss = mean over ranks of the mean over rows
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from foleycli.errors import UsageError

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class World:
    """This process among those that train together: 0 <= rank < size."""

    rank: int = 0
    size: int = 1

    @property
    def writes(self) -> bool:
        """Whether this is the one process that writes files and reports."""
        return self.rank == 0


def current() -> World:
    """The world that this process has joined; alone otherwise."""
    joined = dist.is_available() and dist.is_initialized()
    return World(dist.get_rank(), dist.get_world_size()) if joined else World()


@contextmanager
def joined(device: str) -> Iterator[str]:
    """Joins the processes that torchrun or `accelerate launch` started; gives the device of this one.

    Both set environment variables (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT). Without them
    the process is alone. Gradients go over NCCL between cards, over gloo otherwise.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    if device == "cuda":
        device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}"
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield device
    finally:
        dist.destroy_process_group()


def rows_of(size: int, draw: Callable[[int], Tensor]) -> Tensor:
    """`draw(n)` for the n rows of all ranks together, of which this one keeps its own `size`."""
    return draw(size * current().size)[own_rows(size)]


def own_rows(size: int) -> slice:
    """Which rows of a whole batch are this rank's, `size` to each."""
    rank = current().rank
    return slice(rank * size, (rank + 1) * size)


def own_part(batch: Batch, batch_size: int) -> Batch:
    """This rank's rows of a whole batch: of every tensor in it with `batch_size` rows, in tuples and dataclasses too.

    Raises UsageError if the rows cannot be shared evenly.
    """
    world = current()
    if batch_size % world.size:
        raise UsageError(f"{batch_size} rows don't go into {world.size} processes evenly; start a divisor of it")
    return batch if world.size == 1 else _sliced(batch, own_rows(batch_size // world.size), batch_size)


def _sliced(batch: Any, rows: slice, batch_size: int) -> Any:
    if isinstance(batch, Tensor):
        return batch[rows] if batch.ndim and len(batch) == batch_size else batch
    if isinstance(batch, tuple):
        return tuple(_sliced(one, rows, batch_size) for one in batch)
    if is_dataclass(batch) and not isinstance(batch, type):
        return type(batch)(*(_sliced(getattr(batch, field.name), rows, batch_size) for field in fields(batch)))
    return batch


@torch.no_grad()
def average_gradients(model: nn.Module) -> None:
    """The mean over all ranks in the place of each rank's gradient, in one exchange."""
    world = current()
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    if world.size == 1 or not gradients:
        return
    together = torch.cat([one.flatten() for one in gradients])
    dist.all_reduce(together)
    together /= world.size
    parts = torch.split(together, [one.numel() for one in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


@torch.no_grad()
def averaged(losses: Mapping[str, Tensor]) -> dict[str, float]:
    """The mean over all ranks of each named loss."""
    world = current()
    values = torch.stack([value.detach().float() for value in losses.values()])
    if world.size > 1:
        dist.all_reduce(values)
        values /= world.size
    return dict(zip(losses, values.tolist(), strict=True))


def agreed(value: float, device: str) -> float:
    """The value of rank 0, on all ranks: their clocks and files may differ."""
    if current().size == 1:
        return value
    said = torch.tensor([value], dtype=torch.float64, device=device)
    dist.broadcast(said, 0)
    return float(said)
