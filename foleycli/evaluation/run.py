"""`evaluate`: runs a model on scenes or clips and scores synchrony, cues, sound classes and artefacts."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from foleycli.evaluation.alignment import SyncClassifier, alignment, load_sync_classifier
from foleycli.evaluation.cases import RATE, Case, clip_cases, scene_cases
from foleycli.evaluation.cuelist import cue_scores
from foleycli.evaluation.distances import frechet_distance, inception_score, kl_divergence, ranks
from foleycli.evaluation.embeddings import Recognition, SoundClassifier, load_sound_classifier
from foleycli.evaluation.report import Report, Scores, interval
from foleycli.evaluation.sound import clipped_share, peak_db, rms_db, seam_rank
from foleycli.evaluation.sync import SyncScore
from foleycli.evaluation.takes import Player, Take, borders, excerpt_times, sync_scores, take
from foleycli.models.loaded import LoadedModel
from foleycli.models.sound_namer.namer import OFF
from foleycli.pipeline.foley_pipeline import FoleyPipeline
from foleycli.types import Progress

SCENES = "scenes"
SCENE_COUNT = 40
IN_TIME_AUC = 0.8  # the lag of a track that does not follow the clip means nothing


def evaluate(
    model: LoadedModel | str | Path,
    data: str | Path = SCENES,
    *,
    count: int = SCENE_COUNT,
    seed: int = 0,
    device: str = "auto",
    classifier: SoundClassifier | None = None,
    progress: Progress | None = None,
) -> Report:
    """Scores a model on held-out rendered scenes ("scenes", `count` of them) or on a folder of clips."""
    pipeline = FoleyPipeline(model, device=device, namer=OFF)
    with ExitStack() as stack:
        if str(data) == SCENES:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="foley-evaluate-")))
            cases = list(scene_cases(count, folder, progress))
        else:
            cases = list(clip_cases(Path(data), progress))[:count]
        name = pipeline.bundle.manifest.name
        return evaluate_cases(
            pipeline,
            cases,
            classifier or load_sound_classifier(),
            model=name,
            data=str(data),
            seed=seed,
            progress=progress,
        )


def evaluate_cases(
    player: Player,
    cases: Sequence[Case],
    classifier: SoundClassifier,
    model: str,
    data: str,
    seed: int = 0,
    progress: Progress | None = None,
    sync_classifier: SyncClassifier | None = None,
) -> Report:
    """Scores a player on the given cases."""
    takes = []
    for case in cases:
        takes.append(take(player, case, seed))
        if progress is not None:
            progress("perform", len(takes), len(cases))
    length = sum(len(one.own.samples) / one.own.sample_rate for one in takes)
    sync, clips = _sync(takes)
    aligned, probabilities = alignment(takes, sync_classifier or load_sync_classifier())
    clips = [{**row, "aligned": found} for row, found in zip(clips, probabilities, strict=True)]
    scores: Scores = {
        "sync": sync,
        "cues": cue_scores(takes),
        "alignment": aligned,
        "class": _classes(takes, classifier),
        "distances": _distances(takes, classifier),
        "sound": _sound(takes),
    }
    pace = sum(one.seconds for one in takes) / length if length else None
    return Report(
        model,
        data,
        len(cases),
        seed=seed,
        ears=classifier.name,
        seconds_per_second=pace,
        scores=scores,
        clips=tuple(clips),
    )


def _sync(takes: Sequence[Take]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Scores of each kind of track over the struck clips, and the rows they come from."""
    struck = [one for one in takes if one.struck]
    rows = []
    for place, one in enumerate(struck):
        other = struck[(place + 1) % len(struck)] if len(struck) > 1 else None
        rows.append(sync_scores(one, other))
    voices = list(rows[0]) if rows else []
    scores: dict[str, Any] = {"clips": len(struck)}
    for voice in voices:
        scores[voice] = _summary([row[voice] for row in rows])
        if voice not in ("model", "from_true_cues"):
            gains = {key: [getattr(row["model"], key) - getattr(row[voice], key) for row in rows] for key in GAINS}
            scores[f"model_minus_{voice}"] = {key: interval(values) for key, values in gains.items()}
    pairs = zip(struck, rows, strict=True)
    clips = [{"clip": one.case.name, **{voice: asdict(score) for voice, score in row.items()}} for one, row in pairs]
    return scores, clips


GAINS = ("f1_50ms", "f1_100ms", "auc")


