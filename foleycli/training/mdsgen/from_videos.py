"""`foley train mdsgen`: MDSGen as the paper trains it, from videos with sound to a model folder.

videos -> windows of 8.192 s -> features and latents, WORK/windows -> MDSGen -> WORK/mdsgen-SIZE-VAE-ENCODER
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from foleycli.models.mdsgen.importing import write_mdsgen
from foleycli.networks.mdsgen.dit import MDSGen
from foleycli.sampling.schedule import Schedule
from foleycli.training.data.videos import videos_of
from foleycli.training.distributed import current
from foleycli.training.loop import RunConfig, fit
from foleycli.training.mdsgen.loss import DenoisingLoss
from foleycli.training.mdsgen.parts import SAMPLER, Parts
from foleycli.training.mdsgen.windows import WindowSet, cut_videos
from foleycli.training.scale import scale_of
from foleycli.training.workspace import Workspace

LEARNING_RATE, EMA_DECAY = 5e-4, 0.9999  # the paper's, with Adan
LICENCE = "yours to choose, as far as the videos allow"


def mdsgen(work: Workspace) -> Path:
    """`--videos` cut into windows, then `--steps` of MDSGen (500,000 of 64 on a card, 2,000 of 8 on a CPU)."""
    parts, scale = Parts.chosen(work.size, work.vae), scale_of(work.device)
    work.note(parts.said())
    folder = work.folder / "windows" / parts.encoders
    if work.videos is not None:
        cut_videos(
            videos_of(work.videos), folder, parts,
            device=work.device, workers=work.workers, note=work.note, progress=work.count,
        )  # fmt: skip
    windows, spec = WindowSet(folder), parts.transformer()
    windows.require(spec, folder)
    work.note(f"{len(windows)} windows to learn from")

    def batch_at(step: int) -> tuple[Tensor, Tensor, int]:
        latent, features = windows.batch(step, scale.mdsgen)
        return latent.to(work.device), features.to(work.device), step

    torch.manual_seed(0)
    defaults = RunConfig(
        work.folder, scale.mdsgen_steps, learning_rate=LEARNING_RATE, optimizer="adan", ema_decay=EMA_DECAY
    )
    ema = fit(
        MDSGen(spec), batch_at, DenoisingLoss(Schedule.linear(SAMPLER)), config=work.run(parts.name, defaults),
        batch_size=scale.mdsgen, progress=work.progress, resume=work.resume,
    )  # fmt: skip
    return _model(work.folder / parts.name, parts, ema, windows=len(windows))


def _model(folder: Path, parts: Parts, state: dict[str, Tensor], windows: int) -> Path:
    """The model folder, written by rank 0."""
    if current().writes:
        write_mdsgen(
            folder, parts.transformer(), state, specs=parts.specs, parts=parts.weights(), licence=LICENCE,
            commercial_use=False, training_data=f"{windows} windows of one's own videos; {parts.said()}",
        )  # fmt: skip
    return folder
