"""HiFi-GAN: the published vocoder's waveform to 1e-4, and what its spec says of lengths."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from foleycli.bundles.convert import hifigan_audioldm
from foleycli.errors import ModelError
from foleycli.networks.codecs.hifigan import HifiGan
from foleycli.specs import VocoderSpec
from tests.golden import FOLDER, formula_inputs, formula_state, golden

SMALL = VocoderSpec(kind="hifigan", mels=64, width=64)


@torch.no_grad()
def test_the_published_vocoder() -> None:
    state = formula_state("hifigan_small") | {"mean": torch.zeros(64), "scale": torch.ones(64)}
    model = HifiGan(SMALL).eval()
    model.load_state_dict(hifigan_audioldm(state))
    wav = model(formula_inputs("hifi-mel", (48, 64)).t()[None])
    torch.testing.assert_close(wav[0], golden("hifigan_small")["wav"], atol=1e-4, rtol=0)


def test_the_released_vocoder_has_our_keys_and_shapes() -> None:
    keys = json.loads((FOLDER / "hifigan_audioldm_keys.json").read_text())
    published = {key: torch.empty(shape, device="meta") for key, (shape, _) in keys.items()}
    with torch.device("meta"):
        ours = HifiGan(replace(SMALL, width=1024)).state_dict()
    assert {k: v.shape for k, v in hifigan_audioldm(published).items()} == {k: v.shape for k, v in ours.items()}


@torch.no_grad()
def test_one_more_frame_is_one_more_hop_of_sound() -> None:
    model = HifiGan(replace(SMALL, width=32))
    lengths = [model(torch.zeros(2, 64, frames)).shape for frames in (10, 11)]
    assert lengths[1][1] - lengths[0][1] == 160 and lengths[0][1] >= 1600


@torch.no_grad()
def test_normalisation_is_part_of_the_model() -> None:
    plain, normal = HifiGan(replace(SMALL, width=32)), HifiGan(replace(SMALL, width=32, normalize_before=True))
    normal.load_state_dict(plain.state_dict())
    normal.mean.fill_(-4.0)
    normal.scale.fill_(2.0)
    mel = torch.randn(1, 64, 12)
    torch.testing.assert_close(normal(mel * 2 - 4), plain(mel), atol=1e-5, rtol=1e-4)


def test_another_checkpoint_is_refused() -> None:
    with pytest.raises(ModelError, match="no HiFi-GAN"):
        hifigan_audioldm({"weight": torch.zeros(1)})
