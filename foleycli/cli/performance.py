"""Everything that decides what is heard, and the model that performs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.cli.delivery import Mix
from foleycli.timeline import OVERLAP_SECONDS

if TYPE_CHECKING:
    from foleycli.pipeline.foley_pipeline import FoleyPipeline


@dataclass(frozen=True)
class Performance:
    """Everything that decides what is heard; None stands for the model's own choice."""

    model: str = "pocket"
    seed: int = 0
    takes: int = 1
    steps: int | None = None
    guidance: float | None = None
    sounds: tuple[str, ...] = ()
    sheet: Path | None = None
    start: Fraction | None = None
    end: Fraction | None = None
    overlap: Fraction = OVERLAP_SECONDS
    device: str = "auto"
    precision: str = "auto"
    offline: bool = False
    mix: Mix = field(default_factory=Mix)
    apart: bool = False  # hits and spans performed each for itself, as stems need it
    compiled: bool = False


def load_pipeline(wanted: Performance) -> FoleyPipeline:
    """The model that was asked for, on its device."""
    from foleycli.models.loaded import load_bundle

    bundle = load_bundle(wanted.model, offline=wanted.offline)  # before torch: one that is missing is said at once
    from foleycli.pipeline.foley_pipeline import FoleyPipeline

    return FoleyPipeline(bundle, device=wanted.device, precision=wanted.precision, compiled=wanted.compiled)
