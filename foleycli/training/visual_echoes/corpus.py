"""What the built-in "echo" model learns from: rendered pictures and short real sounds, each with its class.

pictures_NNNN.npz  picture (n, 64, 64, 3) uint8, kind (n,), sound (n,) as numbers of KINDS and SOUND_CLASSES
sounds_NNNN.npz    latent (n, C, 16, 32) float16 of 4.096 s, sound (n,); held-out shards also keep mel (n, 128, 256)

Pictures and sounds are paired by class alone: a picture of a hammer goes with any hammer blow.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from foleycli.audio.limit import soft_limit
from foleycli.cues.classes import SOUND_CLASSES, SPAN_CLASSES
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.codecs.vae import MelVae
from foleycli.scenes.catalogue import KINDS
from foleycli.scenes.stills import SOUNDING_KINDS, render_still
from foleycli.specs import MelSpec
from foleycli.training.data.cue_player import REHEARSED_HIT_DB, SoundBank, burst
from foleycli.training.data.effects import RATE, gain_of, levelled, repitched
from foleycli.types import Wave

SECONDS = 4.096
SAMPLES = int(SECONDS * MelSpec.FULL_BAND.sample_rate)
HELD_OUT_SEED = 50_000_000  # pictures from this seed on are never trained on
SHARD = 256
CLASSES: tuple[str, ...] = tuple(sorted({sound for kind in KINDS.values() for sound in kind.sounds}))  # seen to sound


def play(bank: SoundBank, sound: str, seed: int) -> Wave:
    """4.096 s of real recordings of one class, float32 (131072,) at 32 kHz; the same for the same seed.

    Blows of one recording in a loose rhythm from the start on, or one lasting sound: a still says nothing of when.
    """
    rng = np.random.default_rng([seed, 0xEC40])
    wave = _lasting(bank, sound, rng) if sound in SPAN_CLASSES else _struck(bank, sound, rng)
    return soft_limit(wave)


def _struck(bank: SoundBank, sound: str, rng: np.random.Generator) -> Wave:
    period = float(np.exp(rng.uniform(np.log(0.4), np.log(1.4))))
    times = np.arange(rng.uniform(0.05, 0.4), SECONDS - 0.2, period)
    times = np.abs(times + rng.normal(0, 0.08 * period, len(times)))
    takes = bank.hits[sound]
    take = takes[rng.integers(len(takes))] if takes else []
    pitch, strength = rng.uniform(0.85, 1.18), rng.uniform(0.6, 0.95)
    mix = np.zeros(SAMPLES + 8 * RATE, np.float32)
    for time in times:
        wave = bank.waveform(take[rng.integers(len(take))]) if take else burst(bank, sound, rng)
        wave = levelled(repitched(wave, pitch * rng.uniform(0.97, 1.03)), REHEARSED_HIT_DB)[: 8 * RATE]
        start = round(float(time) * RATE)
        mix[start : start + len(wave)] += wave * gain_of(float(np.clip(rng.normal(strength, 0.08), 0.3, 1.0)))
    return mix[:SAMPLES]


def _lasting(bank: SoundBank, sound: str, rng: np.random.Generator) -> Wave:
    recordings = bank.textures[sound]
    source = repitched(bank.texture(recordings[rng.integers(len(recordings))]), rng.uniform(0.9, 1.1))
    start = int(rng.integers(max(1, len(source) - SAMPLES)))
    wave = np.resize(source[start:], SAMPLES) * gain_of(rng.uniform(0.6, 1.0))
    return np.asarray(np.clip(wave, -0.9, 0.9), np.float32)


def picture_shard(seeds: Sequence[int]) -> Mapping[str, npt.NDArray[Any]]:
    """Pictures of the sounding kinds in turn."""
    stills = [render_still(SOUNDING_KINDS[seed % len(SOUNDING_KINDS)], seed) for seed in seeds]
    return {
        "picture": np.stack([still.picture for still in stills]),
        "kind": np.array([SOUNDING_KINDS.index(still.kind) for still in stills], np.int16),
        "sound": np.array([SOUND_CLASSES.index(still.sound) for still in stills], np.int16),
    }


@torch.no_grad()
def sound_shard(bank: SoundBank, vae: MelVae, seeds: Sequence[int], keep_mel: bool) -> Mapping[str, npt.NDArray[Any]]:
    """Latents of short performances, the classes that have recordings in turn."""
    known = [name for name in CLASSES if name in bank.classes]
    names = [known[seed % len(known)] for seed in seeds]
    waves = torch.from_numpy(np.stack([play(bank, name, seed) for name, seed in zip(names, seeds, strict=True)]))
    mel = torch.cat([log_mel(part, MelSpec.FULL_BAND) for part in torch.split(waves, 16)])
    latent = torch.cat([vae.encode(part) for part in torch.split(mel, 16)])
    arrays: dict[str, npt.NDArray[Any]] = {
        "latent": latent.half().numpy(),
        "sound": np.array([SOUND_CLASSES.index(name) for name in names], np.int16),
    }
    return arrays | ({"mel": mel.half().numpy()} if keep_mel else {})


def write_shard(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Writes a shard by way of a temporary name beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    np.savez(partial, allow_pickle=False, **arrays)
    os.replace(partial, path)


def build_pictures(
    folder: Path, split: str, shards: int, progress: Callable[[int, int], None] = lambda done, total: None
) -> None:
    """`shards` files of 256 pictures; those that are there are left alone. 15 pictures/s on a core."""
    first = HELD_OUT_SEED if split == "test" else 0
    for number in range(shards):
        path = folder / f"{split}_pictures_{number:04d}.npz"
        if not path.exists():
            write_shard(path, picture_shard(range(first + number * SHARD, first + (number + 1) * SHARD)))
        progress(number + 1, shards)


def build_sounds(
    bank: SoundBank,
    vae: MelVae,
    folder: Path,
    shards: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """`shards` files of 256 sounds of the bank's split; those that are there are left alone."""
    first = HELD_OUT_SEED if bank.split == "test" else 0
    for number in range(shards):
        path = folder / f"{bank.split}_sounds_{number:04d}.npz"
        if not path.exists():
            seeds = range(first + number * SHARD, first + (number + 1) * SHARD)
            write_shard(path, sound_shard(bank, vae, seeds, keep_mel=bank.split == "test"))
        progress(number + 1, shards)


@dataclass(frozen=True)
class Corpus:
    """All shards of one split in memory: pictures uint8 (P, 64, 64, 3), latents float16 (S, C, F, L), classes."""

    picture: npt.NDArray[np.uint8]
    kind: npt.NDArray[np.int16]
    picture_sound: npt.NDArray[np.int16]
    latent: npt.NDArray[np.float16]
    latent_sound: npt.NDArray[np.int16]

    @staticmethod
    def open(folder: Path, split: str = "train") -> Corpus:
        """The shards of one split in `folder`, read whole."""
        picture, kind, seen = _joined(folder, f"{split}_pictures_*.npz", ("picture", "kind", "sound"))
        latent, heard = _joined(folder, f"{split}_sounds_*.npz", ("latent", "sound"))
        return Corpus(picture, kind, seen, latent=latent, latent_sound=heard)


def _joined(folder: Path, pattern: str, names: Sequence[str]) -> list[npt.NDArray[Any]]:
    """These arrays of all shards, one after the other; no file stays open, for there may be thousands."""
    parts: list[list[npt.NDArray[Any]]] = [[] for _ in names]
    for path in sorted(folder.glob(pattern)):
        with np.load(path) as shard:
            for part, name in zip(parts, names, strict=True):
                part.append(shard[name])
    return [np.concatenate(part) for part in parts]
