"""Sounds that are easy to tell apart, a classifier trained on them in a second, and cases whose scores are known."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import torch

from foleycli.cues.sheet import Cue
from foleycli.evaluation.cases import Case, write_film
from foleycli.evaluation.embeddings import Reference, SoundClassifier
from foleycli.evaluation.sync import truth_of_events
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.judges.sound_classifier import SoundClassifierNet, excerpts, halve
from foleycli.pipeline.track import Track
from foleycli.specs import MelSpec, SoundClassifierSpec
from foleycli.timeline import plan_windows
from foleycli.training.judges.sound_classifier import Excerpts, naming_loss, spoil

RATE = 32000
NAMES = ("footsteps", "glass", "impact_metal", "rain")
SECONDS = 5.0
SPEC = SoundClassifierSpec(NAMES, widths=(8, 12, 16, 24), embedding=8, dropout=0.0)


def voice(name: str, rng: np.random.Generator) -> np.ndarray:
    """A thud, a high ring, a low ring or a burst of hiss, 0.4 s at 32 kHz."""
    t = np.arange(round(0.4 * RATE)) / RATE
    hz = {"footsteps": 90, "glass": 6000, "impact_metal": 900}.get(name)
    hiss = rng.standard_normal(len(t))
    body = hiss if hz is None else np.sin(2 * np.pi * hz * rng.uniform(0.9, 1.1) * t) + 0.01 * hiss
    return (0.3 * body * np.exp(-t * rng.uniform(8, 15))).astype(np.float32)


def play(cues: Sequence[Cue], seconds: float, seed: int = 0) -> np.ndarray:
    """Each cue by its voice; one without a name as hiss."""
    rng = np.random.default_rng(seed)
    wave = np.zeros(round(seconds * RATE) + RATE, np.float32)
    for cue in cues:
        sound, at = voice(cue.sound, rng), round(cue.time * RATE)
        wave[at : at + len(sound)] += sound
    return wave[: round(seconds * RATE)]


def examples(each: int, seed: int) -> Excerpts:
    """Excerpts of each voice."""
    rng = np.random.default_rng(seed)
    label = np.repeat(np.arange(len(NAMES)), each)
    waves = torch.from_numpy(np.stack([np.pad(voice(NAMES[k], rng), (2048, RATE)) for k in label]))
    mels = torch.stack([excerpts(mel, [4], SPEC)[0] for mel in log_mel(waves, MelSpec.FULL_BAND)])
    return Excerpts(halve(mels).half().numpy(), label, np.arange(len(label)))


@cache
def classifier() -> SoundClassifier:
    """A classifier trained on the four voices."""
    torch.manual_seed(0)
    network, data = SoundClassifierNet(SPEC), examples(24, 0)
    optimizer = torch.optim.AdamW(network.parameters(), lr=5e-3)
    rng = np.random.default_rng(0)
    for _ in range(60):
        chosen = rng.integers(0, len(data), 32)
        mel = spoil(torch.from_numpy(data.mel[chosen]).float(), rng)
        optimizer.zero_grad()
        naming_loss(network, (mel, torch.from_numpy(data.label[chosen])))["loss"].backward()
        optimizer.step()
    network.eval().requires_grad_(False)
    real = examples(12, 1)
    embedding = network.embed(torch.from_numpy(real.mel).float()).numpy()
    return SoundClassifier(network, Reference(embedding, real.label), "four-voices")


def make_cases(folder: Path, count: int, *, flash: bool) -> list[Case]:
    """Videos that flash at their onsets, or stay dark; one still case at the end."""
    cases = []
    for number in range(count + 1):
        rng = np.random.default_rng(number)
        hits = [] if number == count else np.sort(rng.uniform(0.05, SECONDS - 0.1, 12))
        apart = [t for t, last in zip(hits, [-1, *hits], strict=False) if t - last > 0.15]
        cues = tuple(Cue(float(t), 0.8, NAMES[number % len(NAMES)]) for t in apart)
        frames = np.full((round(SECONDS * 25), 32, 32, 3), 60, np.uint8)
        for cue in cues if flash else ():
            frames[round(cue.time * 25), 8:24, 8:24] = 250
        path = folder / f"case{number}.mp4"
        write_film(path, frames, 25)
        truth = truth_of_events([cue.time for cue in cues], SECONDS)
        cases.append(Case(path.stem, path, truth, cues, still=not cues))
    return cases


class Band:
    """Plays what it is told: by itself, the cues of the video that `reads` names for each video."""

    def __init__(self, cases: Sequence[Case], shift: int = 0, plays: Sequence[str] = NAMES) -> None:
        struck = [case for case in cases if case.cues]
        self.sheets = {case.name: case.cues for case in cases}
        self.sheets |= {case.name: struck[(k + shift) % len(struck)].cues for k, case in enumerate(struck)}
        self.plays = dict(zip(NAMES, plays, strict=True))

    def generate(self, video: Path, *, seed: int, cues: Sequence[Cue] | None = None) -> Track:
        sheet = self.sheets[video.stem] if cues is None else cues
        heard = tuple(Cue(cue.time, cue.strength, self.plays[cue.sound]) for cue in sheet)
        windows = plan_windows(Fraction(SECONDS))
        return Track(play(heard, SECONDS, seed), RATE, windows, (seed,), tuple(sheet))
