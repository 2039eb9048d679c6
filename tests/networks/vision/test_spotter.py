"""The spotter: any length, any cell, mirror and chunk relations, and that it can learn to see a hit."""

import numpy as np
import pytest
import torch

from foleycli.models.spot_perform.peak_picking import pick
from foleycli.networks.vision.curves import join
from foleycli.networks.vision.spotter import Spotter
from foleycli.specs import SpotterSpec

SPEC = SpotterSpec(stem_width=8, width=16, classes=("impact_wood", "rain"))


@pytest.fixture
def spotter() -> Spotter:
    torch.manual_seed(0)
    return Spotter(SPEC).eval()


@pytest.mark.parametrize("frames", [1, 7, 64])
def test_shapes_at_any_length(spotter: Spotter, frames: int) -> None:
    seen = spotter(torch.randn(2, frames, 8, 16, 16))
    assert seen.onset_logit.shape == seen.strength.shape == seen.span_logit.shape == (2, frames)
    assert seen.cell_logit.shape == (2, frames, 4, 4)
    assert seen.class_logit.shape == (2, frames, 2)
    assert seen.strength.min() >= 0 and seen.strength.max() <= 1


def test_onset_is_the_log_sum_of_its_cells(spotter: Spotter) -> None:
    seen = spotter(torch.randn(1, 9, 8, 16, 16))
    assert torch.allclose(seen.onset_logit, seen.cell_logit.flatten(2).logsumexp(2))
    assert (seen.onset_logit >= seen.cell_logit.amax((2, 3))).all()


def test_new_net_expects_few_onsets(spotter: Spotter) -> None:
    assert 0.01 < spotter(torch.randn(2, 32, 8, 16, 16)).onset_logit.sigmoid().mean() < 0.2


def test_sees_no_further_than_its_dilations(spotter: Spotter) -> None:
    grid = torch.randn(1, 80, 8, 16, 16)
    other = grid.clone()
    other[:, 60:] = torch.randn(1, 20, 8, 16, 16)
    reach = sum(SPEC.dilations)
    before, after = spotter(grid).onset_logit, spotter(other).onset_logit
    assert torch.allclose(before[:, : 60 - reach], after[:, : 60 - reach], atol=1e-5)
    assert not torch.allclose(before[:, 58:60], after[:, 58:60], atol=1e-5)


def test_curves_of_chunks_with_a_halo_are_those_of_the_whole(spotter: Spotter) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (120, 64, 64), dtype=np.uint8)
    halo, cut = sum(SPEC.dilations) + 1, 60
    whole = spotter.spot_curves(frames)
    first = spotter.spot_curves(frames[: cut + halo]).crop(0, cut)
    second = spotter.spot_curves(frames[cut - halo :]).crop(halo, halo + 120 - cut)
    joined = join([first, second])
    assert len(joined) == 120
    for name in ("onset", "strength", "classes", "span", "activity", "busiest"):
        assert np.allclose(getattr(joined, name), getattr(whole, name), atol=1e-4)


def test_still_picture_gives_no_cues_even_untrained(spotter: Spotter) -> None:
    with torch.no_grad():
        spotter.cell_head.bias.add_(10)  # a net that hears hits everywhere
        spotter.clip_head.bias.add_(10)
    still = np.broadcast_to(np.random.default_rng(1).integers(0, 256, (1, 64, 64), dtype=np.uint8), (100, 64, 64))
    assert pick(spotter.spot_curves(still), SPEC) == ()


def test_learns_where_a_flash_of_motion_is() -> None:
    torch.manual_seed(1)
    spotter = Spotter(SPEC)
    optimizer = torch.optim.AdamW(spotter.parameters(), lr=5e-3)
    for _ in range(40):
        grid, target = _flashes(8)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(spotter(grid).onset_logit, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    grid, target = _flashes(4)
    found = spotter.eval()(grid).onset_logit
    assert (found.argmax(1) == target.argmax(1)).float().mean() >= 0.75


def _flashes(batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    grid, target = torch.randn(batch, 24, 8, 16, 16) * 0.1, torch.zeros(batch, 24)
    for item in range(batch):
        frame, row, column = (int(torch.randint(2, high, ())) for high in (22, 14, 14))
        grid[item, frame, :, row - 2 : row + 2, column - 2 : column + 2] += 2
        target[item, frame] = 1
    return grid, target
