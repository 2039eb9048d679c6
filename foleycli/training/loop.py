"""The one training loop: a batch is a function of the step, so a resumed run sees what an unbroken one would.

for step: batch(step) -> own rows -> loss -> mean gradient of all ranks -> optimizer -> EMA -> (log) -> (checkpoint)
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from foleycli.errors import InputError
from foleycli.training.distributed import agreed, average_gradients, averaged, current, own_part
from foleycli.training.optimizers import Adan, learning_rate

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class RunConfig:
    """How long, how fast, and where to: everything of a run that is not its data, model or loss."""

    out_dir: Path
    steps: int
    learning_rate: float = 1e-3
    warmup_steps: int = 100
    optimizer: Literal["adan", "adamw"] = "adamw"
    weight_decay: float = 0.0
    clip_norm: float = 1.0
    ema_decay: float = 0.999
    precision: Literal["fp32", "bf16"] = "fp32"
    log_every_steps: int = 20
    save_every_seconds: float = 120.0
    device: str = "cpu"
    seconds: float | None = None  # stop after this much wall time, at a checkpoint; the learning rate follows `steps`
    by_time: bool = False  # the learning rate follows `seconds`, of all runs together; `steps` only scales the warm-up


@dataclass(frozen=True)
class Report:
    """One line of progress: `losses` are means since the last report."""

    step: int
    steps: int
    losses: dict[str, float]
    samples_per_second: float
    seconds_left: float

    def line(self) -> str:
        """step 120/4000  loss 0.42 epsilon 0.40  14.1 samples/s  1:02:10 left."""
        losses = " ".join(f"{name} {value:.4g}" for name, value in self.losses.items())
        left = round(self.seconds_left)
        clock = f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d}"
        return f"step {self.step}/{self.steps}  {losses}  {self.samples_per_second:.1f} samples/s  {clock} left"


def fit(
    model: nn.Module,
    batch_at: Callable[[int], Batch],
    loss: Callable[[Any, Batch], dict[str, Tensor]],
    config: RunConfig,
    *,
    batch_size: int,
    progress: Callable[[Report], None] | None = None,
    resume: bool = True,
) -> dict[str, Tensor]:
    """Trains `model` in place and returns the EMA weights; picks up `out_dir/checkpoint.pt` when `resume`.

    `loss(model, batch)` returns named losses; the one called "loss" is minimised. In several processes each gets its
    rows of `batch_at(step)`, which has `batch_size` of them; rank 0 alone writes, and all must see the same `out_dir`.
    """
    writes = current().writes
    config.out_dir.mkdir(parents=True, exist_ok=True)
    checkpoint = config.out_dir / "checkpoint.pt"
    model.to(config.device)
    optimizer = _optimizer(model, config)
    ema = {name: value.detach().clone() for name, value in model.state_dict().items()}
    first, spent = 0, 0.0
    if resume and checkpoint.exists():
        first, spent = _load(checkpoint, model, ema, optimizer=optimizer, device=config.device)
    if agreed(first, config.device) != first:
        raise InputError(f"{checkpoint}: at step {first} here, at another in rank 0; give all ranks the same folder")
    log = _CsvLog(config.out_dir / "log.csv", fresh=first == 0) if writes else None
    clock = _Clock(config, spent)
    meter = _Meter(first, batch_size)
    saved = time.monotonic()
    model.train()
    for step in count(first):
        if clock.finished(step):
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(
                clock.place(step), config.learning_rate, config.warmup_steps, steps=config.steps
            )
        losses = _train_step(model, own_part(batch_at(step), batch_size), loss, optimizer=optimizer, config=config)
        _update_ema(ema, model, min(config.ema_decay, (1 + step) / (10 + step)))
        meter.add(losses)
        now, done = time.monotonic(), step + 1
        clock.tick()
        last = clock.over(done)
        if done % config.log_every_steps == 0 or last:
            report = meter.report(done, clock)
            if log is not None:
                log.write(report)
            if progress is not None and writes:
                progress(report)
        if writes and (now - saved > config.save_every_seconds or last):
            _save(checkpoint, model, ema, optimizer=optimizer, step=done, spent=clock.spent)
            saved = now
        if last:
            break
    return ema


class _Clock:
    """Where a run stands: how long it has gone on, and where on the curve of the learning rate that is."""

    def __init__(self, config: RunConfig, spent: float) -> None:
        self.config, self.started, self.before = config, time.monotonic(), spent
        self.ticked = 0.0
        self.timed = config.seconds if config.by_time else None

    def tick(self) -> None:
        """In several processes all go by the clock of rank 0, read once a step: they must end with the same one."""
        if self.config.seconds is not None:
            self.ticked = agreed(time.monotonic() - self.started, self.config.device)

    @property
    def here(self) -> float:
        """Seconds of this run."""
        return time.monotonic() - self.started if current().size == 1 else self.ticked

    @property
    def spent(self) -> float:
        """Seconds of this run and those that it goes on from."""
        return self.before + self.here

    def place(self, step: int) -> float:
        """In steps out of `config.steps`."""
        return float(step) if self.timed is None else self.config.steps * self.spent / self.timed

    def finished(self, step: int) -> bool:
        """Whether nothing is left to do after `step` steps."""
        return step >= self.config.steps if self.timed is None else self.spent > self.timed

    def over(self, step: int) -> bool:
        """Whether this run, which has done a step, ends here: finished, or out of time."""
        seconds = self.config.seconds
        late = seconds is not None and self.here > seconds
        return self.finished(step) or (self.timed is None and late)

    def left(self, done: int, pace: float) -> float:
        """Seconds, at `pace` steps a second."""
        return (self.config.steps - done) / pace if self.timed is None else max(0.0, self.timed - self.spent)


def _optimizer(model: nn.Module, config: RunConfig) -> torch.optim.Optimizer:
    parameters = [p for p in model.parameters() if p.requires_grad]
    if config.optimizer == "adan":
        return Adan(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)
    return torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)


def _train_step(
    model: nn.Module,
    batch: Batch,
    loss: Callable[[Any, Batch], dict[str, Tensor]],
    optimizer: torch.optim.Optimizer,
    config: RunConfig,
) -> dict[str, float]:
    kind = torch.device(config.device).type
    cast = torch.autocast(kind, dtype=torch.bfloat16) if config.precision == "bf16" else nullcontext()
    with cast:
        losses = loss(model, batch)
    optimizer.zero_grad(set_to_none=True)
    losses["loss"].backward()  # type: ignore[no-untyped-call]
    average_gradients(model)
    norm = nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
    if torch.isfinite(norm):  # one bad batch must not end the run
        optimizer.step()
    return averaged(losses)


@torch.no_grad()
def _update_ema(ema: dict[str, Tensor], model: nn.Module, decay: float) -> None:
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            ema[name].lerp_(value, 1 - decay)
        else:
            ema[name].copy_(value)


def _save(
    path: Path, model: nn.Module, ema: dict[str, Tensor], optimizer: torch.optim.Optimizer, step: int, spent: float
) -> None:
    state = {"model": model.state_dict(), "ema": ema, "optimizer": optimizer.state_dict(), "step": step, "spent": spent}
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def _load(
    path: Path, model: nn.Module, ema: dict[str, Tensor], optimizer: torch.optim.Optimizer, device: str
) -> tuple[int, float]:
    """Fills them from a checkpoint; its step and the seconds it took (0 in those of before 0.2)."""
    state = torch.load(path, map_location=device, weights_only=True)
    model.load_state_dict(state["model"])
    ema.update(state["ema"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"]), float(state.get("spent", 0.0))


class _Meter:
    """Sums losses between reports, and measures the pace since the start."""

    def __init__(self, first: int, batch_size: int) -> None:
        self.first, self.batch_size = first, batch_size
        self.reported, self.totals = first, dict[str, float]()
        self.started = time.monotonic()

    def add(self, losses: dict[str, float]) -> None:
        for name, value in losses.items():
            self.totals[name] = self.totals.get(name, 0.0) + value

    def report(self, done: int, clock: _Clock) -> Report:
        pace = (done - self.first) / (time.monotonic() - self.started)
        means = {name: total / (done - self.reported) for name, total in self.totals.items()}
        self.totals, self.reported = {}, done
        steps = clock.config.steps if clock.timed is None else done + round(clock.left(done, pace) * pace)
        return Report(
            done, steps, means, samples_per_second=pace * self.batch_size, seconds_left=clock.left(done, pace)
        )


class _CsvLog:
    """Appends one line per report; the header is written once."""

    def __init__(self, path: Path, fresh: bool) -> None:
        self.path = path
        if fresh:
            path.unlink(missing_ok=True)

    def write(self, report: Report) -> None:
        head = not self.path.exists()
        with self.path.open("a", newline="") as file:
            rows = csv.writer(file)
            if head:
                rows.writerow(("step", "samples_per_second", *report.losses))
            values = (f"{value:.5f}" for value in report.losses.values())
            rows.writerow((report.step, f"{report.samples_per_second:.1f}", *values))
