"""Decoding of masked tokens in a few parallel steps (MaskGIT, Chang et al. 2022; MAGE's gen_img_uncond).

step s of N, ratio = (s + 1) / N:
  1. draw an id for every masked place from softmax(logits)
  2. confidence = log p(id) + T (1 - ratio) g,  g ~ Gumbel(0, 1)
  3. keep floor(n0 cos(pi / 2 ratio)) places masked, those of the least confidence; the others are settled

Tokens that are known from the start are never masked again. Which ids a place may take is the logits' business:
a place's forbidden ids have -inf.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from foleycli.errors import UsageError
from foleycli.specs.visual_echoes import DecodingSpec

Logits = Callable[[Tensor], Tensor]  # tokens (B, N) with [MASK] in them -> logits (B, N, ids)


class Noise(Protocol):
    """The random numbers of a decoding, so that they depend on its seed alone."""

    def choice(self, step: int, shape: tuple[int, ...]) -> Tensor:
        """Gumbel noise (B, N, ids) that draws the ids."""
        ...

    def confidence(self, step: int, shape: tuple[int, ...]) -> Tensor:
        """Gumbel noise (B, N) on the confidence."""
        ...


class SeededNoise:
    """Noise of each row from its own seed: a row is decoded to the same tokens in any company and on any device."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self.generators = [torch.Generator().manual_seed(seed % 2**63) for seed in seeds]

    def choice(self, step: int, shape: tuple[int, ...]) -> Tensor:
        return torch.stack([_gumbel(shape[1:], one) for one in self.generators])

    def confidence(self, step: int, shape: tuple[int, ...]) -> Tensor:
        return torch.stack([_gumbel(shape[1:], one) for one in self.generators])


def _gumbel(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    uniform = torch.rand(shape, generator=generator).clamp(1e-9, 1 - 1e-7)
    return -(-uniform.log()).log()


def masked_after(step: int, steps: int, masked_at_start: int, masked_now: int) -> int:
    """How many places stay masked after a step, by the cosine rule: at least 1, and one fewer than before."""
    kept = math.floor(masked_at_start * math.cos(math.pi / 2 * (step + 1) / steps))
    return max(1, min(masked_now - 1, kept))


def least_confident(confidence: Tensor, count: int) -> Tensor:
    """The `count` least confident places of each row, and those as confident as the last: (B, N) bool."""
    cutoff = confidence.sort(dim=1).values[:, count - 1 : count]
    return confidence <= cutoff


@torch.inference_mode()
def decode_masked(
    logits_of: Logits, tokens: Tensor, mask_id: int, spec: DecodingSpec, noise: Noise,
    on_step: Callable[[int, Tensor], None] | None = None,
) -> Tensor:  # fmt: skip
    """tokens (B, N) with [MASK] at unknown places -> all known (B, N); every row has as many masked as the others."""
    masked = tokens == mask_id
    counts = masked.sum(1)
    if bool((counts != counts[0]).any()):
        raise UsageError("rows of a batch with different numbers of masked tokens; decode them apart")
    masked_at_start = masked_now = int(counts[0])
    if masked_at_start == 0:
        return tokens
    settled = tokens
    for step in range(spec.steps):
        logits = logits_of(tokens).float()
        drawn = (logits + noise.choice(step, tuple(logits.shape)).to(logits)).argmax(-1)
        settled = torch.where(masked, drawn, tokens)
        log_likelihood = logits.log_softmax(-1).gather(-1, settled[..., None].clamp_max(logits.shape[-1] - 1))[..., 0]
        cooling = spec.temperature * (1 - (step + 1) / spec.steps)
        confidence = log_likelihood + cooling * noise.confidence(step, tuple(tokens.shape)).to(logits)
        confidence = confidence.masked_fill(~masked, math.inf)
        masked_now = masked_after(step, spec.steps, masked_at_start, masked_now=masked_now)
        masked = least_confident(confidence, masked_now)
        tokens = settled.masked_fill(masked, mask_id)
        if on_step is not None:
            on_step(step, tokens)
    return settled  # the last step still masks one place, whose id is drawn all the same


def guided(logits_of: Logits, without: Callable[[Tensor], Tensor], spec: DecodingSpec, mask_id: int) -> Logits:
    """logits = u + w (c - u): u sees the tokens with the condition masked by `without`, in the same batch as c.

    The share of settled tokens drives the linear schedule: w grows from 1 to `guidance` as tokens are settled.
    """
    if spec.guidance == 1.0:
        return logits_of
    start: list[int] = []

    def logits(tokens: Tensor) -> Tensor:
        conditional, unconditional = logits_of(torch.cat([tokens, without(tokens)])).float().chunk(2)
        weight = spec.guidance
        if spec.guidance_schedule == "linear":
            masked = int((tokens[0] == mask_id).sum())
            start.append(masked)
            weight = 1 + (spec.guidance - 1) * (1 - masked / start[0])
        allowed = conditional > -math.inf  # inf - inf is no number
        mixed = unconditional + weight * (conditional - unconditional)
        return torch.where(allowed, mixed, conditional)

    return logits


@torch.inference_mode()
def decode_one_by_one(logits_of: Logits, tokens: Tensor, mask_id: int, noise: Noise) -> Tensor:
    """The same network read autoregressively: the masked places in order, one forward pass for each."""
    tokens = tokens.clone()
    places = (tokens[0] == mask_id).nonzero()[:, 0].tolist()
    for step, place in enumerate(places):
        logits = logits_of(tokens)[:, place : place + 1].float()
        drawn = (logits + noise.choice(step, tuple(logits.shape)).to(logits)).argmax(-1)
        tokens[:, place] = drawn[:, 0]
    return tokens
