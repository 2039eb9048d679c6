"""A corpus of your own: pictures and sounds of the same moments of videos, in place of rendered scenes and recordings.

Each stretch of 4.096 s of a video is a class of its own: its pictures go with its sound and with no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from foleycli.audio.decoding import read_audio
from foleycli.audio.files import fit
from foleycli.errors import FoleyError, InputError
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.codecs.vae import MelVae
from foleycli.scenes.catalogue import SIZE
from foleycli.specs import MelSpec
from foleycli.training.data.videos import VIDEO_SUFFIXES
from foleycli.training.visual_echoes.corpus import SAMPLES, write_shard
from foleycli.video.frames import FrameReader
from foleycli.video.probe import VideoInfo, probe

STRETCH = Fraction(4096, 1000)
PICTURES_OF_A_STRETCH = 4
QUIET = 1e-3  # peak of a stretch that is no sound to learn from
MOST_STRETCHES = 30_000  # numbers of classes are kept in 16 bits

Wave = npt.NDArray[np.float32]


def build_from_videos(
    videos: Path, vae: MelVae, folder: Path, progress: Callable[[int, int], None] = lambda done, total: None
) -> int:
    """Writes one pair of shards for each video with sound in a folder; returns how many stretches there are.

    Every tenth video is held out. Those that can't be read are passed over; raises InputError where none can.
    """
    paths = sorted(path for path in videos.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    known = 0
    for number, path in enumerate(paths):
        split = "test" if number % 10 == 9 else "train"
        try:
            stretches = list(_stretches(path))[: MOST_STRETCHES - known]
        except FoleyError:
            stretches = []
        if stretches:
            _write(folder, f"{split}_%s_{number:05d}.npz", stretches, first=known, vae=vae)
            known += len(stretches)
        progress(number + 1, len(paths))
    if not known:
        raise InputError(f"{videos}: no video with sound in it; name a folder of videos, or one with manifest.csv")
    return known


def _stretches(path: Path) -> Iterator[tuple[npt.NDArray[np.uint8], Wave]]:
    """Pictures (n, 64, 64, 3) and sound (SAMPLES,) of each stretch that is not silent."""
    info: VideoInfo = probe(path)
    rate = MelSpec.FULL_BAND.sample_rate
    sound = read_audio(path, rate, start=info.start, layout="mono")[0]
    steps = Fraction(PICTURES_OF_A_STRETCH) / STRETCH
    with FrameReader(info, steps, SIZE) as reader:
        for number in range(int(info.duration / STRETCH)):
            start = number * STRETCH
            wave = fit(sound[number * SAMPLES : (number + 1) * SAMPLES], SAMPLES)
            if np.abs(wave).max() > QUIET:
                yield reader.read(start, start + STRETCH), wave


@torch.no_grad()
def _write(
    folder: Path, name: str, stretches: list[tuple[npt.NDArray[np.uint8], Wave]], first: int, vae: MelVae
) -> None:
    counts = [len(pictures) for pictures, _ in stretches]
    numbers = np.arange(first, first + len(stretches), dtype=np.int16)
    loud = [wave * np.float32(0.9 / np.abs(wave).max()) for _, wave in stretches]
    latents = [vae.encode(log_mel(torch.from_numpy(wave)[None], MelSpec.FULL_BAND))[0].half() for wave in loud]
    pictures = np.concatenate([pictures for pictures, _ in stretches])
    shown = np.repeat(numbers, counts)
    write_shard(folder / (name % "pictures"), {"picture": pictures, "kind": shown, "sound": shown})
    write_shard(folder / (name % "sounds"), {"latent": torch.stack(latents).numpy(), "sound": numbers})
