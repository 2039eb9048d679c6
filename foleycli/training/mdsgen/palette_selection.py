"""Palette selection: finds the recordings of each class that the performer plays recognisably and on time.

candidates -> a window of each, performed -> classifier of its own, attacks -> the best few of each class

A small performer can't play every timbre that is typical of its class. Each class is tried as what it is most often,
hits or a span; for its other kind the most typical recordings are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.cues.classes import NEUTRAL_HIT, SOUND_CLASSES, SPAN_CLASSES, STEADY_SECONDS
from foleycli.cues.sheet import Cue
from foleycli.models.loaded import LoadedModel
from foleycli.models.spot_perform.model import sounds_of
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.judges.sound_classifier import SoundClassifierNet, excerpts, halve
from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.networks.mdsgen.timbre import take_of
from foleycli.sampling.latents import Place, draw_latents
from foleycli.sampling.runtime import Runtime
from foleycli.specs import CueSpec, MelSpec, SoundClassifierSpec
from foleycli.training.data.cue_player import SoundBank
from foleycli.training.judges.sound_classifier import (
    Excerpts,
    recorded_excerpts,
    rehearsed_excerpts,
    train_sound_classifier,
)
from foleycli.training.loop import RunConfig
from foleycli.training.mdsgen.tagger import RATE as TAGGER_RATE
from foleycli.training.mdsgen.tagger import Tagger

CANDIDATES = 60  # recordings of a class that are tried at the most
SHARE_KEPT, LEAST_KEPT = 0.25, 4  # even of few recordings poor ones are dropped
SEEDS = (11, 12)  # of the noise; more than one, as a seed changes the score
HIT_SECONDS = (0.7, 1.9, 3.1, 4.3, 5.5, 6.7)
SPAN_SECONDS, HEARD_SECONDS = (0.4, 7.6), (1.0, 2.2, 3.4, 4.6, 5.8)
STRENGTH = 0.8
CLASSIFIER, CLASSIFIER_SEED = SoundClassifierSpec(SOUND_CLASSES, widths=(32, 64, 96, 160), embedding=48), 7
CLASSIFIER_RUN = RunConfig(Path(), 3000, learning_rate=2e-3, weight_decay=0.05)
ATTACK_WEIGHT = (
    5.0  # a candidate half of whose attacks are a fifth too low loses about as much as one named half as surely
)
UNSTEADY_WEIGHT = (
    5.0  # a texture a fifth of whose time lies off its own median loses as much as one named half as surely
)
BLOCK_SAMPLES, MEDIAN_BLOCKS, OFF_DB = 800, 40, 6.0  # 25 ms at 32 kHz, 1 s of them
LATE_FRAMES, SECOND_FRAMES = 16, 62  # of 16 ms: a quarter of a second, a second
AUDIBLE, NEAR_FRAMES = 7.0, 3  # natural log units under the loudest bin: 61 dB; of 16 ms: 48 ms
LEAD_SECONDS, TAGGED_SECONDS, LEAST_MASS = 0.1, 1.2, 0.02  # what a tagger hears of each hit
LEAST = 1e-8  # probability: one excerpt that is not recognised at all does not decide

Play = Callable[[Sequence[Cue], int], Tensor]


class Listener(Protocol):
    """What tells how surely a candidate sounds like a class: a classifier."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The sounds that it has names for."""
        ...

    def named(self, wave: Tensor, sound: str, seconds: Sequence[float]) -> float:
        """Log of how surely the sound (S,) at 32 kHz is `sound` at these times, mean over them."""
        ...


@dataclass(frozen=True)
class ClassifierListener:
    """A sound classifier of our own."""

    network: SoundClassifierNet

    @property
    def classes(self) -> tuple[str, ...]:
        return self.network.spec.classes

    @torch.inference_mode()
    def named(self, wave: Tensor, sound: str, seconds: Sequence[float]) -> float:
        spec = MelSpec.FULL_BAND
        frames = [round(at / float(spec.frame_seconds)) for at in seconds]
        heard = halve(excerpts(log_mel(wave[None], spec)[0], frames, self.network.spec))
        row = self.classes.index(sound)
        return float(self.network(heard).softmax(1)[:, row].clamp_min(LEAST).log().mean())


