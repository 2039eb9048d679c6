"""Scenes to batches to losses: the targets are where the events are, whatever is done to the clip."""

from pathlib import Path

import numpy as np
import pytest
import torch

from foleycli.networks.vision.spotter import Spotter
from foleycli.scenes.scene import Event, Scene, Span
from foleycli.specs import SpotterSpec
from foleycli.training.loop import RunConfig
from foleycli.training.spotter import spotter as spotting
from foleycli.training.spotter.spotter import (
    NO_CLASS,
    SceneClips,
    augment,
    grey_at_rate,
    spotting_loss,
    targets,
    train_spotter,
    truth_of,
)

SPEC = SpotterSpec(stem_width=8, width=8, dilations=(1, 2), classes=("impact_wood", "rain"))


def scene(seed: int, frames_per_second: float = 30.0) -> Scene:
    """A square that jumps at 1.0 s, with rain in the second half."""
    count = round(spotting.CLIP_SECONDS * frames_per_second)
    frames = np.full((count, 64, 64, 3), 40 + seed % 7, np.uint8)
    frames[round(1.0 * frames_per_second) :, 8:24, 44:60] = 220
    events = (Event(1.0, 0.75, "impact_wood", 52 / 64, 16 / 64),)
    return Scene("jump", frames, frames_per_second, events, (Span(1.5, 4.0, 0.5, "rain"),))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> SceneClips:
    folder: Path = tmp_path_factory.mktemp("clips")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spotting, "SHARD_CLIPS", 4)
        assert spotting.write_shard(folder, 0, scene, SPEC)
        assert spotting.write_shard(folder, 4, scene, SPEC)
        assert not spotting.write_shard(folder, 4, scene, SPEC)
    return SceneClips([folder])


@pytest.mark.parametrize("rate", [12.0, 25.0, 29.97, 60.0])
def test_any_rate_becomes_the_spotters(rate: float) -> None:
    grey = grey_at_rate(scene(0, rate), SPEC, 64)
    jump = int(np.abs(np.diff(grey, axis=0)).sum((1, 2)).argmax()) + 1
    assert grey.shape == (64, 64, 64)
    assert jump / 25 == pytest.approx(1.0, abs=1 / 12)


def test_targets_peak_at_the_event_and_its_place(clips: SceneClips) -> None:
    batch = clips.take([0, 5])
    assert len(clips) == 8 and set(clips.kinds) == {"jump"}
    assert batch.onset[0].argmax() == 25 and batch.onset[0, 25] == 1
    row, column = divmod(int(batch.cells[0, 25].flatten().argmax()), 4)
    assert (row, column) == (1, 3) or (row, column) == (0, 3)  # the contact is on their border
    assert torch.allclose(batch.cells.amax((2, 3)), batch.onset)
    assert batch.strength[0, 25] == 0.75
    assert batch.sound[0, 25] == 0 and batch.sound[0, 60] == 1 and batch.sound[0, 5] == NO_CLASS
    assert batch.span[0].sum() == round(spotting.CLIP_SECONDS * 25) - round(1.5 * 25)
    assert batch.grid[0].abs().amax((1, 2, 3))[25] > 0


def test_unknown_sounds_and_no_events_are_no_class() -> None:
    odd = Scene("odd", np.zeros((64, 64, 64, 3), np.uint8), 25.0, (Event(1.0, 0.5, "kazoo", 0.5, 0.5),), ())
    empty = Scene("still", odd.frames, 25.0, (), ())
    batch = targets(torch.zeros(2, 64, 8, 16, 16), truth_of([odd, empty], SPEC, 64))
    assert (batch.sound == NO_CLASS).all()
    assert batch.onset[0].max() == 1 and batch.onset[1].max() == 0


def test_same_step_same_batch_other_step_other(clips: SceneClips) -> None:
    first, again, other = (clips.batch_at(step, 4).grid for step in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_framed_clips_happen_elsewhere_in_the_picture_and_unframed_ones_where_they_did(
    clips: SceneClips, monkeypatch: pytest.MonkeyPatch
) -> None:
    def places() -> set[int]:
        return {int(cells[25].flatten().argmax()) for step in range(6) for cells in clips.batch_at(step, 8).cells}

    framed = places()
    monkeypatch.setattr(clips, "framed", False)
    assert places() == {0, 3}  # top right, and mirrored
    assert len(framed) > 2


def test_mirror_moves_the_place_and_not_the_time(clips: SceneClips) -> None:
    plain = clips.take([0] * 32)
    spoilt = augment(plain, torch.Generator().manual_seed(0))
    columns = {int(cells[25].flatten().argmax()) % 4 for cells in spoilt.cells}
    assert columns == {0, 3}
    assert torch.equal(spoilt.onset, plain.onset)
    assert torch.isfinite(spoilt.grid).all()


def test_loss_falls_for_every_head(clips: SceneClips) -> None:
    torch.manual_seed(0)
    spotter = Spotter(SPEC)
    batch = clips.take([0, 1, 2, 3])
    optimizer = torch.optim.AdamW(spotter.parameters(), lr=1e-2)
    first = spotting_loss(spotter, batch)
    for _ in range(25):
        losses = spotting_loss(spotter, batch)
        optimizer.zero_grad()
        losses["loss"].backward()
        optimizer.step()
    for name in ("loss", "onset", "heatmap", "class", "span"):
        assert losses[name] < first[name]


def test_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="render scenes first"):
        SceneClips([tmp_path])


def test_a_run_resumes_where_it_was(clips: SceneClips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spotting, "SceneClips", lambda folders, framed: clips)
    whole = train_spotter(SPEC, [], RunConfig(tmp_path / "whole", 4, warmup_steps=1), batch_size=2)
    train_spotter(SPEC, [], RunConfig(tmp_path / "parts", 4, warmup_steps=1, seconds=0), batch_size=2)
    parts = train_spotter(SPEC, [], RunConfig(tmp_path / "parts", 4, warmup_steps=1), batch_size=2)
    for name, weight in whole.state_dict().items():
        assert torch.allclose(weight, parts.state_dict()[name], atol=1e-6), name
