"""What moves the spotter: variants of it, each trained with a few seeds on the same clips, scored on scenes and films.

    foley train scenes --work runs            cached clips, in runs/scenes
    python benchmarks/spotter.py runs --clips ../shared/clips --steps 350 --seeds 3

Scores are fixed-count F1 at 50 and 100 ms of the bare onset curves (no threshold, no lag on scenes; on films the lag of
the spec) and, on films, the AUC of own against shifted. A row is mean and spread (largest less smallest) over seeds.
Each run resumes; what is done is kept in runs/spotters.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.evaluation.cases import HELD_OUT_SEED, clip_cases
from foleycli.evaluation.sync import Truth, score_curve, truth_of_events
from foleycli.evaluation.takes import baseline_pictures
from foleycli.networks.vision.spotter import Spotter
from foleycli.scenes.catalogue import KINDS, render
from foleycli.specs import SpotterSpec
from foleycli.training.loop import RunConfig
from foleycli.training.spotter.spotter import grey_at_rate, train_spotter

BASE = SpotterSpec(stem_width=64, width=96, classes=SOUND_CLASSES, lag_seconds=0.055, threshold=0.6)
VARIANTS = {
    "base": BASE,
    "narrow": replace(BASE, stem_width=32, width=48),
    "deep": replace(BASE, dilations=(*BASE.dilations, 1, 2, 4, 8)),
    "short-sighted": replace(BASE, dilations=(1, 1, 2, 2, 1, 1)),
    "unframed": BASE,  # no random part of the picture shown as the whole, no shared pictures
}
SCENE_SECONDS = 8.0
LEAST_ONSETS = 2
FAINTEST = 0.1  # strength of an event that counts


@dataclass(frozen=True)
class Case:
    film: bool
    grey: np.ndarray
    truth: Truth


def cases(clips: Path | None) -> Iterator[Case]:
    """Two held-out scenes of each kind that is struck, and the films with onsets."""
    for number, kind in enumerate([*KINDS, *KINDS]):
        scene = render(kind, HELD_OUT_SEED + 5000 + number, seconds=SCENE_SECONDS, size=(64, 64))
        times = [event.time for event in scene.events if 0 <= event.time < SCENE_SECONDS and event.strength > FAINTEST]
        if len(times) >= LEAST_ONSETS:
            grey = np.clip(grey_at_rate(scene, BASE, round(SCENE_SECONDS * BASE.frames_per_second)), 0, 1)
            yield Case(False, (255 * grey).round().astype(np.uint8), truth_of_events(times, SCENE_SECONDS))
    for case in clip_cases(clips) if clips is not None else ():
        if len(case.truth.onset_seconds) >= LEAST_ONSETS:
            yield Case(True, baseline_pictures(case.video), case.truth)


def scored(spotter: Spotter, heard: list[Case]) -> dict[str, float]:
    """Mean scores over scenes and over films."""
    found: dict[str, list[float]] = {}
    for case in heard:
        rate, lag = spotter.spec.frames_per_second, spotter.spec.lag_seconds if case.film else 0.0
        onset = spotter.spot_curves(case.grey).onset
        late = np.interp(np.arange(len(onset)) - lag * rate, np.arange(len(onset)), onset)
        score, place = score_curve(late, rate, case.truth), "film" if case.film else "scene"
        for name in ("f1_50ms", "f1_100ms", "auc") if case.film else ("f1_50ms", "f1_100ms"):
            found.setdefault(f"{place}_{name}", []).append(getattr(score, name))
    return {name: float(np.mean(values)) for name, values in found.items()}


def run_folder(name: str, seed: int, arguments: argparse.Namespace) -> Path:
    """By all that decides what comes out, so that another question gets another answer."""
    clips = "" if arguments.clips is None else f"-{arguments.clips.name}"
    what = f"{'+'.join(arguments.scenes)}{clips}-{arguments.steps}{'-bf16' if arguments.bf16 else ''}"
    return Path(arguments.work / "spotters" / what / f"{name}-{seed}")


def trained(name: str, seed: int, arguments: argparse.Namespace) -> Spotter:
    config = RunConfig(
        run_folder(name, seed, arguments), arguments.steps, learning_rate=2e-3, weight_decay=0.01,
        ema_decay=0.99, precision="bf16" if arguments.bf16 else "fp32",
    )  # fmt: skip
    folders = [arguments.work / folder for folder in arguments.scenes]
    return train_spotter(VARIANTS[name], folders, config, seed=seed, framed=name != "unframed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--scenes", nargs="*", default=["scenes"], help="folders of cached clips in WORK")
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--steps", type=int, default=350)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--variants", nargs="*", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("--bf16", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    heard = list(cases(arguments.clips))
    rows: dict[str, list[dict[str, float]]] = {}
    for seed in range(arguments.seeds):
        for name in arguments.variants:
            kept = run_folder(name, seed, arguments) / "scores.json"
            if not kept.exists():
                scores = scored(trained(name, seed, arguments), heard)
                kept.write_text(json.dumps(scores))
            rows.setdefault(name, []).append(json.loads(kept.read_text()))
            columns = {key: np.array([row[key] for row in rows[name]]) for key in rows[name][0]}
            line = "  ".join(f"{key} {got.mean():.3f} ({np.ptp(got):.3f})" for key, got in columns.items())
            print(f"{name:14s} {len(rows[name])} seeds  {line}", flush=True)


if __name__ == "__main__":
    main()
