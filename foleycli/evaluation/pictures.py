"""How well a Visual Echoes model does, on held-out rendered pictures: does the sound belong to what is seen?

i2a       a picture of each sounding kind in turn -> sound -> the classifier's names, against the kind's own sounds
shuffled  the same sounds judged by the kinds of other pictures: what a model scores that does not look
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from foleycli.evaluation.distances import frechet_distance, inception_score
from foleycli.evaluation.embeddings import Recognition, SoundClassifier, load_sound_classifier
from foleycli.evaluation.report import Report, interval
from foleycli.evaluation.run import rank_of
from foleycli.library.attacks import find_hits
from foleycli.models.visual_echoes.model import EchoModel
from foleycli.pipeline.image_audio import ImageAudioPipeline
from foleycli.scenes.catalogue import KINDS
from foleycli.scenes.stills import SOUNDING_KINDS, render_still
from foleycli.specs.visual_echoes import DecodingSpec
from foleycli.training.visual_echoes.corpus import HELD_OUT_SEED
from foleycli.types import Progress, Wave

STILLS = "stills"
SAMPLE_RATE = 32_000  # of what is classified
LISTEN_EVERY_SECONDS = 1.0  # where nothing is struck


def evaluate_pictures(
    model: str | Path | EchoModel,
    *,
    count: int = 76,
    seed: int = 0,
    decoding: DecodingSpec | None = None,
    device: str = "auto",
    offline: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Scores of sounds made for `count` pictures, the kinds in turn; intervals by bootstrap over pictures."""
    pipeline, judge = ImageAudioPipeline(model, device=device, offline=offline), load_sound_classifier()
    kinds = [SOUNDING_KINDS[number % len(SOUNDING_KINDS)] for number in range(count)]
    heard: list[Recognition] = []
    spent = 0.0
    for number, kind in enumerate(kinds):
        picture = render_still(kind, HELD_OUT_SEED + number).picture
        begun = time.perf_counter()
        sound = pipeline.image2audio(picture, seed=seed + number, decoding=decoding)
        spent += time.perf_counter() - begun
        heard.append(
            judge.classify(sound.samples, sound.sample_rate, excerpt_seconds(sound.samples, sound.sample_rate))
        )
        if progress is not None:
            progress("imagine", number + 1, count)
    true = [_rank(one, judge.classes, kind) for one, kind in zip(heard, kinds, strict=True)]
    # Kinds stand in turn, so a shift by half of them never gives a sound its own kind.
    shift = min(count, len(SOUNDING_KINDS)) // 2
    others = [SOUNDING_KINDS[(number + shift) % len(SOUNDING_KINDS)] for number in range(count)]
    shuffled = [_rank(one, judge.classes, kind) for one, kind in zip(heard, others, strict=True)]
    scores = {"i2a": _tops(true), "shuffled": _tops(shuffled), **_distances(heard, judge)}
    rows = tuple(
        {"kind": kind, "rank": rank, "classified_as": judge.classes[int(one.pooled().argmax())]}
        for kind, rank, one in zip(kinds, true, heard, strict=True)
    )
    length = count * float(pipeline.seconds)
    return Report(
        model=pipeline.model.name, data=STILLS, cases=count, seed=seed, ears=judge.name,
        seconds_per_second=spent / length, scores=scores, clips=rows,
    )  # fmt: skip


def excerpt_seconds(wave: Wave, sample_rate: int) -> list[float]:
    """Seconds at which a sound (S,) at 32 kHz is classified: where something is struck, else every second."""
    struck = [start / sample_rate for start, _ in find_hits(wave, SAMPLE_RATE)]
    return struck or list(np.arange(0, max(0.1, len(wave) / sample_rate - 1), LISTEN_EVERY_SECONDS))


def _rank(heard: Recognition, classes: Sequence[str], kind: str) -> int:
    """The best rank of any sound that the kind may make."""
    return min(rank_of(heard, classes, sound) for sound in KINDS[kind].sounds)


def _tops(ranks: Sequence[int]) -> dict[str, Any]:
    return {f"top{most}": interval([float(rank < most) for rank in ranks]) for most in (1, 3)}


def _distances(heard: Sequence[Recognition], judge: SoundClassifier) -> dict[str, Any]:
    embedding = np.concatenate([one.embedding for one in heard])
    probability = np.concatenate([one.probability for one in heard])
    labels = [judge.classes.index(sound) for kind in SOUNDING_KINDS for sound in KINDS[kind].sounds]
    return {"fad": frechet_distance(embedding, judge.reference.of(labels)), "is": inception_score(probability)}
