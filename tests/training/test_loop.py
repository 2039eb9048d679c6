"""Adan, the learning-rate curve, and a training run that is cut and resumed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from foleycli.training import loop
from foleycli.training.loop import Report, RunConfig, fit
from foleycli.training.optimizers import Adan, learning_rate


def batch_at(step: int) -> Tensor:
    return torch.randn((16, 4), generator=torch.Generator().manual_seed(step))


def loss(model: nn.Linear, batch: Tensor) -> dict[str, Tensor]:
    return {"loss": (model(batch) - batch.sum(1, keepdim=True)).square().mean()}


def fresh_model() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(4, 1)


@pytest.mark.parametrize("optimizer", ["adan", "adamw"])
def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path: Path, optimizer: str) -> None:
    def config(folder: str, seconds: float | None = None) -> RunConfig:
        return RunConfig(
            tmp_path / folder,
            60,
            learning_rate=0.05,
            warmup_steps=5,
            optimizer=optimizer,
            seconds=seconds,  # type: ignore[arg-type]
        )

    whole = fit(fresh_model(), batch_at, loss, config("whole"), batch_size=16)
    for _ in range(60):  # a budget of no time at all stops after one step, at a checkpoint
        pieces = fit(fresh_model(), batch_at, loss, config("pieces", seconds=0.0), batch_size=16)
    assert all(torch.equal(whole[name], pieces[name]) for name in whole)


def test_by_time_the_learning_rate_falls_over_the_seconds_of_all_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, places = [0.0], []
    monkeypatch.setattr(loop.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(loop, "learning_rate", lambda place, *rest, **named: places.append(place) or 0.01)  # type: ignore[func-returns-value]

    def slow_batch(step: int) -> Tensor:
        now[0] += 1.0  # second
        return batch_at(step)

    def run(seconds: float) -> None:
        config = RunConfig(tmp_path, 100, seconds=seconds, by_time=True)
        fit(fresh_model(), slow_batch, loss, config, batch_size=16)

    run(10.5)
    assert places == pytest.approx([100 * second / 10.5 for second in range(11)])
    run(10.5)
    assert len(places) == 11  # finished
    run(21.5)
    assert places[11] == pytest.approx(100 * 11 / 21.5) and len(places) == 22


def test_adan_finds_the_minimum_of_a_quadratic() -> None:
    weight = nn.Parameter(torch.tensor([3.0, -2.0]))
    optimizer = Adan([weight], lr=0.02)
    for _ in range(800):
        optimizer.zero_grad()
        (weight * torch.tensor([1.0, 10.0])).square().sum().backward()
        optimizer.step()
    assert weight.abs().max().item() < 1e-2


def test_the_log_has_a_line_per_report_and_the_callback_sees_them(tmp_path: Path) -> None:
    seen: list[Report] = []
    config = RunConfig(tmp_path, 40, log_every_steps=10)
    fit(fresh_model(), batch_at, loss, config, batch_size=16, progress=seen.append)
    assert [report.step for report in seen] == [10, 20, 30, 40]
    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert lines[0] == "step,samples_per_second,loss"
    assert len(lines) == 5


def test_learning_rate_warms_up_and_comes_down() -> None:
    rates = [learning_rate(step, 1.0, 10, 100) for step in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates[100] == pytest.approx(0.02)
    assert rates[10:] == sorted(rates[10:], reverse=True)
