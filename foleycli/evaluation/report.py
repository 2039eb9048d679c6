"""The result of an evaluation with its protocol, as it goes into the JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from foleycli.evaluation.metrics import Array, Interval, bootstrap

PROTOCOL = {
    "sync": "per clip with two or more true onsets (events of scenes within 30 ms are one); as many of the highest "
    "peaks of the track's spectral flux as there are (at least 0.1 s apart), matched one to one within 50 or 100 ms: "
    "F1. AUC: share of circular shifts of the true soundtrack's flux (scenes: of impulses at the events), 0.3 s and "
    "more, that the track's flux agrees with less than with the unshifted one; chance 0.5. lag: where the two agree "
    "best within 0.3 s, positive is late",
    "voices": "model: spots and performs. from_true_cues: performs the true onsets (obeys). frame_difference: mean "
    "|difference| of 64 x 64 grey pictures at 25 a second. another_clip: the model's track of the next clip, looped to "
    "this length. random: noise, mean of 8 draws. model_minus_*: differences paired by clip",
    "cues": "the hits that the model wrote for itself, one to one with true onsets within 100 ms: F1, precision, "
    "recall; false_hits_in_10_s: where nothing is struck. calibration_error: mean distance, over ten bins, of their "
    "confidence and the share that is true",
    "alignment": "Diff-Foley's: share of the clips with two or more true onsets whose track a classifier takes for "
    "the true one. Its input: the motion of 64 x 64 grey pictures at 25 a second, 16 bands of sound at 50 a second. It "
    "learned on rendered scenes played with real sounds, half true, a quarter shifted by 0.25 to 2 s, a quarter "
    "another's; mean logit of pieces of 5.12 s, over 0 is aligned, silence is not. soundtrack, soundtrack_shifted (by "
    "1 s): how far to trust it on these videos. clips.aligned: its probability, 0 to 1",
    "class": "a sound classifier gets the second after each cue (every second of a span) in which no other sound has a "
    "cue; geometric mean over a track; a sound counts if among the first 1 or 3 names. asked: performed from true cues "
    "with their class. spotted: the whole model, at the cues it wrote, against the class of the scene",
    "distances": "of the tracks performed from true cues with their class; of the whole model's where no class is "
    "known. fad: Frechet distance of the classifier's 64 values, seconds at cues against held-out real sounds of the "
    "classes asked for; fad_real: the same between two halves of those. "
    "kl: nats from the soundtrack's class probabilities (scenes: from the asked class) to the track's. is: of the "
    "seconds heard, by track",
    "sound": "still_below_peaks_db: median peak of the struck tracks minus RMS of the still one (silence: -120 dB). "
    "clipped: share of samples at full scale. seam_rank: share of other places in the track where the spectrum changes "
    "less than at a border of two windows; 0.5: can't be told",
    "intervals": "95 %, bootstrap over clips, 2000 draws",
}

Scores = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Report:
    """All scores of one model on one set of cases; a score is a number or a mean with its interval."""

    model: str
    data: str
    cases: int
    seed: int
    ears: str
    seconds_per_second: float | None  # time to generate, per second of video
    scores: Scores
    clips: tuple[dict[str, Any], ...]

    def plain(self) -> dict[str, Any]:
        """As JSON takes it: protocol included, NaN as null, four digits."""
        found: dict[str, Any] = rounded({**asdict(self), "protocol": PROTOCOL})
        return found


def interval(values: Sequence[float] | Array) -> Interval | None:
    """Mean and bootstrap interval of one value per clip; None if there is no clip."""
    return bootstrap(values) if len(values) else None


def rounded(value: Any) -> Any:
    """Plain data with floats to four digits; what JSON has no word for becomes None."""
    if isinstance(value, Interval):
        return rounded(asdict(value))
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 4) if math.isfinite(value) else None
    return value
