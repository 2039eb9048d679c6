"""Windows of videos as MDSGen reads them: one shard (.npz) for each video, written whole or not at all.

latent (n, C, F, L), or time first, and features (n, 32, width), float16, of n windows of 8.192 s
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from foleycli.audio.decoding import read_audio
from foleycli.audio.files import fit
from foleycli.errors import FoleyError, InputError
from foleycli.models.mdsgen.features import WindowFeatures
from foleycli.networks.codecs.mel import log_mel
from foleycli.specs import MelSpec
from foleycli.timeline import WINDOW_SECONDS, to_samples
from foleycli.training.data.videos import Split, TrainingVideo
from foleycli.training.mdsgen.features import Arrays, write_shard
from foleycli.training.mdsgen.parts import Parts
from foleycli.video.probe import probe

Half = npt.NDArray[np.float16]
SHORTEST_SECONDS = Fraction(2)  # of a video that is shorter than a window: the rest of its window is silent
ENCODERS = "encoders.json"
QUIET = 1e-3  # largest sample of a window that is no sound to learn from
LOUD = 0.9  # largest sample of a video: one gain for all of its windows


def window_starts(duration: Fraction) -> list[Fraction]:
    """Where the windows of a video start: end to end, and one up to its end if half a window or more is left."""
    whole, rest = divmod(duration, WINDOW_SECONDS)
    if not whole:
        return [Fraction(0)] if duration >= SHORTEST_SECONDS else []
    starts = [number * WINDOW_SECONDS for number in range(int(whole))]
    return starts if rest < WINDOW_SECONDS / 2 else [*starts, duration - WINDOW_SECONDS]


@dataclass(frozen=True)
class WindowCutter:
    """Cuts a video into windows and puts each through the two frozen encoders."""

    features: WindowFeatures
    encode: Callable[[Tensor], Tensor]
    mel: MelSpec
    mel_frames: int
    device: str

    @classmethod
    def of(cls, parts: Parts, device: str) -> WindowCutter:
        """With the encoders of `parts` on a device."""
        dit = parts.transformer()
        frames = dit.latent_frames * parts.mel.mels // dit.latent_bins
        return cls(parts.features(device), parts.encoder(device), parts.mel, mel_frames=frames, device=device)

    @torch.inference_mode()
    def shard(self, path: Path) -> Arrays:
        """Latents and features of a video; raises FoleyError where it has nothing to learn from."""
        info = probe(path)
        sound = read_audio(path, self.mel.sample_rate, start=info.start, layout="mono")[0]
        gain = np.float32(LOUD / max(QUIET, float(np.abs(sound).max(initial=0.0))))
        size = to_samples(WINDOW_SECONDS, self.mel.sample_rate)
        latents, features = [], []
        for start in window_starts(info.duration):
            first = to_samples(start, self.mel.sample_rate)
            wave = fit(sound[first : first + size], size)
            if np.abs(wave).max() > QUIET:
                mel = log_mel(torch.from_numpy(gain * wave)[None].to(self.device), self.mel)[..., : self.mel_frames]
                latents.append(self.encode(mel).half().cpu())
                features.append(self.features.of(info, start).half().cpu())
        if not latents:
            raise InputError(f"{path}: shorter than {SHORTEST_SECONDS} s, or silent")
        return {"latent": torch.cat(latents).numpy(), "features": torch.cat(features).numpy()}

    def write(self, path: Path, shard: Path) -> str:
        """Writes the shard of a video; gives the reason where it has to be left out, else an empty text."""
        try:
            write_shard(shard, self.shard(path))
        except FoleyError as error:
            return str(error)
        return ""


def cut_videos(
    videos: Sequence[TrainingVideo],
    folder: Path,
    parts: Parts,
    *,
    device: str = "cpu",
    workers: int = 0,
    note: Callable[[str], None] = lambda text: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Writes the shards that are missing, in this process or in `workers` others; videos that can't be used are noted.

    Raises ModelError for a VAE that is not here, InputError where a process ends by a fault in a library (what is
    written stays), and for a folder whose windows other encoders made.
    """
    parts.require()
    check_encoders(folder, parts)
    missing = [(one.path, folder / one.shard) for one in videos if not (folder / one.shard).exists()]
    before, left_out = len(videos) - len(missing), 0
    for done, reason in enumerate(_written(missing, parts, device=device, workers=workers), start=before + 1):
        if reason:
            left_out += 1
            note(f"left out: {reason}")
        progress(done, len(videos))
    if left_out:
        note(f"left out: {left_out} of {len(videos)} videos")


def check_encoders(folder: Path, parts: Parts) -> None:
    """Notes in the folder which weights made its windows; raises InputError where those were others."""
    path, wanted = folder / ENCODERS, parts.checksums()
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(wanted, indent=1) + "\n")
    elif json.loads(path.read_text()) != wanted:
        raise InputError(f"{folder}: other weights made these windows (see {ENCODERS}); remove it, or change --work")


def _written(jobs: Sequence[tuple[Path, Path]], parts: Parts, device: str, workers: int) -> Iterator[str]:
    if not jobs:
        return
    if not workers:
        cutter = WindowCutter.of(parts, device)
        yield from (cutter.write(*job) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(parts, device)) as pool:
        try:
            yield from pool.map(_write, jobs)
        except BrokenProcessPool as error:
            raise InputError("a process that cuts videos ended; run it again, with --workers 0 to see where") from error


_cutters: list[WindowCutter] = []  # of a worker process: its networks are loaded once


def _begin(parts: Parts, device: str) -> None:
    torch.set_num_threads(1)
    _cutters[:] = [WindowCutter.of(parts, device)]


def _write(job: tuple[Path, Path]) -> str:
    return _cutters[0].write(*job)


def _read(path: Path) -> tuple[Half, Half]:
    with np.load(path) as shard:  # thousands of open files would be too many
        return shard["latent"], shard["features"]


class WindowSet:
    """All windows of one split in memory, float16: 20 to 90 kB each."""

    def __init__(self, folder: Path, split: Split = "train") -> None:
        """Raises InputError where there is none."""
        shards = [_read(path) for path in sorted(folder.glob(f"{split}_*.npz"))]
        if not shards:
            raise InputError(f"{folder}: no windows of videos; name videos with sound by --videos")
        self.latents = torch.from_numpy(np.concatenate([latent for latent, _ in shards]))
        self.features = torch.from_numpy(np.concatenate([features for _, features in shards]))

    @classmethod
    def held_out(cls, folder: Path) -> WindowSet | None:
        """The windows that are not trained on; None where there are none."""
        return cls(folder, "test") if any(folder.glob("test_*.npz")) else None

    def __len__(self) -> int:
        return len(self.latents)

    def batch(self, step: int, size: int, seed: int = 0) -> tuple[Tensor, Tensor]:
        """Latents (B, ...) and features (B, 32, width) of this step, float32: each window once in an epoch."""
        place = np.arange(step * size, (step + 1) * size)
        epoch = place // len(self)
        orders = {one: np.random.default_rng([seed, one]).permutation(len(self)) for one in np.unique(epoch)}
        chosen = [int(orders[when][where]) for when, where in zip(epoch, place % len(self), strict=True)]
        return self.latents[chosen].float(), self.features[chosen].float()
