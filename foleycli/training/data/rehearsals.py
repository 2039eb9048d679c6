"""Rehearsals, the performer's synthetic training examples: a random cue list, played with real sounds.

    rehearse(seed) -> waveform (262144,) at 32 kHz + the cues it was played from, slightly wrong on purpose,
                      and what each of them sounded like

No video is needed: the performer's only input is cue curves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from foleycli.cues.classes import HIT_CLASSES, SOUND_CLASSES, SPAN_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.timeline import WINDOW_SECONDS
from foleycli.training.data.cue_player import Played, SoundBank, perform

RARELY = {"other_unsorted": 0.3, "ambience": 0.5, "human_nonspeech": 0.5, "human_baby_cry": 0.5}
OFTEN = {"footsteps": 2.5, "impact_metal": 2.0, "impact_wood": 2.0, "impact_generic": 2.0, "door_knock": 2.0}


def rehearse(bank: SoundBank, seed: int) -> tuple[Played, tuple[Cue, ...]]:
    """One window of 8.192 s as played, and its degraded cues; the same for the same seed."""
    rng = np.random.default_rng((seed, 0xF01E))
    cues = random_cues(rng, bank.classes)
    played = perform(bank, cues, rng)
    return played, degrade(cues, rng)


def timbre_number(played: Played, cue: Cue) -> int:
    """Which of the played timbres a shown cue goes with: the nearest in time of its sound and kind; -1 for none."""
    of_kind = [
        (abs(other.time - cue.time), number)
        for number, (other, _) in enumerate(played.timbres)
        if other.sound == cue.sound and (other.stop is None) == (cue.stop is None)
    ]
    return min(of_kind)[1] if of_kind else -1


def random_cues(rng: np.random.Generator, known: Sequence[str] = SOUND_CLASSES) -> list[Cue]:
    """A cue list as a spotter might write it: hits in a rhythm, spans with a moving level, both, or nothing."""
    kind = rng.choice(["hits", "spans", "both", "silence"], p=[0.58, 0.22, 0.15, 0.05])
    cues: list[Cue] = []
    if kind in ("hits", "both"):
        for _ in range(2 if rng.random() < 0.2 else 1):
            cues += _random_hits(rng, _random_class(rng, HIT_CLASSES, known))
    if kind in ("spans", "both"):
        cues += _random_spans(rng, _random_class(rng, SPAN_CLASSES, known))
    return sorted(cues, key=lambda cue: cue.time)


def _random_class(rng: np.random.Generator, usual: Sequence[str], known: Sequence[str]) -> str:
    names = known if rng.random() < 0.12 else [name for name in usual if name in known]
    weights = np.array([OFTEN.get(name, RARELY.get(name, 1.0)) for name in names])
    return str(names[rng.choice(len(names), p=weights / weights.sum())])


def _random_hits(rng: np.random.Generator, sound: str) -> list[Cue]:
    total = float(WINDOW_SECONDS)
    rhythm = rng.choice(["regular", "irregular", "bursts", "sparse"], p=[0.45, 0.32, 0.11, 0.12])
    if rhythm == "regular":
        period = float(np.exp(rng.uniform(np.log(0.14), np.log(2.0))))
        times = np.arange(rng.uniform(0, period), total, period)
        times = times + rng.normal(0, 0.04 * period, len(times))
    elif rhythm == "irregular":
        times = np.cumsum(rng.exponential(rng.uniform(0.25, 1.2), 40) + 0.1)
    elif rhythm == "bursts":
        starts = np.cumsum(rng.uniform(0.8, 3.0, 6))
        times = np.concatenate([start + np.arange(rng.integers(2, 6)) * rng.uniform(0.1, 0.25) for start in starts])
    else:
        times = rng.uniform(0, total, rng.integers(1, 5))
    if rng.random() < 0.35:  # often the action fills only a part of the window
        first, last = np.sort(rng.uniform(0, total, 2))
        times = times[(times >= first) & (times <= last)]
    centre, spread = rng.uniform(0.25, 1.0), rng.choice([0.03, 0.12, 0.3])
    times = np.sort(times[(times >= 0) & (times < total - 0.02)])
    return [Cue(float(t), float(np.clip(rng.normal(centre, spread), 0.05, 1.0)), sound) for t in times]


def _random_spans(rng: np.random.Generator, sound: str) -> list[Cue]:
    total = float(WINDOW_SECONDS)
    first, last = (0.0, total) if rng.random() < 0.6 else sorted(rng.uniform(0, total, 2))
    if last - first < 0.3:
        return []
    edges = np.sort(np.concatenate([[first, last], rng.uniform(first, last, rng.integers(0, 6))]))
    levels = np.clip(np.cumsum(rng.normal(0, 0.15, len(edges))) + rng.uniform(0.3, 0.9), 0.05, 1.0)
    spans = zip(pairwise(edges), levels, strict=False)
    return [Cue(float(a), float(level), sound, stop=float(b)) for (a, b), level in spans if b - a > 0.05]


def degrade(cues: Sequence[Cue], rng: np.random.Generator) -> tuple[Cue, ...]:
    """The cues as a spotter would get them: a little late or early, some missing, some false, strengths rough."""
    jitter = rng.choice([0.0, 0.008, 0.015])
    seen = [cue for cue in cues if cue.stop is not None or rng.random() > 0.03]
    heard = []
    for cue in seen:
        shift = rng.normal(0, jitter) if cue.stop is None else 0.0
        strength = float(np.clip(cue.strength + rng.normal(0, 0.06), 0.03, 1.0))
        heard.append(replace(cue, time=max(0.0, cue.time + shift), strength=strength))
    if heard and rng.random() < 0.1:
        heard.append(Cue(float(rng.uniform(0, float(WINDOW_SECONDS))), 0.1, heard[0].sound))
    return tuple(heard)
