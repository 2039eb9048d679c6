"""The aligner: what it is shown of a picture and a sound, and what makes no difference to it."""

from __future__ import annotations

import pytest
import torch

from foleycli.networks.judges.sync_classifier import (
    BANDS,
    CURVES,
    SyncClassifierNet,
    SyncClassifierSpec,
    motion_curves,
    sound_bands,
    with_rises,
)
from foleycli.networks.vision.flow import motion_grid


@pytest.fixture(scope="module")
def network() -> SyncClassifierNet:
    torch.manual_seed(0)
    return SyncClassifierNet(SyncClassifierSpec()).eval().requires_grad_(False)


def test_it_is_small(network: SyncClassifierNet) -> None:
    assert sum(one.numel() for one in network.parameters()) < 300_000


def test_curves_belong_to_the_cell_that_moves() -> None:
    grey = torch.full((1, 6, 64, 64), 0.4)
    grey[:, 3:, 20:28, 36:44] = 0.9  # row 1, column 2 of 4 x 4
    curves = motion_curves(motion_grid(grey))
    assert curves.shape == (1, 6, 16, CURVES)
    energy = curves[0, :, :, 8]
    assert energy[3].argmax() == 1 * 4 + 2
    assert (energy[3] > energy[2]).sum() == 1
    brightness = curves[0, :, :, 5]
    assert brightness[4, 6] > brightness[1, 6] and torch.equal(brightness[4, [0, 15]], brightness[1, [0, 15]])


def test_bands_rise_where_the_sound_begins() -> None:
    wave = torch.zeros(1, 32000)
    wave[:, 16000:18000] = 0.3 * torch.randn(2000, generator=torch.Generator().manual_seed(0))
    bands = sound_bands(wave)
    assert bands.shape == (1, 50, BANDS.mels)
    rises = with_rises(bands)[0, :, BANDS.mels :].sum(1)
    assert abs(int(rises.argmax()) / 50 - 0.5) <= 0.021
    assert rises[40:].abs().max() == 0


def test_the_level_of_the_sound_makes_no_difference(network: SyncClassifierNet) -> None:
    generator = torch.Generator().manual_seed(1)
    curves, bands = torch.randn(2, 70, 16, CURVES, generator=generator), torch.randn(2, 140, 16, generator=generator)
    assert network(curves, bands + 2.0).tolist() == pytest.approx(network(curves, bands).tolist(), abs=1e-4)


def test_a_piece_is_judged_alone_and_at_any_length(network: SyncClassifierNet) -> None:
    generator = torch.Generator().manual_seed(2)
    curves, bands = torch.randn(3, 64, 16, CURVES, generator=generator), torch.randn(3, 128, 16, generator=generator)
    together = network(curves, bands)
    assert together.shape == (3,)
    assert network(curves[1:2], bands[1:2]).item() == pytest.approx(together[1].item(), abs=1e-4)
    assert torch.isfinite(network(curves[:, :9], bands[:, :18])).all()
