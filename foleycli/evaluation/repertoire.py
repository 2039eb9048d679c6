"""Asks a model for each sound that it knows, over a still picture, and classifies the results."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from foleycli.cues.classes import SPAN_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.evaluation.cases import write_film
from foleycli.evaluation.embeddings import SoundClassifier
from foleycli.evaluation.report import Report, interval
from foleycli.evaluation.run import rank_of
from foleycli.evaluation.takes import Player, excerpt_times
from foleycli.types import Progress

REPERTOIRE = "repertoire"
STRENGTH = 0.8
HIT_SECONDS = (0.6, 1.7, 2.8, 3.9, 5.0, 6.1, 7.2)
SPAN_SECONDS = (0.5, 7.5)
FILM_FRAMES, FILM_RATE = 66, 8.0  # one window


def sheet(sound: str) -> tuple[Cue, ...]:
    """A cue sheet of seven hits of a sound, or of one span for a sound that lasts."""
    if sound in SPAN_CLASSES:
        return (Cue(SPAN_SECONDS[0], STRENGTH, sound, stop=SPAN_SECONDS[1]),)
    return tuple(Cue(at, STRENGTH, sound) for at in HIT_SECONDS)


def evaluate_repertoire(
    player: Player,
    sounds: Sequence[str],
    classifier: SoundClassifier,
    model: str,
    seeds: Sequence[int] = (0,),
    progress: Progress | None = None,
) -> Report:
    """The share of asked sounds that are among the first one or three classes that the classifier gives the track."""
    rows, ranks = [], dict[str, list[int]]()
    with tempfile.TemporaryDirectory(prefix="foley-repertoire-") as folder:
        film = Path(folder) / "still.mp4"
        write_film(film, np.full((FILM_FRAMES, 64, 64, 3), 90, np.uint8), FILM_RATE)
        for number, sound in enumerate(sounds):
            cues = sheet(sound)
            for seed in seeds:
                track = player.generate(film, seed=seed, cues=cues)
                heard = classifier.classify(track.samples, track.sample_rate, excerpt_times(cues))
                first = classifier.classes[int(heard.pooled().argmax())]
                ranks.setdefault(sound, []).append(rank_of(heard, classifier.classes, sound))
                rows.append({"sound": sound, "seed": seed, "rank": ranks[sound][-1], "heard_as": first})
            if progress is not None:
                progress("perform", number + 1, len(sounds))
    found = {f"top{n}": interval([float(np.mean(np.array(of) < n)) for of in ranks.values()]) for n in (1, 3)}
    missed = [sound for sound, of in ranks.items() if min(of) >= 3]
    scores = {"class": {**found, "sounds": len(sounds), "asked_but_not_heard": missed}}
    return Report(
        model,
        REPERTOIRE,
        len(rows),
        seed=seeds[0],
        ears=classifier.name,
        seconds_per_second=None,
        scores=scores,
        clips=tuple(rows),
    )
