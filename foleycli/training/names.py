"""The recipes and ablations by name, without importing torch, and which options go with which recipe."""

from __future__ import annotations

from pathlib import Path

from foleycli.errors import UsageError

RECIPE_NAMES = (
    "sounds", "attribution", "rehearsals", "vae", "texture", "vocoder", "codec", "latents", "performer", "scenes",
    "spotter", "bundle", "palette", "echo-tokens", "echo",
)  # fmt: skip
ABLATION_NAMES = (
    "base", "sam", "fam", "unmasked", "ratio-50", "ratio-70", "average", "attention", "all-rows", "one-vector",
    "one-vector-all-rows", "n2-2", "unguided", "size-s", "size-b",
)  # fmt: skip


def check_recipe(
    recipe: str, *, ablation: str, workers: int, tagger: Path | None, by_time: bool, minutes: float | None
) -> None:
    """Raises UsageError for a recipe that is not there, and for an option that it does not take."""
    if recipe not in RECIPE_NAMES:
        raise UsageError(f"no recipe called {recipe!r}; try one of: {', '.join(RECIPE_NAMES)}")
    if ablation and (recipe != "performer" or ablation not in ABLATION_NAMES):
        raise UsageError(f"--ablation {ablation}: goes with 'performer' and is one of: {', '.join(ABLATION_NAMES)}")
    if workers and recipe != "performer":
        raise UsageError("--workers goes with 'performer'")
    if tagger is not None and recipe != "palette":
        raise UsageError("--tagger goes with 'palette'")
    if by_time and minutes is None:
        raise UsageError("--by-time needs --minutes")
