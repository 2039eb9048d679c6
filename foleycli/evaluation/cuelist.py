"""Scores of the cue sheet that a model spotted: precision, recall, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foleycli.cues.sheet import Cue
from foleycli.evaluation.metrics import Array, calibration_error, match_onsets
from foleycli.evaluation.report import interval
from foleycli.evaluation.takes import Take
from foleycli.models.spot_perform.peak_picking import are_true

TOLERANCE_SECONDS = 0.1


def cue_scores(takes: Sequence[Take]) -> dict[str, Any]:
    """Precision, recall and F1 of the hits written, false hits where nothing is struck, calibration error."""
    struck = [one for one in takes if one.struck]
    quiet = [one for one in takes if not len(one.case.onset_seconds)]
    matches = [match_onsets(_times(one), one.case.onset_seconds, TOLERANCE_SECONDS) for one in struck]
    matched = [pair for one in takes for pair in _matched(one.own.cues, one.case.onset_seconds)]
    confidence, true = zip(*matched, strict=True) if matched else ((), ())
    return {
        "f1_100ms": interval([match.f1 for match in matches]),
        "precision": interval([match.precision for match in matches]),
        "recall": interval([match.recall for match in matches]),
        "false_hits_in_10_s": interval([10 * len(_times(one)) / _seconds(one) for one in quiet]),
        "calibration_error": calibration_error(confidence, true) if matched else None,
        "hits": len(matched),
    }


def _times(one: Take) -> list[float]:
    return [cue.time for cue in one.own.cues if cue.stop is None and not cue.mute]


def _seconds(one: Take) -> float:
    return len(one.own.samples) / one.own.sample_rate


def _matched(cues: Sequence[Cue], onset_seconds: Sequence[float] | Array) -> list[tuple[float, float]]:
    """(confidence, 1 or 0) of each hit: true if an onset is near that no surer hit has taken."""
    hits = sorted((cue for cue in cues if cue.stop is None and not cue.mute), key=lambda cue: -cue.confidence)
    true = are_true([cue.time for cue in hits], [float(onset) for onset in onset_seconds], TOLERANCE_SECONDS)
    return [(cue.confidence, float(one)) for cue, one in zip(hits, true, strict=True)]
