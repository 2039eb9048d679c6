"""The recipes and ablations by name, without importing torch, what their options are, and which go together."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from foleycli.errors import UsageError

RECIPE_NAMES = (
    "sounds", "attribution", "rehearsals", "vae", "texture", "vocoder", "codec", "latents", "performer", "scenes",
    "spotter", "bundle", "palette", "echo-tokens", "echo", "mdsgen",
)  # fmt: skip
ABLATION_NAMES = (
    "base", "sam", "fam", "unmasked", "ratio-50", "ratio-70", "average", "attention", "all-rows", "one-vector",
    "one-vector-all-rows", "n2-2", "unguided", "size-s", "size-b",
)  # fmt: skip
VIDEO_ABLATION_NAMES = (
    "short", "aligned", "v", "sam", "fam", "unmasked", "ratio-50", "ratio-70", "average", "attention", "all-rows",
    "n2-2",
)  # fmt: skip
ABLATIONS_OF = {"performer": ABLATION_NAMES, "mdsgen": VIDEO_ABLATION_NAMES}
SizeName = Literal["t", "s", "b", "l"]
VaeName = Literal["pocket", "sd", "audioldm"]

RECIPE_HELP = f"The step to run. One of: {', '.join(RECIPE_NAMES)}."
ABLATION_HELP = (
    f"Train this variant of the performer, in DIR/ablations/NAME. One of: {', '.join(ABLATION_NAMES)}. "
    f"Or of mdsgen: {', '.join(VIDEO_ABLATION_NAMES)}. Default: none."
)
SOUNDS_HELP = "Folder of sounds with a manifest.csv (docs/training.md)."
MINUTES_HELP = "Stop after this many minutes. Default: no limit."
RESUME_HELP = "Continue from the last checkpoint, or start from nothing."
STEPS_HELP = "Number of training steps, or of data files (shards) to make. Default: the recipe's own number."
TAGGER_HELP = "Sound tagger (.tflite, such as YAMNet) that selects the palette. Default: a classifier trained for that."
BY_TIME_HELP = "Lower the learning rate over --minutes (of all runs together), not over the steps."
WORKERS_HELP = "Number of processes that make training examples for the performer, or that cut the videos of mdsgen."
VIDEOS_HELP = "Videos with sound for mdsgen: a folder, or a CSV with a column 'file'. Default: those cut before."
SIZE_HELP = "Size of mdsgen: 12 layers of 192, 384 or 768 (t, s, b), or 24 of 1024 (l)."
VAE_HELP = "The latent of mdsgen: pocket's VAE, Stable Diffusion's or AudioLDM's ('foley models pull' fetches those)."


def check_recipe(
    recipe: str,
    *,
    ablation: str,
    workers: int,
    tagger: Path | None,
    by_time: bool,
    minutes: float | None,
    videos: Path | None,
) -> None:
    """Raises UsageError for a recipe that is not there, and for an option that it does not take."""
    if recipe not in RECIPE_NAMES:
        raise UsageError(f"no recipe called {recipe!r}; try one of: {', '.join(RECIPE_NAMES)}")
    if ablation and ablation not in ABLATIONS_OF.get(recipe, ()):
        known = "; ".join(f"of {name!r}: {', '.join(names)}" for name, names in ABLATIONS_OF.items())
        raise UsageError(f"--ablation {ablation}: not one {known}")
    if workers and recipe not in ("performer", "mdsgen"):
        raise UsageError("--workers goes with 'performer' and 'mdsgen'")
    if videos is not None and recipe != "mdsgen":
        raise UsageError("--videos goes with 'mdsgen'")
    if tagger is not None and recipe != "palette":
        raise UsageError("--tagger goes with 'palette'")
    if by_time and minutes is None:
        raise UsageError("--by-time needs --minutes")
