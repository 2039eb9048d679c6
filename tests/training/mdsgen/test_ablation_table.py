"""The runs of docs/ablations.md: small, alike but for what is asked; a difference is held against the seeds'."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.ablation_scores import FRAME_SECONDS, MEL_RATE, hits_of, mel_onsets, onset_scores
from benchmarks.ablations import SLOW, Spread, beginning, gathered, plan, small, table
from foleycli.cues.sheet import Cue
from foleycli.networks.mdsgen.cues import CueEncoder, cue_curves
from foleycli.training.mdsgen.ablations import ABLATIONS
from foleycli.training.recipes import CUES

HITS = np.array([0.5, 1.23, 2.9])


def test_every_row_is_run_once_before_any_is_again() -> None:
    runs = plan(SLOW, seeds=2)
    assert len(runs) == len(set(runs)) == 2 * len(ABLATIONS)
    quick = [name for name, _ in plan(seeds=1)]
    assert set(quick) == set(ABLATIONS) - set(SLOW)
    assert runs[: len(quick)] == [(name, 0) for name in quick]


@pytest.mark.parametrize("name", sorted(ABLATIONS))
def test_a_small_run_keeps_what_its_recipe_is_about(name: str) -> None:
    ours, base = small(name), small("base")
    assert (ours.dit.decoder_depth, ours.dit.rows) == (2 if name == "n2-2" else 4, 8)
    assert (ours.dit.width / base.dit.width) == {"size-s": 2, "size-b": 4}.get(name, 1)
    assert (ours.batch_size, ours.steps, ours.learning_rate) == (base.batch_size, base.steps, base.learning_rate)


def test_a_hit_rings_on_as_long_in_half_a_window() -> None:
    whole, half = CueEncoder(CUES), CueEncoder(small("base").cues)
    assert torch.allclose(half.decays, whole.decays[:, -half.decays.shape[1] :])


def test_hits_of_a_cue_list_are_found_in_its_curves_and_in_a_mel_that_plays_them() -> None:
    curves = torch.from_numpy(cue_curves([Cue(float(at), 1.0) for at in HITS], 0.0, CUES))
    assert hits_of(curves) == pytest.approx(HITS, abs=FRAME_SECONDS / 4)
    times = torch.arange(256) / MEL_RATE
    since = torch.stack([torch.where(times >= at, times - at, 9.0) for at in HITS]).amin(0)
    mel = (-4.0 - 20.0 * since).clamp_min(-11.5).expand(128, -1)
    assert mel_onsets(mel, 3) == pytest.approx(HITS, abs=1 / MEL_RATE)
    scores = onset_scores([mel, mel], [HITS, HITS + 0.3])
    assert scores == {"f1": 0.5, "other": 0.5}  # one window is right; its neighbour's sound is right for it too


@pytest.mark.parametrize("name", ["sam", "average", "unmasked", "all-rows"])
def test_runs_of_a_seed_begin_alike(name: str) -> None:
    ours, base = beginning(small(name, seed=1)), beginning(small("base", seed=1))
    assert len(ours) > 0.9 * len(base)
    assert all(torch.equal(value, base[part]) for part, value in ours.items())
    assert not torch.equal(base["dit.embed.weight"], beginning(small("base", seed=0))["dit.embed.weight"])


def test_the_spread_is_that_of_the_seeds_not_of_the_names() -> None:
    spread = Spread.of([[1.0, 1.2], [5.0, 5.2], [9.0]])
    assert (spread.deviation, spread.freedom) == (pytest.approx(0.02**0.5), 2)


def test_a_difference_counts_where_seeds_alone_would_not_make_it() -> None:
    assert not Spread(0.1, 10).clear([0.2])
    assert Spread(0.1, 10).clear([0.2, 0.2])  # the same, twice
    assert Spread(0.1, 10).clear([-0.3])
    assert not Spread(0.1, 1).clear([-0.3])  # a spread that two runs tell is hardly known
    assert not Spread.of([[4.0], [5.0]]).clear([5.0])  # one seed each says nothing


def test_the_table_compares_seed_by_seed(tmp_path: Path) -> None:
    def left(name: str, *losses: float) -> None:
        for seed, loss in enumerate(losses):
            scores = {name: {"loss": loss, "f1": 0.5, "fad": 1.0}}
            (tmp_path / f"{name}-{seed}.json").write_text(json.dumps(scores))

    left("base", 1.0, 2.0, 3.0)  # seeds differ more than names do
    left("sam", 1.1, 1.9, 3.0)
    left("one-vector", 1.5, 2.5)
    left("fam", 1.2)
    lines = table(gathered(tmp_path)).splitlines()
    assert [line.split(" | ")[0] for line in lines[2:6]] == ["| base", "| sam", "| fam", "| one-vector"]
    assert lines[2].startswith("| base | 3 | 2.000 |")
    assert "2.000 (+0.000)" in lines[3]
    assert "1.200 (+0.200)" in lines[4]  # 2.4 times the deviation, but that is known from four runs only
    assert "2.000 (**+0.500**)" in lines[5]