def _summary(scores: Sequence[SyncScore]) -> dict[str, Any]:
    means = {field.name: [getattr(score, field.name) for score in scores] for field in fields(SyncScore)}
    lags = [score.lag_seconds for score in scores if score.auc >= IN_TIME_AUC]
    found: dict[str, Any] = {key: interval(means[key]) for key in GAINS}
    return found | {"median_lag_seconds": float(np.median(lags)) if lags else None}


def _classes(takes: Sequence[Take], classifier: SoundClassifier) -> dict[str, Any]:
    """How often the classifier gives the true class: to tracks from true cues ("asked"), and to the whole model's."""
    named: dict[str, list[tuple[str, int]]] = {"asked": [], "spotted": []}
    for one in takes:
        for sound in one.case.sounds:
            if sound not in classifier.classes:
                continue
            times = {"asked": excerpt_times(one.case.cues, sound), "spotted": excerpt_times(one.own.cues)}
            for how, track in (("asked", one.obeyed), ("spotted", one.own)):
                heard = classifier.classify(track.samples, track.sample_rate, times[how])
                named[how].append((sound, rank_of(heard, classifier.classes, sound)))
    found: dict[str, Any] = {}
    for how, pairs in named.items():
        found[how] = {f"top{n}": interval([float(rank < n) for _, rank in pairs]) for n in (1, 3)}
        found[how]["sounds"] = len(pairs)
    missed = sorted({sound for sound, rank in named["asked"] if rank >= 3})
    return found | {"asked_but_not_heard": missed}


def rank_of(heard: Recognition, classes: Sequence[str], asked: str) -> int:
    """Rank of the asked class among the classifier's probabilities, from 0; the last rank for silence."""
    if not len(heard.probability):
        return len(classes)
    return int(ranks(heard.pooled()[None], np.array([classes.index(asked)]))[0])


def _distances(takes: Sequence[Take], classifier: SoundClassifier) -> dict[str, Any]:
    """FAD, KL and IS of the tracks from true cues, or of the whole model's tracks where no class is known."""
    heard, kl = [], []
    for one in takes:
        if not one.case.cues:
            continue
        track = one.obeyed if one.case.sounds else one.own
        ours = classifier.classify(track.samples, track.sample_rate, excerpt_times(track.cues))
        heard.append(ours)
        kl += [float(kl_divergence(row, ours.pooled())) for row in _true_names(one.case, classifier)]
    labels = {classifier.classes.index(s) for one in takes for s in one.case.sounds if s in classifier.classes}
    real = classifier.reference.of(sorted(labels)) if labels else classifier.reference.embedding
    real = np.random.default_rng(0).permutation(real)
    made = np.concatenate([part.embedding for part in heard]) if heard else real[:0]
    tracks = np.stack([part.pooled() for part in heard]) if heard else np.zeros((0, len(classifier.classes)))
    return {
        "network": classifier.name,
        "fad": frechet_distance(made, real),
        "fad_real": frechet_distance(real[::2], real[1::2]),
        "seconds_heard": len(made),
        "kl": interval(kl),
        "is": inception_score(tracks),
    }


def _true_names(case: Case, classifier: SoundClassifier) -> list[np.ndarray[Any, Any]]:
    """Class probabilities of the true sound: from the soundtrack, or 1 for the asked class."""
    if case.soundtrack is not None:
        return [classifier.classify(case.soundtrack, RATE, excerpt_times(case.cues)).pooled()]
    known = [classifier.classes.index(sound) for sound in case.sounds if sound in classifier.classes]
    return [np.eye(len(classifier.classes))[number] for number in known]


def _sound(takes: Sequence[Take]) -> dict[str, Any]:
    """Silence, clipping and seams."""
    peaks = [peak_db(one.own.samples) for one in takes if one.struck]
    still = [rms_db(one.own.samples) for one in takes if one.case.still]
    struck_peak = float(np.median(peaks)) if peaks else float("nan")
    seams = [seam_rank(one.own.samples, one.own.sample_rate, borders(one.own)) for one in takes]
    return {
        "struck_peak_db": struck_peak,
        "still_rms_db": interval(still),
        "still_below_peaks_db": interval([struck_peak - level for level in still]) if peaks else None,
        "clipped": interval([clipped_share(one.own.samples) for one in takes]),
        "seam_rank": interval(np.concatenate(seams)) if seams else None,
    }
