"""What training reads, made once and kept as shards: a shard is one .npz, written whole or not at all.

rehearsals: mel (n, 128, 512), cue curves (n, 256, channels) and timbres (N, 240), float16; which (n, 256, 2) of the
            timbres is that of the last hit and of the span in each frame, -1 for none
latents:    latent (n, C, 16, 64) float16 beside the same curves, timbres and which
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from foleycli.errors import InputError
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.mdsgen.cues import cue_curves, timbre_frames
from foleycli.networks.mdsgen.timbre import TIMBRE_SIZE
from foleycli.specs import CueSpec, MelSpec
from foleycli.training.data.cue_player import SoundBank
from foleycli.training.data.rehearsals import rehearse, timbre_number

Arrays = Mapping[str, npt.NDArray[np.float16 | np.int16]]


def write_shard(path: Path, arrays: Arrays) -> None:
    """Writes `arrays` to `path` by way of a temporary name beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.npz")
    np.savez(partial, allow_pickle=False, **arrays)
    os.replace(partial, path)


def rehearsal_shard(bank: SoundBank, spec: CueSpec, seeds: Sequence[int]) -> Arrays:
    """Mels and curves of the rehearsals with these seeds."""
    mels, curves, which, timbres = [], [], [], [np.zeros((0, TIMBRE_SIZE), np.float16)]
    count = 0
    for seed in seeds:
        played, cues = rehearse(bank, seed)
        mels.append(log_mel(torch.from_numpy(played.wave)[None], MelSpec.FULL_BAND)[0].numpy().astype(np.float16))
        curves.append(cue_curves(cues, 0.0, spec).astype(np.float16))
        numbers = np.array([*(timbre_number(played, cue) for cue in cues), -1])
        frames = numbers[timbre_frames(cues, 0.0, spec)]  # a -1 stays: it takes the last
        which.append(np.where(frames >= 0, frames + count, -1).astype(np.int16))
        timbres += [timbre[None].astype(np.float16) for _, timbre in played.timbres]
        count += len(played.timbres)
    return {
        "mel": np.stack(mels),
        "curves": np.stack(curves),
        "which": np.stack(which),
        "timbres": np.concatenate(timbres),
    }


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
            mels, kept = torch.from_numpy(shard["mel"]), {name: shard[name] for name in ("curves", "which", "timbres")}
        latents = [vae.encode(part.float()).half() for part in torch.split(mels, batch)]  # type: ignore[operator]
        write_shard(out, {"latent": torch.cat(latents).numpy(), **kept})


class LatentSet:
    """All latent shards of one split in memory: latent (n, C, F, L), curves (n, 256, channels), timbres, float16."""

    def __init__(self, folder: Path, split: str = "train") -> None:
        shards = [np.load(path) for path in sorted(folder.glob(f"{split}_*.npz"))]
        if not shards:
            raise InputError(f"{folder}: no latents; make them with 'foley train rehearsals', 'vae' and 'latents'")
        self.latents = torch.from_numpy(np.concatenate([shard["latent"] for shard in shards]))
        self.curves = torch.from_numpy(np.concatenate([shard["curves"] for shard in shards]))
        tables = [shard["timbres"] for shard in shards]
        firsts = np.cumsum([0, *map(len, tables)])
        which = [
            np.where(one["which"] < 0, -1, one["which"] + first) for one, first in zip(shards, firsts, strict=False)
        ]
        self.which = torch.from_numpy(np.concatenate(which))  # (n, 256, 2)
        silent = np.zeros((1, tables[0].shape[1]), np.float16)
        self.timbres = torch.from_numpy(np.concatenate([*tables, silent]))  # the last row is that of none

    def __len__(self) -> int:
        return len(self.latents)

    def batch(self, step: int, size: int, seed: int = 0) -> tuple[Tensor, Tensor]:
        """Latents and curves (B, 256, inputs) of this step: a function of (seed, step), each window once an epoch."""
        per_epoch = max(1, len(self) // size)
        epoch, place = divmod(step, per_epoch)
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed * 7919 + epoch))
        chosen = order[place * size : (place + 1) * size]
        timbres = self.timbres[self.which[chosen]].flatten(2)  # (B, 256, 2 * timbre)
        return self.latents[chosen].float(), torch.cat([self.curves[chosen], timbres], dim=2).float()
