"""The palette: a few recordings of each class as timbres, those that are most like their class and least like others.

recordings -> timbre of each hit, of each texture -> whitened -> margin of its own class's mean -> the best few
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foleycli.networks.mdsgen.timbre import BANDS, STRETCHES
from foleycli.specs import CueSpec
from foleycli.training.data.cue_player import SoundBank, burst, timbre_of_hit, timbre_of_span
from foleycli.training.data.effects import RATE

Timbres = npt.NDArray[np.float32]

MOST_RECORDINGS = 60  # of a class, tried
SHRINKAGE = 0.2  # of the covariance within the classes, towards its diagonal
SHORTEST_TEXTURE_SECONDS = 1.0
HIT_NUMBERS = BANDS * len(STRETCHES)  # of a hit's timbre, before its fine structure
RINGING = ("impact_metal", "small_metal_objects", "can_bottle", "glass", "glass_ceramic", "bell_alarm", "door_knock")
RING_SECONDS = 0.9
RING_SHARE = 0.5
FIRST_OF_TAIL = 3  # stretch: 64 ms after the attack

Take = Callable[[SoundBank, str, np.random.Generator], list[Timbres]]


def build_palette(bank: SoundBank, spec: CueSpec, seed: int = 0) -> Tensor:
    """The buffer of `CueEncoder`: (2, classes, takes, variants, timbre), of hits and of spans."""
    return torch.stack([_kind(bank, spec, takes, rng=np.random.default_rng((seed, 3))) for takes in (_hits, _spans)])


def _kind(bank: SoundBank, spec: CueSpec, takes_of: Take, rng: np.random.Generator) -> Tensor:
    takes = [takes_of(bank, sound, rng) for sound in spec.classes]
    margins = class_margins([np.stack([take.mean(0) for take in of]) if of else None for of in takes])
    rows = np.zeros((len(spec.classes), *spec.palette, spec.timbre), np.float32)
    for row, of, margin in zip(rows, takes, margins, strict=True):
        best = np.argsort(-margin, kind="stable")[: spec.palette[0]]
        for number in range(spec.palette[0] if len(best) else 0):
            take = of[best[number % len(best)]]
            row[number] = take[np.arange(spec.palette[1]) % len(take)]
    return torch.from_numpy(rows)


def _hits(bank: SoundBank, sound: str, rng: np.random.Generator) -> list[Timbres]:
    """Timbres (n, 240) of up to four hits of each recording; slices of textures where nothing is ever struck."""
    takes = bank.hits[sound]
    chosen = [takes[number] for number in rng.permutation(len(takes))[:MOST_RECORDINGS]]
    if not chosen:
        recordings = bank.textures[sound]
        return [np.stack([timbre_of_hit(burst(bank, sound, rng)) for _ in range(4)]) for _ in recordings[:12]]
    several = [[take[number] for number in rng.permutation(len(take))[:4]] for take in chosen]
    return [np.stack([timbre_of_hit(bank.waveform(hit)) for hit in take]) for take in several]


def _spans(bank: SoundBank, sound: str, rng: np.random.Generator) -> list[Timbres]:
    recordings = bank.textures[sound]
    chosen = [recordings[number] for number in rng.permutation(len(recordings))[:MOST_RECORDINGS]]
    long = [one for one in chosen if one.length > SHORTEST_TEXTURE_SECONDS * RATE] or chosen
    return [timbre_of_span(bank.texture(one))[None] for one in long]


def class_margins(takes: list[Timbres | None]) -> list[npt.NDArray[np.float64]]:
    """How much nearer each take (n, D) is to its own class's mean than to the nearest other one (whitened distance)."""
    known = [of for of in takes if of is not None]
    means = np.stack([of.mean(0) for of in known])
    spread = np.concatenate([of - of.mean(0) for of in known]).astype(np.float64)
    covariance = spread.T @ spread / len(spread)
    diagonal = np.diag(np.diag(covariance) + 1e-6)
    whiten = np.linalg.cholesky(np.linalg.inv((1 - SHRINKAGE) * covariance + SHRINKAGE * diagonal))
    centres = means @ whiten
    margins, place = [], 0
    for of in takes:
        if of is None:
            margins.append(np.zeros(0))
            continue
        distance = np.linalg.norm((of @ whiten)[:, None] - centres, axis=2)  # (n, classes)
        own = distance[:, place].copy()
        distance[:, place] = np.inf
        margins.append(distance.min(1) - own)
        place += 1
    return margins


def ring_on(palette: Tensor, classes: Sequence[str], bank: SoundBank, share: float = RING_SHARE) -> Tensor:
    """Lengthens hits of ringing things whose recordings were cut: `share` of the way to the decay of their class.

    palette (2, classes, takes, variants, timbre) -> same. A recording of several blows is cut at the next one, and such
    are most of those that a selection likes; a performer then stops at the same border. The decay of a class is the
    median over its recordings whose hits last 0.9 s or longer; no band gets less than it had.
    """
    result = palette.clone()
    for number, sound in enumerate(classes):
        decay = _decay(bank, sound) if sound in RINGING else None
        if decay is None:
            continue
        hits = result[0, number, ..., :HIT_NUMBERS]
        bands = hits.view(*hits.shape[:-1], len(STRETCHES), BANDS)  # what is added to it is added to the result
        longer = bands.clone()
        for stretch in range(FIRST_OF_TAIL, len(STRETCHES)):
            reached = longer[..., stretch - 1, :] + torch.from_numpy(decay[stretch] - decay[stretch - 1])
            longer[..., stretch, :] = torch.maximum(bands[..., stretch, :], reached)
        bands += share * (longer - bands)
    return result


def _decay(bank: SoundBank, sound: str) -> Timbres | None:
    """Median over recordings of the band levels of hits that last (stretches, bands); None where no hit does."""
    recordings = []
    for take in bank.hits[sound]:
        long = [hit for hit in take if hit.stop - hit.start >= RING_SECONDS * RATE]
        if long:
            heard = [timbre_of_hit(bank.waveform(hit))[:HIT_NUMBERS].reshape(len(STRETCHES), BANDS) for hit in long]
            recordings.append(np.mean([one - one[:FIRST_OF_TAIL].mean(0) for one in heard], 0))
    return np.median(recordings, 0).astype(np.float32) if recordings else None
