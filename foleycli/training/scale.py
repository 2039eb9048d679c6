"""Batch sizes and learning rates of the recipes on a CPU and on a GPU."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """What a device can take: batch sizes, and the peak learning rates that go with them."""

    vae: int = 8
    texture: int = 8
    vocoder: int = 8
    performer: int = 32
    masked_every: int = 8
    mdsgen: int = 8
    mdsgen_steps: int = 2000
    vae_rate: float = 1e-3
    performer_rate: float = 1e-3


CPU = Scale()
GPU = Scale(
    vae=96,
    texture=64,
    vocoder=32,
    performer=256,
    masked_every=2,
    mdsgen=64,
    mdsgen_steps=500_000,
    vae_rate=1.5e-3,
    performer_rate=1.2e-3,
)


def scale_of(device: str) -> Scale:
    """The scale of a device: "cpu", or any other for a GPU."""
    return CPU if device == "cpu" else GPU
