"""`foley train mdsgen`: MDSGen as the paper trains it, from videos with sound to a model folder.

videos -> windows of 8.192 s -> features and latents, WORK/windows -> MDSGen -> WORK/mdsgen-SIZE-VAE-ENCODER
"""

from __future__ import annotations

from collections.abc import Callable
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
from foleycli.training.mdsgen.parts import Parts
from foleycli.training.mdsgen.windows import WindowSet, check_encoders, cut_videos
from foleycli.training.scale import scale_of
from foleycli.training.workspace import Workspace

LEARNING_RATE, EMA_DECAY = 5e-4, 0.9999  # the paper's, with Adan
SCORED, SCORED_ROWS = 4, 4  # batches that the final weights are scored on, and windows in each
LICENCE = "yours to choose, as far as the videos allow"


def mdsgen(work: Workspace) -> Path:
    """`--videos` cut into windows, then `--steps` of MDSGen (500,000 of 64 on a card, 2,000 of 8 on a CPU)."""
    parts, batch_size = Parts.chosen(work.size, work.vae, work.ablation), scale_of(work.device).mdsgen
    work.note(parts.said())
    folder = work.folder / "windows" / parts.encoders
    if work.videos is not None:
        cut_videos(
            videos_of(work.videos), folder, parts,
            device=work.device, workers=work.workers, note=work.note, progress=work.count,
        )  # fmt: skip
    windows = WindowSet(folder)
    check_encoders(folder, parts)
    work.note(f"{len(windows)} windows to learn from")
    config = work.run(
        parts.name,
        RunConfig(
            work.folder,
            scale_of(work.device).mdsgen_steps,
            learning_rate=LEARNING_RATE,
            optimizer="adan",
            ema_decay=EMA_DECAY,
        ),
    )
    torch.manual_seed(0)
    model = MDSGen(parts.transformer())
    loss = DenoisingLoss(Schedule.linear(parts.sampler), parts.sampler.prediction)
    state = fit(
        model, _batches(windows, batch_size, work.device), loss, config=config, batch_size=batch_size,
        progress=work.progress, resume=work.resume,
    )  # fmt: skip
    made = work.folder / parts.name
    if current().writes:
        scores = {"windows": float(len(windows)), **_scores(model, state, loss, windows=windows, folder=folder)}
        work.note("  ".join(f"{name} {value:.4g}" for name, value in scores.items()))
        write_mdsgen(
            made, parts.transformer(), state, specs=parts.specs, parts=parts.weights(), licence=LICENCE,
            commercial_use=False, training_data=f"{len(windows)} windows of one's own videos; {parts.said()}",
        )  # fmt: skip
    return made


def _batches(windows: WindowSet, size: int, device: str) -> Callable[[int], tuple[Tensor, Tensor, int]]:
    def batch_at(step: int) -> tuple[Tensor, Tensor, int]:
        latent, features = windows.batch(step, size)
        return latent.to(device), features.to(device), step

    return batch_at


@torch.no_grad()
def _scores(
    model: MDSGen, state: dict[str, Tensor], loss: DenoisingLoss, *, windows: WindowSet, folder: Path
) -> dict[str, float]:
    """The weighted error of epsilon (or v) on windows that were trained on, and on those held out."""
    model.load_state_dict(state)
    model.eval()
    error = loss.prediction
    sets = {error: windows, f"{error}_held_out": WindowSet.held_out(folder)}
    device = str(next(model.parameters()).device)
    return {
        name: sum(float(loss(model, _batches(own, SCORED_ROWS, device)(step))[error]) for step in range(SCORED))
        / SCORED
        for name, own in sets.items()
        if own is not None
    }
