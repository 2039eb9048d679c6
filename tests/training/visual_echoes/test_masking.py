"""What a training step hides: the paper's distribution of ratios, and the rules of masking and dropping."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from foleycli.training.visual_echoes.masking import Draw, MaskRule, draw, lowest_share, truncated_gaussian
from tests.golden.echoes import HERE

TABLES = json.loads((HERE / "mask_ratio.json").read_text())


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("low", [0.5, 0.0])
def test_ratios_follow_the_cut_gaussian(low: float) -> None:
    table = TABLES[f"min {low} max 1.0 mu 0.55 std 0.25"]
    source = generator()
    drawn = torch.tensor([truncated_gaussian(0.55, 0.25, low, 1.0, source) for _ in range(8000)])
    assert float(drawn.min()) >= low and float(drawn.max()) <= 1
    assert float(drawn.mean()) == pytest.approx(table["mean"], abs=0.008)
    assert float(drawn.std()) == pytest.approx(table["std"], abs=0.006)
    for share, value in table["quantiles"].items():
        assert float(drawn.quantile(float(share))) == pytest.approx(value, abs=0.02)


@pytest.mark.parametrize("low", [0.5, 0.0])
@pytest.mark.parametrize("places", [256, 521])
def test_counts_are_rounded_up(low: float, places: int) -> None:
    table = TABLES[f"min {low} max 1.0 mu 0.55 std 0.25"]
    noise = torch.rand(1, places, generator=generator())
    counts = [int(lowest_share(noise, ratio).sum()) for ratio in table["quantiles"].values()]
    assert counts == table[f"masked_of_{places}"]


def hidden(rule: MaskRule, seed: int = 0) -> Draw:
    return draw(rule, 64, 64, 128, generator(seed))


def test_half_of_the_tokens_are_dropped_masked_or_not() -> None:
    found = hidden(MaskRule())
    assert found.drop is not None
    assert bool((found.drop.sum(1) == 96).all())
    assert int((found.drop & ~found.mask).sum()) > 0


def test_nested_drops_are_masked_at_ratios_over_a_half() -> None:
    found = hidden(MaskRule(drop="nested"))
    assert found.drop is not None and not bool((found.drop & ~found.mask).any())
    assert hidden(MaskRule(drop="none")).drop is None


def test_split_masks_each_modality_by_a_ratio_of_its_own() -> None:
    ratios = []
    for seed in range(40):
        mask = hidden(MaskRule(mask="split", lowest=0.0), seed).mask
        ratios.append([float(mask[0, :64].float().mean()), float(mask[0, 64:].float().mean())])
    image, sound = torch.tensor(ratios).T
    assert float((image - sound).abs().mean()) > 0.1
    joint = hidden(MaskRule()).mask
    assert abs(float(joint[:, :64].float().mean()) - float(joint[:, 64:].float().mean())) < 0.05


def test_a_grid_may_be_asked_for_by_its_words() -> None:
    rule = MaskRule(mask="split", lowest=0.0, grid=1.0, words=(3, 4))
    mask = draw(rule, 400, image_places=20, sound_places=30, generator=generator()).mask
    of_image = ~mask[:, :3].any(1) & mask[:, 3:20].all(1)
    of_sound = ~mask[:, 20:24].any(1) & mask[:, 24:].all(1)
    assert bool((of_image | of_sound).all()) and 150 < int(of_image.sum()) < 250
    alone = mask[of_image, 20:].all(1) & ~of_sound[of_image]
    assert 0.35 < float(alone.float().mean()) < 0.65
    assert torch.equal(
        draw(MaskRule(), 4, 20, sound_places=30, generator=generator()).mask,
        draw(MaskRule(words=(3, 4)), 4, 20, sound_places=30, generator=generator()).mask,
    )


def test_one_modality_may_be_masked_whole() -> None:
    mask = hidden(MaskRule(mask="split", lowest=0.0, whole=1.0), 3).mask
    image, sound = mask[:, :64].all(1), mask[:, 64:].all(1)
    assert bool((image | sound).all()) and bool(image.any()) and bool(sound.any())
    assert not bool((image & sound).all())


def test_the_same_seed_hides_the_same() -> None:
    rules: list[Any] = [hidden(MaskRule(whole=0.1), 5) for _ in range(2)]
    assert torch.equal(rules[0].mask, rules[1].mask) and torch.equal(rules[0].drop, rules[1].drop)
