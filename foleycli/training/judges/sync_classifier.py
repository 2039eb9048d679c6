"""Trains the sync classifier: rendered scenes with true sounds, shifted sounds, and sounds of other films.

film   three cached scene clips in a row, or one long scene: motion curves (192, 16, 9)
sound  its true events and spans, played with real recordings by `perform`: bands (384, 16)
pair   a piece of 2.56 to 6 s of both: true (half of them), shifted by 0.25 to 2 s, or another film's (a quarter each)

A shifted sound is cut from the same film earlier or later, not rotated: the network could find the splice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.networks.judges.sync_classifier import (
    FRAMES_PER_STEP,
    STEPS_PER_SECOND,
    SyncClassifierNet,
    SyncClassifierSpec,
    motion_curves,
    sound_bands,
)
from foleycli.networks.vision.flow import motion_grid
from foleycli.scenes.scene import Scene
from foleycli.specs import SpotterSpec
from foleycli.training.data.cue_player import SoundBank, perform
from foleycli.training.data.effects import RATE
from foleycli.training.loop import Report, RunConfig, fit
from foleycli.training.spotter.spotter import CLIP_SECONDS, MAX_EVENTS, SPAN_LEAST, SceneClips, grey_at_rate, truth_of
from foleycli.training.spotter.truth import Truth

SHOTS = 2  # clips of a film
FILM_STEPS = SHOTS * round(CLIP_SECONDS * STEPS_PER_SECOND)
FILM_SECONDS = FILM_STEPS / STEPS_PER_SECOND
LEAST_EVENTS = 2
LEAST_STRENGTH = 0.05
SHIFT_SECONDS = (0.25, 2.0)
PIECE_STEPS = (64, 150)
TRUE, SHIFTED, SWAPPED = "true", "shifted", "swapped"
RECOGNISED = SpotterSpec(classes=SOUND_CLASSES)  # rate and classes of cached clips


@dataclass(frozen=True)
class Films:
    """N films and their true sounds, as input of the network."""

    curves: npt.NDArray[np.float16]  # (N, 192, 16, 9)
    bands: npt.NDArray[np.float16]  # (N, 384, 16)

    def __len__(self) -> int:
        return len(self.curves)

    @staticmethod
    def gather(films: Iterable[tuple[Tensor, Tensor] | None]) -> Films:
        """Those that there are, of (curves, bands)."""
        made = [film for film in films if film is not None]
        curves, bands = (np.stack([film[part].half().numpy() for film in made]) for part in (0, 1))
        return Films(curves, bands)

    @staticmethod
    def join(parts: Sequence[Films]) -> Films:
        """The films of all parts, in order."""
        return Films(np.concatenate([part.curves for part in parts]), np.concatenate([part.bands for part in parts]))


def film_of_clips(
    clips: SceneClips, rows: npt.NDArray[np.int64], bank: SoundBank, seed: int
) -> tuple[Tensor, Tensor] | None:
    """Two cached clips, one after the other, sounding; None where too little sounds."""
    grid, truth = clips.read(rows)
    cues = [cue for place in range(len(rows)) for cue in cues_of(truth, place, place * CLIP_SECONDS)]
    return _sounding(motion_curves(grid).flatten(0, 1), cues, bank, seed=seed)


def film_of_scene(scene: Scene, bank: SoundBank, seed: int) -> tuple[Tensor, Tensor] | None:
    """One scene of 7.68 s or more, sounding; None where too little sounds."""
    grey = torch.from_numpy(grey_at_rate(scene, RECOGNISED, FILM_STEPS))[None]
    truth = truth_of([scene], RECOGNISED, FILM_STEPS)
    return _sounding(motion_curves(motion_grid(grey))[0], cues_of(truth, 0), bank, seed=seed)


def _sounding(curves: Tensor, cues: Sequence[Cue], bank: SoundBank, seed: int) -> tuple[Tensor, Tensor] | None:
    hits = sum(cue.stop is None for cue in cues)
    if not LEAST_EVENTS <= hits < MAX_EVENTS or any(cue.sound not in bank.classes for cue in cues):
        return None
    wave = perform(bank, cues, np.random.default_rng((seed, 7))).wave[: round(FILM_SECONDS * RATE)]
    return curves, sound_bands(torch.from_numpy(wave)[None])[0]


def cues_of(truth: Truth, row: int, start: float = 0.0) -> list[Cue]:
    """What sounds in one clip as cues, `start` seconds later: hits, and spans where class and level stay."""
    length = truth.span_level.shape[1]
    cues = []
    events = zip(truth.event_frame[row], truth.event_strength[row], truth.event_class[row], strict=True)
    for frame, strength, number in events:
        if 0 <= frame < length and number >= 0 and strength > LEAST_STRENGTH:
            cues.append(Cue(start + float(frame) / STEPS_PER_SECOND, min(1.0, float(strength)), SOUND_CLASSES[number]))
    levels, numbers = truth.span_level[row], truth.span_class[row]
    edges = np.flatnonzero((np.diff(levels) != 0) | (np.diff(numbers) != 0)) + 1
    for first, last in zip((0, *edges), (*edges, length), strict=True):
        if levels[first] > SPAN_LEAST and numbers[first] >= 0:
            at, stop = (start + int(edge) / STEPS_PER_SECOND for edge in (first, last))
            cues.append(Cue(at, min(1.0, float(levels[first])), SOUND_CLASSES[numbers[first]], stop=stop))
    return cues


@dataclass(frozen=True)
class Pairs:
    """B pieces: curves (B, T, 16, 9), bands (B, 2 T, 16), and whether they belong together (B,), 1 or 0."""

    curves: Tensor
    bands: Tensor
    aligned: Tensor


def pairs_at(films: Films, step: int, size: int = 32, seed: int = 0) -> Pairs:
    """A spoilt batch, a function of (seed, step): half true, a quarter shifted, a quarter swapped."""
    rng = np.random.default_rng((seed, step))
    steps = int(rng.integers(PIECE_STEPS[0], PIECE_STEPS[1] + 1))
    kinds = [(TRUE, SHIFTED, TRUE, SWAPPED)[number % 4] for number in range(size)]
    chosen = rng.choice(len(films), size, replace=len(films) < size)
    curves, bands = zip(
        *(piece(films, int(one), kind, steps=steps, rng=rng) for one, kind in zip(chosen, kinds, strict=True)),
        strict=True,
    )
    aligned = torch.tensor([float(kind == TRUE) for kind in kinds])
    return Pairs(_spoilt_curves(torch.stack(curves), rng), _spoilt_bands(torch.stack(bands), rng), aligned)


def piece(films: Films, number: int, kind: str, steps: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """A piece of one film's picture with its own sound, its own at another time, or another film's."""
    low, high = (round(seconds * STEPS_PER_SECOND) for seconds in SHIFT_SECONDS)
    shift = int(rng.integers(low, min(high, FILM_STEPS - steps) + 1)) if kind == SHIFTED else 0
    start = int(rng.integers(0, FILM_STEPS - steps - shift + 1))
    seen, heard = (start, start + shift) if rng.random() < 0.5 else (start + shift, start)
    source = (number + int(rng.integers(1, len(films)))) % len(films) if kind == SWAPPED else number
    curves = films.curves[number, seen : seen + steps]
    bands = films.bands[source, FRAMES_PER_STEP * heard : FRAMES_PER_STEP * (heard + steps)]
    return torch.from_numpy(curves.astype(np.float32)), torch.from_numpy(bands.astype(np.float32))


def _spoilt_curves(curves: Tensor, rng: np.random.Generator) -> Tensor:
    """Gain and noise as lenses and codecs give, and half of the pictures mirrored."""
    count = len(curves)
    gain = torch.from_numpy(rng.uniform(0.7, 1.3, (count, 1, 1, 1))).float()
    deviation = torch.from_numpy(0.12 * rng.random((count, 1, 1, 1)) ** 2).float()
    noise = torch.from_numpy(rng.standard_normal(curves.shape, dtype=np.float32))
    across = torch.tensor([-1.0, 1.0, -1.0, *[1.0] * 6])  # mirrored: u changes its sign
    turned = torch.from_numpy(np.where(rng.random((count, 1, 1, 1)) < 0.5, 1.0, 0.0)).float()
    return curves * (turned * across + 1 - turned) * gain + deviation * noise


def _spoilt_bands(bands: Tensor, rng: np.random.Generator) -> Tensor:
    """Another microphone: tilt, and ground noise 26 dB or more under the loudest."""
    count, _, mels = bands.shape

    def draw(low: float, high: float) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (count, 1, 1))).float()

    ground = bands.amax((1, 2), keepdim=True) - draw(3.0, 10.0)
    noise = torch.from_numpy(rng.standard_normal(bands.shape, dtype=np.float32))
    return torch.logaddexp(bands + draw(-1.0, 1.0) * torch.linspace(-1, 1, mels), ground) + draw(0, 0.3) * noise


def sync_loss(network: SyncClassifierNet, pairs: Pairs) -> dict[str, Tensor]:
    """Binary cross-entropy, and the share that is classified rightly."""
    logit = network(pairs.curves, pairs.bands)
    right = ((logit > 0) == (pairs.aligned > 0.5)).float().mean()
    return {"loss": F.binary_cross_entropy_with_logits(logit, pairs.aligned), "right": right}


def train_sync_classifier(
    spec: SyncClassifierSpec,
    films: Films,
    config: RunConfig,
    *,
    batch_size: int = 32,
    seed: int = 0,
    progress: Callable[[Report], None] | None = None,
) -> SyncClassifierNet:
    """A network with averaged weights; resumes from `config.out_dir`."""
    torch.manual_seed(seed)
    network = SyncClassifierNet(spec)
    network.load_state_dict(
        fit(
            network,
            lambda step: pairs_at(films, step, batch_size, seed=seed),
            sync_loss,
            config=config,
            batch_size=batch_size,
            progress=progress,
        )
    )
    return network.eval()


@torch.inference_mode()
def shares_right(network: SyncClassifierNet, films: Films, steps: int = 128, seed: int = 0) -> dict[str, float]:
    """Share of the films of which one piece is classified rightly: with its true sound, shifted, and swapped."""
    found = {}
    for kind in (TRUE, SHIFTED, SWAPPED):
        rng = np.random.default_rng(seed)
        pairs = (piece(films, number, kind, steps=steps, rng=rng) for number in range(len(films)))
        logit = torch.cat([network(curves[None], bands[None]) for curves, bands in pairs])
        found[kind] = float(((logit > 0) == (kind == TRUE)).float().mean())
    return found
