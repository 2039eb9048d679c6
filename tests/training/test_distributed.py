"""Two processes that train together learn what one with the whole batch learns, and outlive a kill."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from foleycli.errors import UsageError
from foleycli.training import distributed
from foleycli.training.__main__ import main
from foleycli.training.codec.texture import TextureRecipe
from foleycli.training.distributed import World, own_part, rows_of
from foleycli.training.visual_echoes.masking import MaskRule
from foleycli.training.visual_echoes.transformer import TokenCorpus, batches, masked_loss
from tests.tiny_echo import LAYOUT, networks
from tests.training.codec.test_texture import tiny_textured
from tests.training.ranks import run

ROOT = Path(__file__).parent.parent.parent
STEPS, DIES_AT = 6, 3


def together(ranks: int, *runs: tuple[Path, int, int]) -> list[list[int]]:
    """Exit codes of the processes of each run (folder, steps, the step to die at or 0)."""
    words = [str(word) for run in runs for word in run]
    ran = subprocess.run(
        [sys.executable, "-m", "tests.training.ranks", str(ranks), *words],
        cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def curve(folder: Path) -> list[list[float]]:
    """Every named loss by step."""
    with (folder / "log.csv").open() as file:
        return [
            [float(value) for name, value in row.items() if name != "samples_per_second"]
            for row in csv.DictReader(file)
        ]


def close(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> None:
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-4, atol=1e-5, msg=name)


def test_two_processes_learn_what_one_learns_and_go_on_after_a_kill(tmp_path: Path) -> None:
    one = run(tmp_path / "one", STEPS)
    killed = [-signal.SIGKILL] * 2
    assert together(2, (tmp_path / "two", STEPS, 0), (tmp_path / "killed", STEPS, DIES_AT)) == [[0, 0], killed]
    two = torch.load(tmp_path / "two" / "ema.pt", weights_only=True)
    close(two, one)
    whole, shared = curve(tmp_path / "one"), curve(tmp_path / "two")
    assert [row[0] for row in shared] == [*range(1, STEPS + 1)]
    assert torch.tensor(shared).allclose(torch.tensor(whole), rtol=0, atol=1.1e-5)  # the log has five places

    saved = torch.load(tmp_path / "killed" / "checkpoint.pt", weights_only=True)["step"]
    assert saved == DIES_AT
    run(tmp_path / "killed", STEPS)  # on another number of ranks
    close(torch.load(tmp_path / "killed" / "ema.pt", weights_only=True), one)


@dataclass(frozen=True)
class Pair:
    left: Tensor
    right: Tensor


def in_world(monkeypatch: pytest.MonkeyPatch, rank: int, size: int) -> None:
    monkeypatch.setattr(distributed, "current", lambda: World(rank, size))


def test_a_batch_is_shared_row_by_row_and_random_numbers_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = (torch.arange(6), Pair(torch.arange(12).reshape(6, 2), torch.ones(3)), 17)
    noise = torch.randn(6, 2, generator=torch.Generator().manual_seed(1))
    for rank in range(3):
        in_world(monkeypatch, rank, 3)
        rows, pair, step = own_part(whole, 6)
        assert torch.equal(rows, torch.tensor([2 * rank, 2 * rank + 1]))
        assert torch.equal(pair.left, whole[1].left[2 * rank : 2 * rank + 2])
        assert torch.equal(pair.right, torch.ones(3)) and step == 17
        drawn = rows_of(2, lambda n: torch.randn(n, 2, generator=torch.Generator().manual_seed(1)))
        assert torch.equal(drawn, noise[2 * rank : 2 * rank + 2])


def test_rows_that_can_t_be_shared_evenly_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    in_world(monkeypatch, 0, 4)
    with pytest.raises(UsageError, match="6 rows don't go into 4 processes"):
        own_part(torch.ones(6), 6)


def mean_of_ranks(
    loss: Callable[[], tuple[nn.Module, Tensor]], monkeypatch: pytest.MonkeyPatch, ranks: int
) -> tuple[float, list[Tensor]]:
    """The loss and the gradients that so many ranks agree on; `loss` gives a model and the loss of this rank's rows."""
    values, gradients = [], []
    for rank in range(ranks):
        in_world(monkeypatch, rank, ranks)
        model, value = loss()
        model.zero_grad()
        value.backward()
        values.append(float(value.detach()))
        gradients.append([one.grad.clone() for one in model.parameters() if one.grad is not None])
    return sum(values) / ranks, [torch.stack(same).mean(0) for same in zip(*gradients, strict=True)]


def same_in_ranks(loss: Callable[[], tuple[nn.Module, Tensor]], monkeypatch: pytest.MonkeyPatch) -> None:
    alone, shared = (mean_of_ranks(loss, monkeypatch, ranks) for ranks in (1, 2))
    assert shared[0] == pytest.approx(alone[0], abs=1e-5)
    for ours, theirs in zip(shared[1], alone[1], strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_the_texture_network_learns_in_two_ranks_what_it_learns_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    vae, recipe = tiny_textured(), TextureRecipe(batch_size=4, frames=16)
    batch = torch.randn(4, 128, 16, generator=torch.Generator().manual_seed(1)) - 5, 3
    same_in_ranks(lambda: (vae, recipe.loss(vae, own_part(batch, 4))["loss"]), monkeypatch)


def test_the_masked_transformer_learns_in_two_ranks_what_it_learns_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows have different numbers of masked places: the mean is over those of the whole batch."""
    model, rng, label = networks()["transformer"], np.random.default_rng(0), np.arange(8) % 2
    tokens = TokenCorpus(rng.integers(0, 32, (8, 72)), label, rng.integers(0, 48, (8, 9, 8)), sound_class=label)
    batch = batches(tokens.pairs(), MaskRule(mask="split", lowest=0.0, whole=0.5), 8)(0)
    assert len(set(batch.hidden.mask.sum(1).tolist())) > 1
    loss = masked_loss(LAYOUT)
    same_in_ranks(lambda: (model, loss(model, own_part(batch, 8))["loss"]), monkeypatch)


def test_alone_everything_is_as_it_was() -> None:
    batch = (torch.ones(5), 3)
    assert own_part(batch, 5) is batch
    assert distributed.current() == World(0, 1) and distributed.current().writes


def test_a_recipe_that_lacks_what_it_starts_from_ends_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for recipe, folder in (("performer", "latents: no latents; "), ("mdsgen", "windows/pocket-stand-in: no windows")):
        caplog.clear()
        assert main([recipe, "--work", str(tmp_path)]) == 1
        (said,) = caplog.messages
        assert said.startswith(f"error: {tmp_path}/{folder}") and "\n" not in said
