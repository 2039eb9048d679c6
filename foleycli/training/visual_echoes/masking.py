"""Which tokens a training step hides: masked (to be predicted) and dropped (not given to the encoder).

ratio r ~ Gaussian(0.55, 0.25) cut to [0.5, 1], one for a batch:  ceil(r N) tokens are masked
half of the tokens are dropped:                                   ceil(0.5 N)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Drop = Literal["independent", "nested", "none"]
Mask = Literal["joint", "split"]


@dataclass(frozen=True)
class Draw:
    """`mask` and `drop`, (B, N) bool each; every row drops as many tokens as the others."""

    mask: Tensor
    drop: Tensor | None


@dataclass(frozen=True)
class MaskRule:
    """How a step hides tokens.

    mask "joint": one ratio over all tokens (the paper). "split": one for each modality, from 0 to 1, and with
    probability `whole` one of them is masked altogether, as when the other is asked for.
    With probability `grid` one of them, drawn at random, is masked but for its words, and half the time the other one
    altogether: so the grid learns to follow the words. `words` are the places that each modality begins with.
    drop "independent": dropped tokens may be masked or not (the paper's words); "nested": MAGE's one draw for both.
    """

    mean: float = 0.55
    deviation: float = 0.25
    lowest: float = 0.5
    drop: Drop = "independent"
    drop_ratio: float = 0.5
    mask: Mask = "joint"
    whole: float = 0.0  # probability that one modality, drawn at random, is masked altogether
    grid: float = 0.0
    words: tuple[int, int] = (0, 0)  # of a picture, of a sound


def truncated_gaussian(mean: float, deviation: float, low: float, high: float, generator: torch.Generator) -> float:
    """One draw of a Gaussian cut to [low, high], by its inverse distribution function."""
    bottom, top = (0.5 * (1 + math.erf((edge - mean) / (deviation * math.sqrt(2)))) for edge in (low, high))
    share = bottom + (top - bottom) * torch.rand((), generator=generator, dtype=torch.float64)
    value = mean + deviation * math.sqrt(2) * float(torch.erfinv(2 * share - 1))
    return min(max(value, low), high)


def lowest_share(noise: Tensor, ratio: float) -> Tensor:
    """The ceil(ratio N) places of each row with the least noise: noise (B, N) -> (B, N) bool."""
    count = math.ceil(round(ratio * noise.shape[1], 9))  # 0.1 * 30 must not round up to 4
    order = noise.argsort(dim=1, stable=True)
    return torch.zeros_like(noise, dtype=torch.bool).scatter(1, order[:, :count], True)


def nested_draw(noise: Tensor, ratio: float, drop_ratio: float = 0.5) -> Draw:
    """MAGE's: the same noise (B, N) orders both, so at a ratio over `drop_ratio` all dropped tokens are masked."""
    return Draw(lowest_share(noise, ratio), lowest_share(noise, drop_ratio))


def draw(rule: MaskRule, rows: int, image_places: int, sound_places: int, generator: torch.Generator) -> Draw:
    """What one step hides of `rows` sequences of image tokens followed by sound tokens."""
    places = image_places + sound_places
    noise = torch.rand(rows, places, generator=generator)
    if rule.mask == "split":
        parts = torch.split(noise, [image_places, sound_places], dim=1)
        mask = torch.cat([lowest_share(part, _ratio(rule, generator)) for part in parts], dim=1)
    else:
        mask = lowest_share(noise, _ratio(rule, generator))
    if rule.whole:
        chance = torch.rand(rows, 2, generator=generator)
        hides_image = (chance[:, :1] < rule.whole) & (chance[:, 1:] < 0.5)
        hides_sound = (chance[:, :1] < rule.whole) & (chance[:, 1:] >= 0.5)
        is_image = torch.arange(places) < image_places
        mask = mask | (hides_image & is_image) | (hides_sound & ~is_image)
    drop = _dropped(rule, noise, generator)
    if rule.grid:
        mask = _without_grids(mask, rule, image_places, generator=generator)
    return Draw(mask, drop)


def _dropped(rule: MaskRule, noise: Tensor, generator: torch.Generator) -> Tensor | None:
    if rule.drop == "none":
        return None
    order = noise if rule.drop == "nested" else torch.rand(noise.shape, generator=generator)
    return lowest_share(order, rule.drop_ratio)


def _without_grids(mask: Tensor, rule: MaskRule, image_places: int, generator: torch.Generator) -> Tensor:
    """The mask (B, N) with the grids of `rule.grid` of the rows masked, their words shown."""
    rows, places = mask.shape
    asked, of_image, alone = (torch.rand(rows, 1, generator=generator) for _ in range(3))
    place = torch.arange(places)
    is_image = place < image_places
    is_word = torch.where(is_image, place < rule.words[0], place < image_places + rule.words[1])
    mine = torch.where(of_image < 0.5, is_image, ~is_image)
    hidden = torch.where(mine, ~is_word, mask | (alone < 0.5))
    return torch.where(asked < rule.grid, hidden, mask)


def _ratio(rule: MaskRule, generator: torch.Generator) -> float:
    return truncated_gaussian(rule.mean, rule.deviation, rule.lowest, high=1.0, generator=generator)
