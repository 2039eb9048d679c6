"""Teaching the spotter on rendered scenes: clips -> motion grids on disk (once) -> batches -> losses.

scene_clip(seed)    --25 fps, grey--> motion grid (96, 8, 16, 16) float16  -> 00000000.grid.npy   (per 256 clips)
                    --events, spans-> frames, strengths, classes, places   -> 00000000.truth.npz
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.networks.vision.flow import motion_grid
from foleycli.networks.vision.spotter import CELLS, Spotter, SpotterOutput
from foleycli.scenes.catalogue import sample
from foleycli.scenes.scene import GREY_OF_RGB, Scene
from foleycli.specs import SpotterSpec
from foleycli.training.loop import Report, RunConfig, fit
from foleycli.training.spotter.augment import reframe, side_by_side
from foleycli.training.spotter.truth import Truth

CLIP_SECONDS = 3.84
SHARD_CLIPS = 256
MAX_EVENTS = 40  # in a clip; more is a rattle
NO_CLASS = -1
ONSET_SIGMA_FRAMES = 1.0
PLACE_SIGMA_CELLS = 0.6
ONSET_WEIGHT = 4.0  # how much more a frame with an onset counts than one without
HEATMAP_WEIGHT = 6.0
STRENGTH_WEIGHT = 0.3
CLASS_WEIGHT = 0.2
SPAN_WEIGHT = 0.5
SPAN_LEAST = 0.05  # level above which a span is there to be heard


@dataclass(frozen=True)
class SpotBatch:
    """B clips: grid and the targets of each head."""

    grid: Tensor  # (B, T, 8, 16, 16)
    onset: Tensor  # (B, T) 0..1, a bump around each event
    cells: Tensor  # (B, T, 4, 4) the same, at its place
    strength: Tensor  # (B, T)
    sound: Tensor  # (B, T) class index or NO_CLASS
    span: Tensor  # (B, T) 0 or 1

    def to(self, device: str) -> SpotBatch:
        """The same batch elsewhere."""
        return SpotBatch(*(getattr(self, field.name).to(device) for field in fields(self)))


def grey_at_rate(scene: Scene, spec: SpotterSpec, frames: int) -> npt.NDArray[np.float32]:
    """The scene as the spotter is shown a file: grey 0..1 (T, H, W) at its rate, slower sources held."""
    shown = (np.arange(frames) / spec.frames_per_second * scene.frames_per_second + 1e-6).astype(int)
    pictures = scene.frames[np.minimum(shown, len(scene.frames) - 1)]
    grey = pictures[..., 0].astype(np.float32) if pictures.shape[-1] == 1 else pictures.astype(np.float32) @ GREY_OF_RGB
    return np.asarray(grey / 255)


def truth_of(scenes: Sequence[Scene], spec: SpotterSpec, frames: int) -> Truth:
    """The events and spans of scenes as arrays."""
    count, rate = len(scenes), spec.frames_per_second
    truth = Truth(
        np.full((count, MAX_EVENTS), -1000, np.float32),
        np.zeros((count, MAX_EVENTS), np.float32),
        np.full((count, MAX_EVENTS), NO_CLASS, np.int16),
        event_place=np.zeros((count, MAX_EVENTS, 2), np.float32),
        span_level=np.zeros((count, frames), np.float32),
        span_class=np.full((count, frames), NO_CLASS, np.int16),
    )
    number = {name: index for index, name in enumerate(spec.classes)}
    for row, scene in enumerate(scenes):
        for column, event in enumerate(scene.events[:MAX_EVENTS]):
            truth.event_frame[row, column] = event.time * rate
            truth.event_strength[row, column] = event.strength
            truth.event_class[row, column] = number.get(event.sound, NO_CLASS)
            truth.event_place[row, column] = event.x, event.y
        for span in scene.spans:
            here = slice(max(0, round(span.start * rate)), max(0, round(span.stop * rate)))
            louder = span.level > truth.span_level[row, here]
            truth.span_class[row, here][louder] = number.get(span.sound, NO_CLASS)
            truth.span_level[row, here][louder] = span.level
    return truth


def scene_clip(seed: int) -> Scene:
    """The grey clip of a seed that training sees."""
    return sample(seed, seconds=CLIP_SECONDS, grey=True)


def write_shard(folder: Path, first_seed: int, sample: Callable[[int], Scene], spec: SpotterSpec) -> bool:
    """Renders clips first_seed..+256 into `folder`; False if that shard is already there."""
    folder.mkdir(parents=True, exist_ok=True)
    grid_path, truth_path = folder / f"{first_seed:08d}.grid.npy", folder / f"{first_seed:08d}.truth.npz"
    if grid_path.exists():
        return False
    frames = round(CLIP_SECONDS * spec.frames_per_second)
    scenes = [sample(seed) for seed in range(first_seed, first_seed + SHARD_CLIPS)]
    greys = (torch.from_numpy(grey_at_rate(scene, spec, frames))[None] for scene in scenes)
    grids = np.stack([motion_grid(grey)[0].half().numpy() for grey in greys])
    truth = truth_of(scenes, spec, frames)
    kinds = np.array([scene.kind for scene in scenes])
    np.savez(truth_path, kinds=kinds, **{field.name: getattr(truth, field.name) for field in fields(Truth)})
    partial = grid_path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.save(file, grids)
    os.replace(partial, grid_path)  # the grid is there last: a shard is whole or absent
    return True


class SceneClips:
    """The cached clips of some folders, as batches that depend on (seed, step) alone; `framed`: see `batch_at`."""

    def __init__(self, folders: Sequence[Path], framed: bool = True) -> None:
        self.framed = framed
        paths = sorted(path for folder in folders for path in folder.glob("*.grid.npy"))
        if not paths:
            raise FileNotFoundError(f"no *.grid.npy in {', '.join(map(str, folders))}; render scenes first")
        self.grids = [np.load(path, mmap_mode="r") for path in paths]
        tables = [np.load(str(path).replace(".grid.npy", ".truth.npz")) for path in paths]
        self.kinds = np.concatenate([table["kinds"] for table in tables])
        self.truth = Truth(*(np.concatenate([table[field.name] for table in tables]) for field in fields(Truth)))
        sizes = [len(grid) for grid in self.grids]
        self.where = [(shard, row) for shard, size in enumerate(sizes) for row in range(size)]

    def __len__(self) -> int:
        return len(self.where)

    def take(self, clips: Sequence[int] | npt.NDArray[np.int64]) -> SpotBatch:
        """The named clips, as they are."""
        return targets(*self.read(clips))

    def read(self, clips: Sequence[int] | npt.NDArray[np.int64]) -> tuple[Tensor, Truth]:
        """Grids (B, T, 8, 16, 16) and truth of the named clips."""
        rows = np.asarray(clips)
        grids = np.stack([self.grids[shard][row] for shard, row in (self.where[clip] for clip in rows)])
        truth = Truth(*(getattr(self.truth, field.name)[rows] for field in fields(Truth)))
        return torch.from_numpy(grids).float(), truth

    def batch_at(self, step: int, batch_size: int = 16, seed: int = 0) -> SpotBatch:
        """A random, augmented batch; framed, a part of each picture, and one clip in eight shares it with another."""
        rng = np.random.default_rng((seed, step))
        grid, truth = self.read(rng.integers(0, len(self), batch_size))
        if self.framed:
            grid, truth = side_by_side(*reframe(grid, truth, rng), batch_size // 8)
        return augment(targets(grid, truth), torch.Generator().manual_seed(int(rng.integers(2**62))))


def targets(grid: Tensor, truth: Truth) -> SpotBatch:
    """Grids (B, T, ...) and the truth of the same clips -> targets per frame."""
    frames = torch.arange(grid.shape[1], dtype=torch.float32)
    event_frame = torch.from_numpy(truth.event_frame)
    bumps = torch.exp(-0.5 * ((frames - event_frame[..., None]) / ONSET_SIGMA_FRAMES) ** 2)  # (B, E, T)
    onset, nearest = bumps.max(dim=1)
    centre = torch.arange(CELLS) + 0.5
    across, down = (torch.from_numpy(truth.event_place[..., axis, None]) * CELLS - centre for axis in (0, 1))
    near = torch.exp(-0.5 * (down[..., :, None] ** 2 + across[..., None, :] ** 2) / PLACE_SIGMA_CELLS**2)
    near = near / near.amax((-2, -1), keepdim=True).clamp(min=1e-6)  # the cell of the contact counts fully
    cells = (bumps[..., None, None] * near[:, :, None]).amax(dim=1)
    hit_class = torch.from_numpy(truth.event_class.astype(np.int64)).gather(1, nearest)
    sound = torch.where(onset > 0.5, hit_class, torch.from_numpy(truth.span_class.astype(np.int64)))
    return SpotBatch(
        grid=grid,
        onset=onset,
        cells=cells,
        strength=torch.from_numpy(truth.event_strength).gather(1, nearest),
        sound=sound,
        span=(torch.from_numpy(truth.span_level) > SPAN_LEAST).float(),
    )


def augment(batch: SpotBatch, generator: torch.Generator) -> SpotBatch:
    """Mirrors half of the clips, and changes the grid as cameras do: contrast, brightness, noise, a missing channel.

    Contrast multiplies what moves and leaves what is still as still as it was; noise comes to a third of the clips.
    """
    count = len(batch.grid)

    def draw(*shape: int) -> Tensor:
        return torch.rand(shape, generator=generator)

    mirrored = draw(count) < 0.5
    across = torch.tensor([-1.0 if channel in (0, 2) else 1.0 for channel in range(batch.grid.shape[2])])
    grid = torch.where(mirrored[:, None, None, None, None], batch.grid.flip(-1) * across[:, None, None], batch.grid)
    cells = torch.where(mirrored[:, None, None, None], batch.cells.flip(-1), batch.cells)
    contrast = (1.4 * draw(count, 1, 1, 1, 1) - 0.7).exp()
    energy = (contrast * (2 * grid[:, :, 4:6] + 1).expm1()).log1p() / 2 - 0.5
    structure = (contrast.square() * (3 * grid[:, :, 6:7] + 3).expm1()).log1p() / 3 - 1
    gain = 1 + 0.4 * (draw(count, 1, 1, 1, 1) - 0.5)  # of the flow: a lens, a slower hand
    lift = 0.6 * (draw(count, 1, 1, 1, 1) - 0.5)
    grid = torch.cat([grid[:, :, :4] * gain, energy, structure, grid[:, :, 7:] + lift], dim=2)
    loud = 0.15 * draw(count, 1, 1, 1, 1).square() * (draw(count, 1, 1, 1, 1) < 1 / 3)
    grid = grid + torch.randn(grid.shape, generator=generator) * loud
    kept = (draw(count, 1, grid.shape[2], 1, 1) > 0.02).float()
    return SpotBatch(grid * kept, batch.onset, cells, strength=batch.strength, sound=batch.sound, span=batch.span)


def spotting_loss(spotter: Spotter, batch: SpotBatch) -> dict[str, Tensor]:
    """Weighted BCE of onset, heatmap and span against soft targets, MSE of strength, cross-entropy of the class."""
    seen: SpotterOutput = spotter(batch.grid)
    onset = _weighted_bce(seen.onset_logit, batch.onset)
    heatmap = _weighted_bce(seen.cell_logit, batch.cells)
    strength = (batch.onset * (seen.strength - batch.strength).square()).sum() / batch.onset.sum().clamp(min=1)
    span = F.binary_cross_entropy_with_logits(seen.span_logit, batch.span)
    sound = onset.new_zeros(())
    if spotter.spec.classes and bool((batch.sound != NO_CLASS).any()):
        sound = F.cross_entropy(seen.class_logit.flatten(0, 1), batch.sound.flatten(), ignore_index=NO_CLASS)
    loss = onset + HEATMAP_WEIGHT * heatmap + STRENGTH_WEIGHT * strength + SPAN_WEIGHT * span + CLASS_WEIGHT * sound
    return {"loss": loss, "onset": onset, "heatmap": heatmap, "strength": strength, "span": span, "class": sound}


def _weighted_bce(logit: Tensor, target: Tensor) -> Tensor:
    loss = F.binary_cross_entropy_with_logits(logit, target, reduction="none")
    return (loss * (1 + ONSET_WEIGHT * target)).mean()


def train_spotter(
    spec: SpotterSpec,
    folders: Sequence[Path],
    config: RunConfig,
    *,
    batch_size: int = 16,
    seed: int = 0,
    framed: bool = True,
    start: dict[str, Tensor] | None = None,
    progress: Callable[[Report], None] | None = None,
) -> Spotter:
    """A spotter trained on cached clips, with its averaged weights; resumes from `config.out_dir`.

    `start`: the weights of an earlier run to go on from.
    """
    clips = SceneClips(folders, framed)
    torch.manual_seed(seed)
    spotter = Spotter(spec).to(config.device)
    if start is not None:
        spotter.load_state_dict(start)
    weights = fit(
        spotter, lambda step: clips.batch_at(step, batch_size, seed).to(config.device), spotting_loss, config=config,
        batch_size=batch_size, progress=progress,
    )  # fmt: skip
    spotter.load_state_dict(weights)
    return spotter.eval()
