"""Steps of the sampler and of the vocoder against scores and time: which are the fewest that keep the scores?

    python benchmarks/steps.py                          pocket; about 50 windows a row
    python benchmarks/steps.py --model ./bundle --seeds 0 1 --steps 6 8 12 --vocoder 12:2 6:2 --tagger yamnet.tflite

Each of the 50 sounds is asked for in turn (`foley evaluate --data repertoire`): seven hits at known times, or one span.
The sound classifier names the tracks (top 1, top 3; FAD to held-out recordings), the onsets of hits are compared with
the cues (F1 within 50 ms). `far` is the distance of the latent from that of 100 steps, as a share of its deviation.
With `--tagger`, `mass` is the probability that it gives to right names, mean over the sounds that it knows.
Times are CPU seconds of one thread, medians over the windows.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from foleycli.audio.files import resample
from foleycli.cues.sheet import Cue
from foleycli.evaluation.distances import frechet_distance
from foleycli.evaluation.embeddings import Recognition, SoundClassifier, load_sound_classifier
from foleycli.evaluation.repertoire import sheet
from foleycli.evaluation.run import rank_of
from foleycli.evaluation.sync import score_track, truth_of_events
from foleycli.evaluation.takes import excerpt_times
from foleycli.models.loaded import LoadedModel, load_bundle
from foleycli.models.spot_perform.model import sounds_of
from foleycli.networks.codecs.vocoder import IstftVocoder
from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.sampling.latents import Place, draw_latents
from foleycli.sampling.runtime import Runtime
from foleycli.timeline import WINDOW_SECONDS
from foleycli.training.mdsgen.tagger import RATE as TAGGER_RATE
from foleycli.training.mdsgen.tagger import Tagger, open_tagger

SETTLED_STEPS = 100
START = Fraction(0)
Result = TypeVar("Result")


@dataclass(frozen=True)
class Judges:
    """What names the tracks."""

    classifier: SoundClassifier
    tagger: Tagger | None


@dataclass
class Row:
    """One setting, and what came of it."""

    steps: int
    projections: int
    corrections: int
    draw_seconds: list[float] = field(default_factory=list)
    sound_seconds: list[float] = field(default_factory=list)
    far: list[float] = field(default_factory=list)
    ranks: list[int] = field(default_factory=list)
    onset_f1: list[float] = field(default_factory=list)
    heard: list[Recognition] = field(default_factory=list)
    mass: list[float] = field(default_factory=list)

    def add(self, wave: np.ndarray, rate: int, cues: Sequence[Cue], judges: Judges) -> None:
        classifier, tagger = judges.classifier, judges.tagger
        heard = classifier.classify(wave, rate, excerpt_times(cues))
        self.heard.append(heard)
        self.ranks.append(rank_of(heard, classifier.classes, cues[0].sound))
        if tagger is not None and cues[0].sound in tagger.classes:
            slow = np.asarray(resample(wave, rate, TAGGER_RATE), np.float32)
            self.mass.append(tagger.mass(slow, cues[0].sound))
        if hits := [cue.time for cue in cues if cue.stop is None]:
            self.onset_f1.append(score_track(wave, rate, truth_of_events(hits, float(WINDOW_SECONDS))).f1_50ms)

    def scores(self, classifier: SoundClassifier) -> dict[str, float]:
        made = np.concatenate([one.embedding for one in self.heard])
        return {
            "steps": self.steps,
            "projections": self.projections,
            "corrections": self.corrections,
            "draw_seconds": round(median(self.draw_seconds), 3),
            "sound_seconds": round(median(self.sound_seconds), 3),
            "far": round(float(np.mean(self.far)), 3),
            "top1": round(float(np.mean(np.array(self.ranks) < 1)), 3),
            "top3": round(float(np.mean(np.array(self.ranks) < 3)), 3),
            "onset_f1_50ms": round(float(np.mean(self.onset_f1)), 3),
            "fad": round(frechet_distance(made, classifier.reference.embedding), 2),
        } | ({"mass": round(float(np.mean(self.mass)), 3)} if self.mass else {})


def timed(call: Callable[[], Result], into: list[float]) -> Result:
    started = time.process_time()
    result = call()
    into.append(time.process_time() - started)
    return result


def rows_of(
    loaded: LoadedModel,
    steps: Sequence[int],
    vocoders: Sequence[tuple[int, int]],
    *,
    seeds: Sequence[int],
    judges: Judges,
) -> list[dict[str, float]]:
    """Every number of steps with the first vocoder setting, the bundle's own number of steps with the others."""
    classifier, runtime = judges.classifier, Runtime.of(torch.device("cpu"), "fp32")
    encoder, dit = loaded.part("cues", CueEncoder), loaded.part("dit", MDSGen)
    vocoder, own = loaded.part("vocoder", IstftVocoder), loaded.sampler.steps
    settings = [(count, *vocoders[0]) for count in steps] + [(own, *other) for other in vocoders[1:]]
    rows = [Row(*setting) for setting in settings]
    sounds = [sound for sound in encoder.spec.classes if sound in classifier.classes]
    for cues, seed in ((sheet(sound), seed) for sound in sounds for seed in seeds):
        features = encoder(encoder.curves(cues, 0.0, seed)[None])

        def drawn(count: int, features: Tensor = features, seed: int = seed) -> Tensor:
            sampler = replace(loaded.sampler, steps=count)
            return draw_latents(dit, features, [Place(seed, START)], sampler=sampler, runtime=runtime)

        settled = drawn(SETTLED_STEPS)
        latents: dict[int, Tensor] = {}
        for row in rows:
            if row.steps not in latents:
                latents[row.steps] = timed(lambda row=row: drawn(row.steps), row.draw_seconds)  # type: ignore[misc]
            else:
                row.draw_seconds.append(next(one for one in rows if one.steps == row.steps).draw_seconds[-1])
            latent = latents[row.steps]
            row.far.append(float((latent - settled).std() / settled.std()))
            vocoder.spec = replace(vocoder.spec, projections=row.projections, corrections=row.corrections)
            wave = timed(lambda latent=latent: sounds_of(loaded, latent, [START]), row.sound_seconds)  # type: ignore[misc]
            row.add(wave[0].numpy(), loaded.mel.sample_rate, cues, judges)
    return [row.scores(classifier) for row in rows]


def pair(text: str) -> tuple[int, int]:
    projections, corrections = text.split(":")
    return int(projections), int(corrections)


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="pocket")
    parser.add_argument("--steps", type=int, nargs="+", default=[4, 6, 8, 10, 12, 16, 25])
    parser.add_argument("--vocoder", type=pair, nargs="+", default=[(12, 2), (8, 2), (6, 2), (4, 2), (6, 1), (2, 1)])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--tagger", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    judges = Judges(load_sound_classifier(), open_tagger(asked.tagger) if asked.tagger else None)
    for row in rows_of(load_bundle(asked.model), asked.steps, asked.vocoder, seeds=asked.seeds, judges=judges):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