@dataclass(frozen=True)
class TaggerListener:
    """A tagger that was trained elsewhere, without sounds of this codec."""

    tagger: Tagger

    @property
    def classes(self) -> tuple[str, ...]:
        return self.tagger.classes

    def named(self, wave: Tensor, sound: str, seconds: Sequence[float]) -> float:
        step = MelSpec.FULL_BAND.sample_rate // TAGGER_RATE
        slow = wave.double().unfold(0, step, step).mean(1).float().numpy()  # a coarse low-pass is enough to choose by
        starts = [max(0, round((at - LEAD_SECONDS) * TAGGER_RATE)) for at in seconds]
        masses = [
            self.tagger.mass(slow[start : start + round(TAGGED_SECONDS * TAGGER_RATE)], sound) for start in starts
        ]
        return float(np.log(np.array(masses) + LEAST_MASS).mean())


def sound_of(loaded: LoadedModel) -> Play:
    """(cues, seed) -> the first window as `foley dub` performs it, (S,)."""
    engine, start = Runtime.of(torch.device("cpu"), "fp32"), Fraction(0)
    # Built out here: `audition` changes the palette in place.
    encoder, dit = loaded.part("cues", CueEncoder), loaded.part("dit", MDSGen)

    @torch.inference_mode()
    def play(cues: Sequence[Cue], seed: int) -> Tensor:
        features = encoder(encoder.curves(cues, 0.0, seed)[None])
        latent = draw_latents(dit, features, [Place(seed, start)], sampler=loaded.sampler, runtime=engine)
        return sounds_of(loaded, latent, [start])[0]

    return play


def candidate_scores(
    play: Play, palette: Tensor, kind: int, row: int, sound: str, candidates: Tensor, listener: Listener
) -> Tensor:
    """How well `sound`, class number `row`, is played by each candidate (takes, variants, timbre): (takes,), at best 0.

    `palette` is that of the model's cue encoder and is left as it was. The score is the mean log probability of the
    class; for hits also how far their attacks stand out of everything else (`on_time`), for textures that stand still
    how much of them does not (`unsteady`).
    """
    before = palette[kind, row].clone()
    scores = []
    for timbres in candidates:
        palette[kind, row] = timbres
        waves = [play(_sheet(sound, kind), seed) for seed in SEEDS]
        scores.append(float(np.mean([_score(wave, kind, sound, listener=listener) for wave in waves])))
    palette[kind, row] = before
    return torch.tensor(scores)


def _sheet(sound: str, kind: int) -> list[Cue]:
    if kind == 1:
        return [Cue(SPAN_SECONDS[0], STRENGTH, sound, stop=SPAN_SECONDS[1])]
    return [Cue(at, STRENGTH, sound) for at in HIT_SECONDS]


@torch.inference_mode()
def _score(wave: Tensor, kind: int, sound: str, listener: Listener) -> float:
    spec, seconds = MelSpec.FULL_BAND, (HIT_SECONDS, HEARD_SECONDS)[kind]
    named = listener.named(wave, sound, seconds)
    if kind == 1:
        return named - UNSTEADY_WEIGHT * unsteady(wave) if STEADY_SECONDS.get(sound, 1.0) < 0.1 else named
    mel, frames = log_mel(wave[None], spec)[0], [round(at / float(spec.frame_seconds)) for at in seconds]
    # The neutral hit is used most often, in rolls too, so it must be short.
    over = brevity(mel, frames) if sound == NEUTRAL_HIT else 0.0
    return named + ATTACK_WEIGHT * (on_time(mel, frames) + over)


def on_time(mel: Tensor, frames: Sequence[int]) -> float:
    """How far the attacks at these frames of a log-mel (M, K) stand out of its other rises: 0 twice as high, else less.

    The mean of log(rise / (2 x the highest rise elsewhere)).
    """
    audible = mel.clamp_min(float(mel.max()) - AUDIBLE)
    rise = audible.diff(dim=1).clamp_min(0).mean(0)  # (K - 1,): how much louder the bins become
    near = torch.stack([rise[max(0, frame - NEAR_FRAMES) : frame + NEAR_FRAMES].max() for frame in frames])
    elsewhere = torch.ones(len(rise), dtype=torch.bool)
    for frame in frames:
        elsewhere[max(0, frame - NEAR_FRAMES - 2) : frame + NEAR_FRAMES + 2] = False
    highest = rise[elsewhere].max().clamp_min(1e-3)
    return float((near / (2 * highest)).clamp(1e-3, 1).log().mean())


