"""Alignment accuracy as Diff-Foley defines it: the share of a model's tracks that a classifier takes for true ones.

judge/                   a bundle like any other, inside the package
  bundle.json            spec, hashes, licence
  aligner.safetensors    the network, float16
  CARD.md                how well it judges

It learned on rendered scenes with real sounds, from motion alone: it has heard no generated track, and the spotter's
opinion is not among what it sees.
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
    Aligner,
    AlignerSpec,
    motion_curves,
    sound_bands,
)
from foleycli.networks.vision.flow import motion_grid

JUDGE_DIR = Path(__file__).parent / "sync_classifier"
JUDGE_NAME = "foley-judge-v2"
PIECE_STEPS = 128  # judged at a time: 5.12 s
HOP_STEPS = 64
SILENT = 1e-4  # -80 dBFS: nothing to be in time with
SHIFT_SECONDS = 1.0


@dataclass(frozen=True)
class Judge:
    """An aligner and its name."""

    aligner: Aligner
    name: str = JUDGE_NAME

    @torch.inference_mode()
    def belief(self, pictures: npt.NDArray[np.uint8], wave: Array, sample_rate: int) -> float:
        """How likely a waveform (S,) belongs to grey pictures (T, 64, 64) at 25 a second: over 0.5 is aligned.

        The mean logit of pieces of 5.12 s, each half over the next; 0 for silence.
        """
        mono = np.asarray(wave, np.float32)
        if sample_rate != BANDS.sample_rate:
            mono = resample(mono, sample_rate, BANDS.sample_rate)
        if len(mono) <= BANDS.n_fft or float(np.abs(mono).max()) < SILENT:
            return 0.0
        bands = sound_bands(torch.from_numpy(mono)[None])
        steps = min(len(pictures), bands.shape[1] // FRAMES_PER_STEP)
        logits = [
            self.aligner(_curves(pictures, first, last), bands[:, FRAMES_PER_STEP * first : FRAMES_PER_STEP * last])
            for first, last in pieces(steps)
        ]
        return float(torch.cat(logits).mean().sigmoid())


def pieces(steps: int) -> Iterator[tuple[int, int]]:
    """First and last step (exclusive) of pieces that cover the whole evenly; one piece if it is short."""
    count = 1 + max(0, -(-(steps - PIECE_STEPS) // HOP_STEPS))
    for first in np.linspace(0, max(0, steps - PIECE_STEPS), count).round().astype(int):
        yield int(first), min(steps, int(first) + PIECE_STEPS)


def _curves(pictures: npt.NDArray[np.uint8], first: int, last: int) -> Tensor:
    """Motion curves (1, T, 16, 9) of a piece, its first step seen against the picture before."""
    before = max(0, first - 1)
    grey = torch.from_numpy(pictures[before:last].astype(np.float32) / 255)[None]
    return motion_curves(motion_grid(grey))[:, first - before :]


def alignment(takes: Sequence[Take], judge: Judge) -> tuple[dict[str, Any], list[dict[str, float]]]:
    """Share of the struck takes that are judged aligned, by voice; and what was believed of each."""
    struck = [one for one in takes if one.struck]
    rows = [
        beliefs(one, struck[(place + 1) % len(struck)] if len(struck) > 1 else None, judge)
        for place, one in enumerate(struck)
    ]
    voices = list(dict.fromkeys(voice for row in rows for voice in row))
    shares = {voice: interval([float(row[voice] > 0.5) for row in rows if voice in row]) for voice in voices}
    return {"network": judge.name, "clips": len(struck), **shares}, rows


def beliefs(take: Take, other: Take | None, judge: Judge) -> dict[str, float]:
    """What the judge believes of a take's tracks, and of the true soundtrack where there is one, in time and not."""
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
    return {voice: judge.belief(pictures, wave, its_rate) for voice, (wave, its_rate) in tracks.items()}


def load_judge(folder: Path = JUDGE_DIR) -> Judge:
    """The judge in a folder, checked against its hashes; the packaged one by default."""
    bundle = read_bundle(folder)
    aligner = Aligner(bundle.spec("aligner", AlignerSpec))
    aligner.load_state_dict(read_part(bundle, "aligner"))
    return Judge(aligner.eval().requires_grad_(False), bundle.manifest.name)


def save_judge(folder: Path, judge: Judge, *, training_data: str, card: str) -> Bundle:
    """Writes a judge as a bundle."""
    return write_bundle(
        folder,
        {"aligner": judge.aligner.state_dict()},
        name=judge.name,
        kind="judge",
        specs={"aligner": judge.aligner.spec, "mel": BANDS},
        licence="Apache-2.0",
        commercial_use=True,
        training_data=training_data,
        card=card,
    )
