"""An evaluation as a table for people: what was measured, in words, with its interval and what would be best."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.plain_words import readable
from foleycli.text import table

GROUPS = {
    "sync": "In time with the true sound",
    "cues": "Cues that the model wrote",
    "alignment": "Sound and picture belong together, says the sync classifier",
    "class": "The sound that was asked for is heard, says the sound classifier",
    "distances": "Distance to real sounds",
    "sound": "Silence, clipping, seams",
    "tagger": "Right names of AudioSet, says the tagger",
    "tagger_distances": "Distance to the real sounds, by the tagger",
    "i2a": "Its own picture's sound",
    "shuffled": "Another picture's sound (chance)",
}
VOICES = {
    "model": "whole model",
    "from_true_cues": "from true cues",
    "frame_difference": "change of the picture alone",
    "another_clip": "track of another clip (chance)",
    "random": "noise (chance)",
    "soundtrack": "true soundtrack",
    "soundtrack_shifted": "true soundtrack 1 s late",
    "asked": "from true cues",
    "spotted": "whole model",
    "real": "real recordings",
    "vocoder": "the same through the vocoder",
    "codec": "the same through the codec",
    "generated": "whole program",
    "generated_share_of_codec": "whole program's share of the codec's probability",
}
SCORES = {  # of a score: its name, and what is best
    "f1_50ms": ("onsets matched within 50 ms, F1", "1"),
    "f1_100ms": ("onsets matched within 100 ms, F1", "1"),
    "auc": ("agrees more than when shifted, AUC", "1; chance 0.5"),
    "median_lag_seconds": ("median lag in s, late is positive", "0"),
    "f1": ("F1 within 100 ms", "1"),
    "precision": ("share that is true", "1"),
    "recall": ("share of true hits found", "1"),
    "false_hits_in_10_s": ("false hits in 10 s of nothing", "0"),
    "calibration_error": ("error of the confidence", "0"),
    "top1": ("first name is right", "1"),
    "top3": ("among the first three names", "1"),
    "mass": ("probability of right names", "that of real recordings"),
    "top5": ("among the first five names", "1"),
    "asked_but_not_heard": ("asked for and not recognised", "none"),
    "fad": ("Frechet distance", "that of real sounds"),
    "fad_real": ("Frechet distance of real sounds", ""),
    "kl": ("KL divergence in nats", "0"),
    "is": ("inception score", "high"),
    "struck_peak_db": ("peak where something is struck, dB", ""),
    "still_rms_db": ("level where nothing moves, dB", "low"),
    "still_below_peaks_db": ("still scenes below peaks by, dB", "high"),
    "clipped": ("share of clipped samples", "0"),
    "seam_rank": ("borders of windows stand out", "0.5: not at all"),
}
LEFT_OUT = ("clips", "sounds", "network", "seconds_heard")  # counts, which are in the JSON, as are paired differences


def report_text(report: Mapping[str, Any]) -> str:
    """A plain report as a table: score, value, 95 % interval, what would be best."""
    pace = report["seconds_per_second"]
    spent = "" if pace is None else f", {pace:.2f} s of work per second of video"
    rows: list[tuple[str, ...]] = [("", "value", "95 % interval", "best")]
    for name, scores in report["scores"].items():
        found = list(_rows(name, scores) if not isinstance(scores, dict) or _is_interval(scores) else _below(scores))
        titled = [(GROUPS.get(name, _words(name)), "", "", "")] if isinstance(scores, dict) and found else []
        rows += [*titled, *((f"  {label}" if titled else label, *cells) for label, *cells in found)]
    head = f"{report['model']} on {report['data']}, {report['cases']} cases{spent}"
    if "tagger" in report["scores"]:
        rows += [("", "", "", ""), *_each_sound(report["clips"])]
    return f"{head}\n\n{table(rows)}\n\nEvery score with its protocol: --json, docs/evaluation.md"


def _each_sound(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The probability of right names of each sound, voice after voice, and what is heard first."""
    voices = [voice for voice in ("real", "vocoder", "codec", "generated") if any(voice in row for row in rows)]
    yield f"Right names of each sound: {', '.join(VOICES[voice] for voice in voices)}", "", "", ""
    for row in rows:
        numbers = "  ".join(_number(row[voice]["mass"]) if voice in row else "-    " for voice in voices)
        heard = ", ".join(row["generated"]["heard_as"]) if "generated" in row else ""
        yield f"  {readable(row['sound'])}: {numbers}", "", f"heard as {heard}" if heard else "", ""


def _below(scores: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, value in scores.items():
        if name in LEFT_OUT or name.startswith("model_minus_"):
            continue
        if isinstance(value, dict) and not _is_interval(value):
            voice = VOICES.get(name, _words(name))
            yield from ((f"{voice}: {label}", *cells) for label, *cells in _below(value))
        else:
            yield from _rows(name, value)


def _rows(name: str, value: Any) -> Iterator[tuple[str, ...]]:
    label, best = SCORES.get(name, (VOICES.get(name, _words(name)), ""))
    if _is_interval(value):
        yield label, _number(value["mean"]), f"{_number(value['low'])} to {_number(value['high'])}", best
    elif isinstance(value, list):
        yield label, ", ".join(readable(one) if one in SOUND_CLASSES else str(one) for one in value) or "none", "", best
    else:
        yield label, _number(value), "", best


def _is_interval(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"mean", "low", "high"}


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)


def _words(name: str) -> str:
    return name.replace("_", " ")
