"""Alignment accuracy as Diff-Foley defines it: the share of a model's tracks that a classifier takes for true ones.

sync_classifier/         a bundle like any other, inside the package
  bundle.json            spec, hashes, licence
  aligner.safetensors    the network, float16
  CARD.md                its accuracy

It was trained on rendered scenes with real sounds. Its input is motion and sound, not the spotter's output, and no
generated track was in its training data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foleycli.audio.files import resample
from foleycli.bundles.format import Bundle, read_bundle, read_part, write_bundle
from foleycli.evaluation.cases import RATE
from foleycli.evaluation.metrics import Array
from foleycli.evaluation.report import interval
from foleycli.evaluation.takes import Take, baseline_pictures
from foleycli.networks.judges.sync_classifier import (
    BANDS,
    FRAMES_PER_STEP,
    SyncClassifierNet,
    SyncClassifierSpec,
    motion_curves,
    sound_bands,
)
from foleycli.networks.vision.flow import motion_grid

SYNC_CLASSIFIER_DIR = Path(__file__).parent / "sync_classifier"
SYNC_CLASSIFIER_NAME = "foley-judge-v2"
PIECE_STEPS = 128  # of one piece: 5.12 s
HOP_STEPS = 64
SILENT = 1e-4  # -80 dBFS: quieter sound is not scored
SHIFT_SECONDS = 1.0


@dataclass(frozen=True)
class SyncClassifier:
    """A network that says whether sound and picture are in time, and its name."""

    network: SyncClassifierNet
    name: str = SYNC_CLASSIFIER_NAME

    @torch.inference_mode()
    def probability(self, pictures: npt.NDArray[np.uint8], wave: Array, sample_rate: int) -> float:
        """The probability that a waveform (S,) belongs to grey pictures (T, 64, 64) at 25 a second; aligned over 0.5.

        The sigmoid of the mean logit of pieces of 5.12 s, which overlap by half; 0 for silence.
        """
        mono = np.asarray(wave, np.float32)
        if sample_rate != BANDS.sample_rate:
            mono = resample(mono, sample_rate, BANDS.sample_rate)
        if len(mono) <= BANDS.n_fft or float(np.abs(mono).max()) < SILENT:
            return 0.0
        bands = sound_bands(torch.from_numpy(mono)[None])
        steps = min(len(pictures), bands.shape[1] // FRAMES_PER_STEP)
        logits = [
            self.network(_curves(pictures, first, last), bands[:, FRAMES_PER_STEP * first : FRAMES_PER_STEP * last])
            for first, last in pieces(steps)
        ]
        return float(torch.cat(logits).mean().sigmoid())


def pieces(steps: int) -> Iterator[tuple[int, int]]:
    """First and last step (exclusive) of evenly spaced pieces that cover all steps; one piece if there are few."""
    count = 1 + max(0, -(-(steps - PIECE_STEPS) // HOP_STEPS))
    for first in np.linspace(0, max(0, steps - PIECE_STEPS), count).round().astype(int):
        yield int(first), min(steps, int(first) + PIECE_STEPS)


def _curves(pictures: npt.NDArray[np.uint8], first: int, last: int) -> Tensor:
    """Motion curves (1, T, 16, 9) of a piece; the motion of its first step is from the picture before."""
    before = max(0, first - 1)
    grey = torch.from_numpy(pictures[before:last].astype(np.float32) / 255)[None]
    return motion_curves(motion_grid(grey))[:, first - before :]


def alignment(takes: Sequence[Take], sync_classifier: SyncClassifier) -> tuple[dict[str, Any], list[dict[str, float]]]:
    """Share of the struck takes that are aligned, for each kind of track, and the probabilities of each take."""
    struck = [one for one in takes if one.struck]
    rows = [
        aligned_probabilities(one, struck[(place + 1) % len(struck)] if len(struck) > 1 else None, sync_classifier)
        for place, one in enumerate(struck)
    ]
    voices = list(dict.fromkeys(voice for row in rows for voice in row))
    shares = {voice: interval([float(row[voice] > 0.5) for row in rows if voice in row]) for voice in voices}
    return {"network": sync_classifier.name, "clips": len(struck), **shares}, rows


def aligned_probabilities(take: Take, other: Take | None, sync_classifier: SyncClassifier) -> dict[str, float]:
    """The probability of each track of a take, and of the true soundtrack, in time and shifted, where there is one."""
    pictures = baseline_pictures(take.case.video)
    own, rate = take.own.samples, take.own.sample_rate
    tracks: dict[str, tuple[Array, int]] = {
        "model": (own, rate),
        "from_true_cues": (take.obeyed.samples, take.obeyed.sample_rate),
    }
    if other is not None:
        tracks["another_clip"] = (np.resize(other.own.samples, len(own)), other.own.sample_rate)
    if take.case.soundtrack is not None:
        true = take.case.soundtrack
        tracks["soundtrack"] = (true, RATE)
        tracks["soundtrack_shifted"] = (np.roll(true, round(SHIFT_SECONDS * RATE)), RATE)
    return {voice: sync_classifier.probability(pictures, wave, its_rate) for voice, (wave, its_rate) in tracks.items()}


def load_sync_classifier(folder: Path = SYNC_CLASSIFIER_DIR) -> SyncClassifier:
    """Loads the classifier from a folder and checks its hashes; by default the packaged one."""
    bundle = read_bundle(folder)
    network = SyncClassifierNet(bundle.spec("aligner", SyncClassifierSpec))
    network.load_state_dict(read_part(bundle, "aligner"))
    return SyncClassifier(network.eval().requires_grad_(False), bundle.manifest.name)


def save_sync_classifier(folder: Path, sync_classifier: SyncClassifier, *, training_data: str, card: str) -> Bundle:
    """Writes a sync classifier as a bundle."""
    return write_bundle(
        folder,
        {"aligner": sync_classifier.network.state_dict()},
        name=sync_classifier.name,
        kind="judge",
        specs={"aligner": sync_classifier.network.spec, "mel": BANDS},
        licence="Apache-2.0",
        commercial_use=True,
        training_data=training_data,
        card=card,
    )