def brevity(mel: Tensor, frames: Sequence[int]) -> float:
    """How little of the second after these frames of a log-mel (M, K) sounds late: log of the rest, 0 at best."""
    loudness = mel.exp().sum(0)
    rows = [loudness[frame : frame + SECOND_FRAMES] for frame in frames]
    late = [float(row[LATE_FRAMES:].sum() / row.sum()) for row in rows]
    return float(np.log(np.maximum(1 - np.array(late), 1e-3)).mean())


def unsteady(wave: Tensor) -> float:
    """The share of a span's 25 ms, of a sound (S,) at 32 kHz, whose level lies 6 dB or more off the second around."""
    first, last = (round(at * MelSpec.FULL_BAND.sample_rate) for at in (HEARD_SECONDS[0], HEARD_SECONDS[-1]))
    heard = wave[first:last].double()
    power = heard[: len(heard) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES).square().mean(1)
    level_db = 10 * (power + 1e-12).log10()
    around = F.pad(level_db[None, None], (MEDIAN_BLOCKS // 2,) * 2, mode="reflect")[0, 0].unfold(
        0, MEDIAN_BLOCKS + 1, 1
    )
    return float(((level_db - around.median(1).values).abs() >= OFF_DB).double().mean())


def asked_kind(sound: str) -> int:
    """Which of a class's two rows of the palette is asked for most often: 0 hits, 1 spans."""
    return int(sound in SPAN_CLASSES)


def best_of(candidates: Tensor, scores: Tensor, takes: int) -> Tensor:
    """`takes` rows of the best of the different candidates (n, variants, timbre).

    The second has half as many rows as the first, the third a third, and so on: a seed picks a row, so most often one
    that is played well.
    """
    first = [number for number in range(len(candidates)) if not _seen(candidates, number)]
    ranked = sorted(first, key=lambda number: -float(scores[number]))
    kept = ranked[: min(takes, max(LEAST_KEPT, round(SHARE_KEPT * len(first))))]
    turns = sorted(((copy + 0.5) * (rank + 1), rank) for rank in range(len(kept)) for copy in range(takes))
    return torch.stack([candidates[kept[rank]] for _, rank in turns[:takes]])


def _seen(candidates: Tensor, number: int) -> bool:
    return any(torch.equal(candidates[number], earlier) for earlier in candidates[:number])


def select_palette(
    loaded: LoadedModel, tried: Tensor, listener: Listener, folder: Path, count: Callable[[int, int], None]
) -> Tensor:
    """The palette of the bundle's cue encoder, its rows chosen anew from those of `tried` (2, classes, takes, ...).

    Classes that the listener has no name for stay as they are.
    The scores of each class are kept in `folder`, so a run that was cut goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder = loaded.part("cues", CueEncoder)
    palette, classes = encoder.palette, encoder.spec.classes
    play, kept = sound_of(loaded), palette.clone()
    for row, sound in enumerate(classes):
        count(row + 1, len(classes))
        if sound not in listener.classes:
            continue
        kind, path = asked_kind(sound), folder / f"{sound}.pt"
        candidates = tried[kind, row].to(palette)
        if not path.exists():
            partial = path.with_suffix(".partial")
            torch.save(
                candidate_scores(play, palette, kind, row=row, sound=sound, candidates=candidates, listener=listener),
                partial,
            )
            partial.replace(path)
        best = best_of(candidates, torch.load(path, weights_only=True), palette.shape[2])
        kept[kind, row] = best.roll(take_of(0, sound, len(best)), 0)  # seed 0, which most hear, has the very best
    return kept


def selection_classifier(bank: SoundBank, rehearsals: Sequence[Path], config: RunConfig) -> SoundClassifierNet:
    """A classifier with other layers and other excerpts than that of `foley evaluate`."""
    recorded = recorded_excerpts(bank, CLASSIFIER, CLASSIFIER_SEED)
    rehearsed = rehearsed_excerpts(rehearsals, CueSpec(CLASSIFIER.classes), CLASSIFIER, seed=CLASSIFIER_SEED)
    data = Excerpts.join([recorded, rehearsed])
    return train_sound_classifier(CLASSIFIER, data, config, seed=CLASSIFIER_SEED).requires_grad_(False)
