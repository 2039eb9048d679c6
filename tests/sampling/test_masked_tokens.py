"""Decoding masked tokens: the published loop to the token, and distributions whose answer is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from foleycli.errors import UsageError
from foleycli.sampling.masked_tokens import (
    SeededNoise,
    decode_masked,
    decode_one_by_one,
    guided,
    least_confident,
    masked_after,
)
from foleycli.specs.visual_echoes import DecodingSpec
from tests.golden.echoes import facts, rng, vectors

MASK = 32


class PublishedNoise:
    """The numbers that the published loop was given."""

    def __init__(self, first: int = 0) -> None:
        self.step = first

    def choice(self, step: int, shape: tuple[int, int, int]) -> Tensor:
        return torch.from_numpy(rng(f"decode-choice-{step}").gumbel(size=shape))

    def confidence(self, step: int, shape: tuple[int, int]) -> Tensor:
        return torch.from_numpy(rng(f"decode-gumbel-{step}").gumbel(size=shape))


def published_logits() -> list[Tensor]:
    steps = facts("decode")["N"]
    draws = (rng(f"decode-logits-{step}").standard_normal((2, 96, 32)) for step in range(steps))
    return [2 * torch.from_numpy(draw.astype(np.float32)) for draw in draws]


@pytest.mark.parametrize("start", ["free", "known"])
def test_the_published_loop(start: str) -> None:
    about, gold = facts("decode"), vectors("decode")
    given = iter(published_logits())
    states: list[Tensor] = []
    found = decode_masked(
        lambda tokens: next(given), gold[f"{start}_start"].long(), MASK, DecodingSpec(about["N"], about["T"]),
        PublishedNoise(), on_step=lambda step, tokens: states.append(tokens),
    )  # fmt: skip
    assert torch.equal(torch.stack(states), gold[f"{start}_tokens"].long())
    assert torch.equal(found, gold[f"{start}_final"].long())
    assert [int((state[0] == MASK).sum()) for state in states] == about["mask_len"][start]


def test_the_published_choice_of_places() -> None:
    likelihood = rng("decode-probs").random((2, 96)).astype(np.float32)
    likelihood[:, :7] = np.inf
    gumbel = (rng("decode-topk-gumbel").gumbel(size=(2, 96)) * facts("decode")["T"] * 0.5).astype(np.float32)
    found = least_confident(torch.from_numpy(np.log(likelihood) + gumbel), 30)
    assert torch.equal(found, vectors("decode")["topk_masking"].bool())


@pytest.mark.parametrize(("start", "places"), [("free", 96), ("known", 56)])
def test_the_cosine_rule(start: str, places: int) -> None:
    masked, found = places, []
    for step in range(8):
        masked = masked_after(step, 8, places, masked)
        found.append(masked)
    assert found == facts("decode")["mask_len"][start]


def parity_logits(tokens: Tensor) -> Tensor:
    """Exact conditionals of three fair bits whose sum is even; id 2 is [MASK]."""
    out = torch.zeros(*tokens.shape, 2)
    for place in range(3):
        others = tokens[:, [k for k in range(3) if k != place]]
        known = (others != 2).all(1)
        bit = others.sum(1) % 2
        out[known, place] = torch.where(torch.arange(2) == bit[known, None], 0.0, -math.inf)
    return out


def test_one_place_a_step_draws_from_the_joint_distribution() -> None:
    """Three bits of even sum: four answers, each a quarter of the time. All at once, half of the sums are odd."""
    rows = 4000
    unknown = torch.full((rows, 3), 2)
    exact = decode_masked(parity_logits, unknown, 2, DecodingSpec(4, 1000.0), SeededNoise(range(rows)))
    assert bool((exact.sum(1) % 2 == 0).all())
    shares = torch.bincount(exact[:, 0] * 2 + exact[:, 1], minlength=4) / rows
    torch.testing.assert_close(shares, torch.full((4,), 0.25), atol=0.03, rtol=0)  # 4 standard errors
    at_once = decode_masked(parity_logits, unknown, 2, DecodingSpec(1), SeededNoise(range(rows)))
    assert abs(float((at_once.sum(1) % 2 == 0).float().mean()) - 0.5) < 0.04


def test_one_by_one_draws_from_the_joint_distribution_too() -> None:
    rows = 2000
    found = decode_one_by_one(parity_logits, torch.full((rows, 3), 2), 2, SeededNoise(range(rows)))
    assert bool((found.sum(1) % 2 == 0).all())
    shares = torch.bincount(found[:, 0] * 2 + found[:, 1], minlength=4) / rows
    torch.testing.assert_close(shares, torch.full((4,), 0.25), atol=0.04, rtol=0)


def test_known_tokens_stay_and_forbidden_ids_never_come() -> None:
    tokens = torch.tensor([[3, 9, 9, 1, 9, 9, 9, 9]])
    allowed = torch.zeros(1, 8, 9)
    allowed[:, 4:, :5] = -math.inf
    found = decode_masked(lambda t: allowed, tokens, 9, DecodingSpec(5), SeededNoise([7]))
    assert found[0, 0] == 3 and found[0, 3] == 1
    assert bool((found < 9).all()) and bool((found[0, 4:] >= 5).all())


def test_a_row_is_the_same_in_any_company() -> None:
    table = torch.randn(20, 12, generator=torch.Generator().manual_seed(0))

    def logits(tokens: Tensor) -> Tensor:
        return table[tokens.sum(1) % 20][:, None] + table[:12][None] * 0.5

    together = decode_masked(logits, torch.full((3, 12), 12), 12, DecodingSpec(6), SeededNoise([1, 2, 3]))
    alone = decode_masked(logits, torch.full((1, 12), 12), 12, DecodingSpec(6), SeededNoise([2]))
    assert torch.equal(together[1], alone[0])
    other = decode_masked(logits, torch.full((1, 12), 12), 12, DecodingSpec(6), SeededNoise([4]))
    assert not torch.equal(other, alone)


def test_guidance_draws_from_the_sharpened_distribution() -> None:
    """c = softmax(a, 0), u uniform: w = 2 gives softmax(2 a, 0); w = 1 asks for no second branch at all."""
    rows, a = 4000, 0.8

    def logits(tokens: Tensor) -> Tensor:
        seen = (tokens[:, :1] == 0).float() * a  # the condition is the first token
        return torch.stack([seen.expand(-1, 2), torch.zeros(len(tokens), 2)], -1)

    def without(tokens: Tensor) -> Tensor:
        return torch.cat([torch.full_like(tokens[:, :1], 2), tokens[:, 1:]], 1)

    tokens = torch.tensor([[0, 2]]).repeat(rows, 1)
    for weight in (1.0, 2.0):
        spec = DecodingSpec(1, guidance=weight)
        found = decode_masked(guided(logits, without, spec, 2), tokens, 2, spec, SeededNoise(range(rows)))
        expected = 1 / (1 + math.exp(-weight * a))
        assert abs(float((found[:, 1] == 0).float().mean()) - expected) < 0.03
    assert guided(logits, without, DecodingSpec(), 2) is logits


def test_linear_guidance_starts_without_any() -> None:
    weights: list[float] = []

    def logits(tokens: Tensor) -> Tensor:
        return torch.stack([(tokens[:, :1] == 0).float().expand(-1, 4), torch.zeros(len(tokens), 4)], -1)

    def without(tokens: Tensor) -> Tensor:
        return torch.cat([torch.full_like(tokens[:, :1], 2), tokens[:, 1:]], 1)

    mixed = guided(logits, without, DecodingSpec(guidance=3.0, guidance_schedule="linear"), 2)
    for masked in (3, 2, 1):
        tokens = torch.tensor([[0] + [1] * (3 - masked) + [2] * masked])
        weights.append(float(mixed(tokens)[0, 1, 0]))
    assert weights[0] == pytest.approx(1.0)
    assert weights == sorted(weights) and weights[-1] == pytest.approx(1 + 2 * 2 / 3)


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 1"):
        DecodingSpec(0)
    with pytest.raises(UsageError, match="temperature"):
        DecodingSpec(temperature=-1.0)
    with pytest.raises(UsageError, match="different numbers"):
        decode_masked(parity_logits, torch.tensor([[2, 2, 0], [2, 0, 0]]), 2, DecodingSpec(), SeededNoise([0, 1]))
