"""The one training loop: a batch is a function of the step, so a resumed run sees what an unbroken one would.

for step: batch(step) -> loss -> optimizer -> EMA -> (CSV line) -> (checkpoint)
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

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


@dataclass(frozen=True)
class Report:
    """One line of progress: `losses` are means since the last report."""

    step: int
    steps: int
    losses: dict[str, float]
    samples_per_second: float
    seconds_left: float


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

    `loss(model, batch)` returns named losses; the one called "loss" is minimised.
    """
    config.out_dir.mkdir(parents=True, exist_ok=True)
    checkpoint = config.out_dir / "checkpoint.pt"
    optimizer = _optimizer(model, config)
    ema = {name: value.detach().clone() for name, value in model.state_dict().items()}
    first = 0
    if resume and checkpoint.exists():
        first = _load(checkpoint, model, ema, optimizer, config.device)
    log = _CsvLog(config.out_dir / "log.csv", fresh=first == 0)
    meter = _Meter(first, config.steps, batch_size)
    started = saved = time.monotonic()
    model.train()
    for step in range(first, config.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, config.learning_rate, config.warmup_steps, config.steps)
        losses = _train_step(model, batch_at(step), loss, optimizer, config)
        _update_ema(ema, model, min(config.ema_decay, (1 + step) / (10 + step)))
        meter.add(losses)
        now, done = time.monotonic(), step + 1
        if done % config.log_every_steps == 0 or done == config.steps:
            report = meter.report(done)
            log.write(report)
            if progress is not None:
                progress(report)
        stop = config.seconds is not None and now - started > config.seconds
        if now - saved > config.save_every_seconds or done == config.steps or stop:
            _save(checkpoint, model, ema, optimizer, done)
            saved = now
        if stop:
            break
    return ema


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
    norm = nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm)
    if torch.isfinite(norm):  # one bad batch must not end the run
        optimizer.step()
    return {name: float(value.detach()) for name, value in losses.items()}


@torch.no_grad()
def _update_ema(ema: dict[str, Tensor], model: nn.Module, decay: float) -> None:
    for name, value in model.state_dict().items():
        if value.is_floating_point():
            ema[name].lerp_(value, 1 - decay)
        else:
            ema[name].copy_(value)


def _save(path: Path, model: nn.Module, ema: dict[str, Tensor], optimizer: torch.optim.Optimizer, step: int) -> None:
    state = {"model": model.state_dict(), "ema": ema, "optimizer": optimizer.state_dict(), "step": step}
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def _load(path: Path, model: nn.Module, ema: dict[str, Tensor], optimizer: torch.optim.Optimizer, device: str) -> int:
    state = torch.load(path, map_location=device, weights_only=True)
    model.load_state_dict(state["model"])
    ema.update(state["ema"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


class _Meter:
    """Sums losses between reports, and measures the pace since the start."""

    def __init__(self, first: int, steps: int, batch_size: int) -> None:
        self.first, self.steps, self.batch_size = first, steps, batch_size
        self.reported, self.totals = first, dict[str, float]()
        self.started = time.monotonic()

    def add(self, losses: dict[str, float]) -> None:
        for name, value in losses.items():
            self.totals[name] = self.totals.get(name, 0.0) + value

    def report(self, done: int) -> Report:
        pace = (done - self.first) / (time.monotonic() - self.started)
        means = {name: total / (done - self.reported) for name, total in self.totals.items()}
        self.totals, self.reported = {}, done
        return Report(done, self.steps, means, pace * self.batch_size, (self.steps - done) / pace)


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
