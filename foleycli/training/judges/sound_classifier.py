"""Trains the sound classifier: a second of real sound -> its class. Hits and textures are cut as in the rehearsals.

recordings  find_hits / pieces of textures --log-mel--\
                                                        excerpts (N, 64, 32) float16, labels (N,), recordings (N,)
rehearsals  wherever one class sounds alone ----------/
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.judges.sound_classifier import LEAD_FRAMES, SILENT, SoundClassifierNet, excerpts, halve
from foleycli.specs import CueSpec, MelSpec, SoundClassifierSpec
from foleycli.training.data.cue_player import SoundBank
from foleycli.training.data.effects import RATE
from foleycli.training.data.sounds import Sound
from foleycli.training.loop import Report, RunConfig, fit
from foleycli.types import Wave

CUTS_PER_RECORDING = 4
CUTS_PER_REHEARSAL = 3  # of each class in it
CURVE_FRAMES = 2  # mel frames of 16 ms per frame of the cue curves
SOUNDING = 0.02  # of a class's curve: a cue of that class is there
RARE_POWER = 0.5  # a class with a quarter of the excerpts is drawn half as often
SMOOTHING = 0.05  # of the truth, spread over all names: labels of recordings are not beyond doubt
GROUND_DB = 40.0  # at least so far under its loudest bin an excerpt's ground is filled with noise


@dataclass(frozen=True)
class Excerpts:
    """N excerpts of one second, each with its class; `recording` tells which came from one file (or rehearsal)."""

    mel: npt.NDArray[np.float16]  # (N, M, K), halved
    label: npt.NDArray[np.int64]  # (N,)
    recording: npt.NDArray[np.int64]  # (N,)

    def __len__(self) -> int:
        return len(self.label)

    @staticmethod
    def join(parts: Sequence[Excerpts]) -> Excerpts:
        """All of them, recordings kept apart."""
        first = np.cumsum([0, *(1 + int(part.recording.max(initial=-1)) for part in parts[:-1])])
        recording = np.concatenate([part.recording + start for part, start in zip(parts, first, strict=True)])
        return Excerpts(
            np.concatenate([part.mel for part in parts]), np.concatenate([part.label for part in parts]), recording
        )


def recorded_excerpts(bank: SoundBank, spec: SoundClassifierSpec, seed: int = 0) -> Excerpts:
    """Up to four seconds of each recording of the bank: its hits one by one, else pieces from anywhere in it."""
    rng = np.random.default_rng(seed)
    hits = {found[0].sound.file: found for takes in bank.hits.values() for found in takes}
    mels, labels, recordings = [], [], []
    for number, sound in enumerate(bank.cache.of(bank.split)):
        if sound.sound_class not in spec.classes:
            continue
        found = hits.get(sound.file, [])
        chosen = rng.permutation(len(found))[:CUTS_PER_RECORDING]
        waves = [bank.waveform(found[one]) for one in chosen] or _pieces(bank, sound, rng)
        for wave in waves:
            mels.append(_heard(wave, spec))
            labels.append(spec.classes.index(sound.sound_class))
            recordings.append(number)
    return _audible(mels, labels, recordings)


def _pieces(bank: SoundBank, sound: Sound, rng: np.random.Generator) -> list[Wave]:
    length = RATE
    starts = rng.integers(0, max(1, sound.length - length), CUTS_PER_RECORDING if sound.length > 2 * length else 1)
    return [bank.cache.waveform(sound, int(start), length) for start in starts]


def _heard(wave: Wave, spec: SoundClassifierSpec) -> npt.NDArray[np.float16]:
    """Log-mel (M, K) of a wave that begins where a cue would put it."""
    hop = MelSpec.FULL_BAND.hop_samples
    laid = np.zeros(spec.frames * hop, np.float32)
    start = LEAD_FRAMES * hop
    laid[start : start + len(wave)] = wave[: len(laid) - start]
    mel: npt.NDArray[np.float16] = log_mel(torch.from_numpy(laid)[None], MelSpec.FULL_BAND)[0].half().numpy()
    return mel


def rehearsed_excerpts(shards: Iterable[Path], cues: CueSpec, spec: SoundClassifierSpec, seed: int = 0) -> Excerpts:
    """Seconds of rehearsals in which one class sounds alone, starting at its cues."""
    rng = np.random.default_rng(seed)
    mels, labels, recordings = [], [], []
    windows = 0
    for path in shards:
        with np.load(path) as shard:
            pairs = zip(shard["mel"], shard["curves"], strict=True)
            for mel, curves in pairs:
                for frame, sound in _alone(curves.astype(np.float32), cues, spec, rng=rng):
                    mels.append(excerpts(torch.from_numpy(mel), [frame], spec)[0].numpy())
                    labels.append(spec.classes.index(sound))
                    recordings.append(windows)
                windows += 1
    return _audible(mels, labels, recordings)


def _alone(
    curves: npt.NDArray[np.float32], cues: CueSpec, spec: SoundClassifierSpec, rng: np.random.Generator
) -> list[tuple[int, str]]:
    """(mel frame, class) of some cues of each class of a window, where no other class sounds within the second."""
    reach = spec.frames // CURVE_FRAMES
    hits, spans = np.split(curves[:, 3:] > SOUNDING, 2, axis=1)  # (T, classes) each
    sounding = np.pad(hits | spans, ((0, reach), (0, 0)))
    found = []
    for number in np.flatnonzero(sounding.any(0)):
        starts = _hit_frames(curves[:, 3 + number]) if hits[:, number].any() else np.flatnonzero(spans[:-reach, number])
        lone = [start for start in starts if _only(sounding[max(0, start - 4) : start + reach], number)]
        for start in rng.permutation(lone)[:CUTS_PER_REHEARSAL]:
            found.append((int(start) * CURVE_FRAMES, cues.classes[number]))
    return [(frame, sound) for frame, sound in found if sound in spec.classes]


def _only(sounding: npt.NDArray[np.bool_], number: np.int64) -> bool:
    return int(sounding.any(0).sum()) == 1 and bool(sounding[:, number].any())


def _hit_frames(bump: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    padded = np.pad(bump, 1)
    return np.flatnonzero((bump > SOUNDING) & (bump > padded[:-2]) & (bump >= padded[2:]))


def _audible(mels: list[npt.NDArray[np.float16]], labels: list[int], recordings: list[int]) -> Excerpts:
    kept = [number for number, mel in enumerate(mels) if mel.max() > SILENT + 3]
    mel = halve(torch.from_numpy(np.stack([mels[number] for number in kept])).float()).half().numpy()
    return Excerpts(mel, np.array(labels)[kept], np.array(recordings)[kept])


def batch_of(data: Excerpts, step: int, size: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """A spoilt batch, halved log-mel (B, M, K) and labels (B,): a function of (seed, step)."""
    rng = np.random.default_rng((seed, step))
    counts = np.bincount(data.label)
    weights = counts[data.label].astype(float) ** (RARE_POWER - 1)
    chosen = rng.choice(len(data), size, p=weights / weights.sum())
    mel = torch.from_numpy(data.mel[chosen]).float()
    return spoil(mel, rng), torch.from_numpy(data.label[chosen])


def spoil(mel: Tensor, rng: np.random.Generator) -> Tensor:
    """Log-mels (B, M, K) as rooms, vocoders and microphones change them: tilt, ground noise, a gap in time or pitch."""
    count, mels, frames = mel.shape

    def draw(low: float, high: float) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (count, 1, 1))).float()

    tilt = draw(-0.7, 0.7) * torch.linspace(-1, 1, mels)[:, None]
    ground = mel.amax((1, 2), keepdim=True) - draw(GROUND_DB / 8.7, 14.0)
    noise = torch.from_numpy(rng.standard_normal(mel.shape, dtype=np.float32))
    mel = torch.logaddexp(mel + tilt, ground) + draw(0, 0.3) * noise
    moved = torch.from_numpy(rng.integers(-1, 2, count))
    columns = (torch.arange(frames) + moved[:, None]).clamp(0, frames - 1)
    mel = mel.gather(2, columns[:, None].expand(-1, mels, -1))
    for axis, length, widest in ((1, mels, 10), (2, frames, 6)):
        start, width = draw(0, length), draw(0, widest)
        place = torch.arange(length).reshape(1, -1, 1) if axis == 1 else torch.arange(length)
        hidden = (place >= start) & (place < start + width)
        mel = torch.where(hidden, mel.mean((1, 2), keepdim=True), mel)
    return mel


def naming_loss(network: SoundClassifierNet, batch: tuple[Tensor, Tensor]) -> dict[str, Tensor]:
    """Cross-entropy of the class, a little of it spread over all names."""
    mel, label = batch
    logits = network(mel)
    right = (logits.argmax(1) == label).float().mean()
    return {"loss": F.cross_entropy(logits, label, label_smoothing=SMOOTHING), "right": right}


def train_sound_classifier(
    spec: SoundClassifierSpec,
    data: Excerpts,
    config: RunConfig,
    *,
    batch_size: int = 64,
    seed: int = 0,
    progress: Callable[[Report], None] | None = None,
) -> SoundClassifierNet:
    """A network with averaged weights; resumes from `config.out_dir`. 2000 steps take about 2 minutes of one core."""
    torch.manual_seed(seed)
    network = SoundClassifierNet(spec)
    network.load_state_dict(
        fit(
            network,
            lambda step: batch_of(data, step, batch_size, seed=seed),
            naming_loss,
            config=config,
            batch_size=batch_size,
            progress=progress,
        )
    )
    return network.eval()


@torch.inference_mode()
def probabilities(network: SoundClassifierNet, data: Excerpts, batch: int = 64) -> npt.NDArray[np.float32]:
    """The class probabilities of each excerpt: (N, classes)."""
    parts = [network(part.float()).softmax(1) for part in torch.split(torch.from_numpy(data.mel), batch)]
    heard: npt.NDArray[np.float32] = torch.cat(parts).numpy()
    return heard
