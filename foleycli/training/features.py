"""What training reads, made once and kept as shards: a shard is one .npz, written whole or not at all.

rehearsals: mel (n, 128, 512) and cue curves (n, 256, channels), both float16
latents:    latent (n, C, 16, 64) float16 beside the same curves
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from foleycli.models.cues import cue_curves
from foleycli.models.mel import log_mel
from foleycli.specs import CueSpec, MelSpec
from foleycli.training.performance import SoundBank
from foleycli.training.rehearsal import rehearse

Arrays = Mapping[str, npt.NDArray[np.float16]]


def write_shard(path: Path, arrays: Arrays) -> None:
    """Writes `arrays` to `path` by way of a temporary name beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    np.savez(partial, allow_pickle=False, **arrays)
    os.replace(partial, path)


def rehearsal_shard(bank: SoundBank, spec: CueSpec, seeds: Sequence[int]) -> Arrays:
    """Mels and curves of the rehearsals with these seeds."""
    mels, curves = [], []
    for seed in seeds:
        wave, cues = rehearse(bank, seed)
        mels.append(log_mel(torch.from_numpy(wave)[None], MelSpec.FULL_BAND)[0].numpy().astype(np.float16))
        curves.append(cue_curves(cues, 0.0, spec).astype(np.float16))
    return {"mel": np.stack(mels), "curves": np.stack(curves)}


def build_rehearsals(
    bank: SoundBank,
    spec: CueSpec,
    folder: Path,
    shards: Sequence[int],
    *,
    shard_windows: int = 128,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Makes the shards with these numbers; those that are there already are left alone, so a broken run goes on."""
    for done, number in enumerate(shards, start=1):
        path = folder / f"{bank.split}_{number:04d}.npz"
        if not path.exists():
            first = number * shard_windows + (0 if bank.split == "train" else 10_000_000)
            write_shard(path, rehearsal_shard(bank, spec, range(first, first + shard_windows)))
        progress(done, len(shards))


@torch.no_grad()
def encode_shards(vae: nn.Module, source: Path, target: Path, batch: int = 8) -> None:
    """Rehearsal shards in `source` -> latent shards in `target`; `vae.encode(mel (B, M, K)) -> (B, C, F, L)`."""
    for path in sorted(source.glob("t*_*.npz")):
        out = target / path.name
        if out.exists():
            continue
        with np.load(path) as shard:
            mels, curves = torch.from_numpy(shard["mel"]), shard["curves"]
        latents = [vae.encode(part.float()).half() for part in torch.split(mels, batch)]  # type: ignore[operator]
        write_shard(out, {"latent": torch.cat(latents).numpy(), "curves": curves})


class LatentSet:
    """All latent shards of one split in memory: latent (n, C, F, L) and curves (n, 256, channels), float16."""

    def __init__(self, folder: Path, split: str = "train") -> None:
        shards = [np.load(path) for path in sorted(folder.glob(f"{split}_*.npz"))]
        self.latents = torch.from_numpy(np.concatenate([shard["latent"] for shard in shards]))
        self.curves = torch.from_numpy(np.concatenate([shard["curves"] for shard in shards]))

    def __len__(self) -> int:
        return len(self.latents)

    def batch(self, step: int, size: int, seed: int = 0) -> tuple[Tensor, Tensor]:
        """Batch of this step: a function of (seed, step), every window once before any comes again."""
        per_epoch = max(1, len(self) // size)
        epoch, place = divmod(step, per_epoch)
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed * 7919 + epoch))
        chosen = order[place * size : (place + 1) * size]
        return self.latents[chosen].float(), self.curves[chosen].float()
