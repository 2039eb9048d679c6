"""The motion grid measures motion: the right way, the right size, and none where there is none."""

import pytest
import torch

from foleycli.networks.vision.flow import FLOW_SCALE, motion_grid


def waves(across: float, down: float, frames: int = 6) -> torch.Tensor:
    """A smooth pattern (1, T, 64, 64) that drifts by so many pixels a frame."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    return torch.stack(
        [0.5 + 0.2 * torch.sin((x - across * t) / 6) + 0.2 * torch.cos((y - down * t) / 7) for t in range(frames)]
    )[None]


@pytest.mark.parametrize(("across", "down"), [(1.0, 0.0), (0.0, -1.0), (1.5, 0.8), (-2.0, 1.0)])
def test_flow_is_the_drift_of_the_pattern(across: float, down: float) -> None:
    flow = motion_grid(waves(across, down))[0, 3, :4].median(dim=-1).values.median(dim=-1).values * FLOW_SCALE
    drift = torch.tensor([across, down])
    assert torch.allclose(flow[2:], drift, atol=0.15)
    assert torch.allclose(flow[:2], drift, atol=0.1 + 0.25 * drift.abs().max())  # fine flow is damped where it is fast


def test_mirrored_picture_has_mirrored_grid() -> None:
    pictures = torch.rand(2, 5, 64, 64, generator=torch.Generator().manual_seed(0))
    mirrored = motion_grid(pictures.flip(-1)).flip(-1)
    mirrored[:, :, [0, 2]] *= -1
    assert torch.allclose(mirrored, motion_grid(pictures), atol=1e-4)


def test_still_picture_has_no_motion() -> None:
    still = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(1)).expand(1, 8, 64, 64)
    grid = motion_grid(still)
    assert grid[:, :, :4].abs().max() == 0
    assert (grid[:, 1:] == grid[:, :1]).all()


def test_chunks_agree_with_the_whole() -> None:
    pictures = torch.rand(1, 12, 64, 64, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(motion_grid(pictures)[:, 6:], motion_grid(pictures[:, 5:])[:, 1:], atol=1e-5)


def test_flow_hardly_depends_on_contrast() -> None:
    pictures = waves(1.0, 0.5)
    dim = motion_grid(pictures * 0.5)[0, 3, :4]
    assert torch.allclose(dim, motion_grid(pictures)[0, 3, :4], atol=0.2)
