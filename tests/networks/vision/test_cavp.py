"""CAVP's two encoders: the published features to 1e-4, and that each row is of its own time."""

from __future__ import annotations

import pytest
import torch

from foleycli.bundles.convert import cavp_official, cavp_spectrogram_official
from foleycli.errors import ModelError
from foleycli.networks.vision.cavp import CavpSpectrogramEncoder, CavpVideoEncoder
from tests.golden import formula_state, formula_uniform, golden


@pytest.fixture(scope="module")
def video_encoder() -> CavpVideoEncoder:
    encoder = CavpVideoEncoder().eval()
    published = formula_state("cavp", "video_")
    encoder.load_state_dict(cavp_official({f"module.{key}": value for key, value in published.items()}))
    return encoder


@torch.no_grad()
def test_the_published_video_features(video_encoder: CavpVideoEncoder) -> None:
    features = video_encoder.encode(formula_uniform("cavp-video", (1, 8, 3, 112, 112)))
    torch.testing.assert_close(features, golden("cavp")["video_features"], atol=1e-4, rtol=0)
    torch.testing.assert_close(features.norm(dim=-1), torch.ones(1, 8))


@torch.no_grad()
def test_the_published_spectrogram_features() -> None:
    encoder = CavpSpectrogramEncoder().eval()
    encoder.load_state_dict(cavp_spectrogram_official(formula_state("cavp", "spec_")))
    features = encoder.encode(formula_uniform("cavp-spec", (1, 128, 512)))
    torch.testing.assert_close(features, golden("cavp")["spec_features"], atol=1e-4, rtol=0)


def test_the_video_encoder_has_the_size_that_its_paper_says() -> None:
    with torch.device("meta"):
        count = sum(parameter.numel() for parameter in CavpVideoEncoder().parameters())
    assert count / 1e6 == pytest.approx(32.7, abs=0.1)


@torch.no_grad()
def test_a_row_is_moved_by_its_own_frame_most_and_by_far_frames_not_at_all(video_encoder: CavpVideoEncoder) -> None:
    frames = formula_uniform("far", (1, 24, 3, 32, 32))
    other = frames.clone()
    other[:, 0] = 1 - other[:, 0]
    moved = (video_encoder(frames) - video_encoder(other)).abs().amax(dim=(0, 2))
    assert int(moved.argmax()) == 0
    assert moved[10:].max() == 0  # nine convolutions look one frame further each


def test_another_checkpoint_is_refused() -> None:
    for convert in (cavp_official, cavp_spectrogram_official):
        with pytest.raises(ModelError, match="no CAVP checkpoint"):
            convert({"weight": torch.zeros(1)})
