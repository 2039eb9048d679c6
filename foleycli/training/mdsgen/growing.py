"""Latents of rehearsals that are still being made: worker processes write shards while the training reads them."""

from __future__ import annotations

import multiprocessing
import os
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from foleycli.networks.codecs.vae import MelVae
from foleycli.specs import CueSpec, MelSpec
from foleycli.timeline import WINDOW_SECONDS, to_samples
from foleycli.training.data.cue_player import SoundBank
from foleycli.training.data.sounds import SoundCache
from foleycli.training.mdsgen.features import rehearsal_shard, write_shard

SHARD_WINDOWS = 64  # small, so that the first ones come soon
FIRST_SEED = 1_000_000  # beyond those of `build_rehearsals`
MEL_SHAPE = (MelSpec.FULL_BAND.mels, to_samples(WINDOW_SECONDS / MelSpec.FULL_BAND.frame_seconds, 1))  # of a window
TIMBRES_PER_WINDOW = 26  # room for as many; a window has 11 on average


class GrowingLatents:
    """Latents (n, C, F, L), curves and timbres on the device in float16; `take` adds the shards that have come since.

    It holds up to `most` windows. A batch is drawn from those that are there, so it depends on when they came: a run
    on a growing set cannot be repeated to the bit.
    """

    def __init__(self, folder: Path, vae: MelVae, spec: CueSpec, most: int, device: torch.device | str) -> None:
        self.folder, self.vae, self.device = folder, vae.to(device), torch.device(device)
        self.windows, self._timbre_rows, self._taken = 0, 1, set[Path]()
        self.latents = self._room(most, vae.spec.latent_channels, *(size // vae.spec.reduction for size in MEL_SHAPE))
        self.curves = self._room(most, spec.frames, spec.channels)
        self.which = torch.zeros(most, spec.frames, 2, dtype=torch.int32, device=self.device)
        self.timbres = self._room(most * TIMBRES_PER_WINDOW, spec.timbre)  # row 0 is that of none

    def _room(self, *shape: int) -> Tensor:
        return torch.zeros(shape, dtype=torch.float16, device=self.device)

    def __len__(self) -> int:
        return self.windows

    @torch.no_grad()
    def take(self) -> None:
        """Encodes the shards of `folder` that are new, as far as there is room."""
        for path in sorted(self.folder.glob("train_*.npz")):
            if path in self._taken:
                continue
            with np.load(path) as shard:
                parts = [torch.from_numpy(shard[name]) for name in ("mel", "curves", "which", "timbres")]
            mel, curves, which, timbres = (part.to(self.device) for part in parts)
            end, last = self.windows + len(mel), self._timbre_rows + len(timbres)
            if end > len(self.latents) or last > len(self.timbres):
                return
            rows = slice(self.windows, end)
            self.latents[rows] = torch.cat([self.vae.encode(part.float()) for part in torch.split(mel, 16)]).half()
            self.curves[rows] = curves
            self.which[rows] = torch.where(which < 0, 0, which.int() + self._timbre_rows)
            self.timbres[self._timbre_rows : last] = timbres
            self.windows, self._timbre_rows = end, last
            self._taken.add(path)

    def batch(self, step: int, size: int, seed: int = 0) -> tuple[Tensor, Tensor]:
        """Latents (B, C, F, L) and curves (B, 256, inputs) of windows drawn with replacement."""
        generator = torch.Generator(self.device).manual_seed(seed * 1_000_003 + step)
        chosen = torch.randint(0, self.windows, (size,), device=self.device, generator=generator)
        timbres = self.timbres[self.which[chosen].long()].flatten(2)
        return self.latents[chosen].float(), torch.cat([self.curves[chosen], timbres], dim=2).float()


def start_workers(sounds: Path, spec: CueSpec, folder: Path, workers: int, most: int) -> list[BaseProcess]:
    """Processes that make training rehearsals of the sound cache in `folder`, `most` windows together.

    They end when that is done, or with this process. Shards that are there already are left alone.
    """
    context = multiprocessing.get_context("spawn")
    shards = -(-most // SHARD_WINDOWS)
    started = [
        context.Process(
            target=_rehearse, args=(sounds, spec, folder, range(rank, shards, workers), SHARD_WINDOWS), daemon=True
        )
        for rank in range(workers)
    ]
    for process in started:
        process.start()
    return list(started)


def _rehearse(sounds: Path, spec: CueSpec, folder: Path, numbers: range, shard_windows: int) -> None:
    torch.set_num_threads(1)
    os.environ["OMP_NUM_THREADS"] = "1"
    bank = SoundBank(SoundCache.open(sounds), "train")
    for number in numbers:
        path = folder / f"train_w{number:05d}.npz"
        if not path.exists():
            first = FIRST_SEED + number * shard_windows
            write_shard(path, rehearsal_shard(bank, spec, range(first, first + shard_windows)))
