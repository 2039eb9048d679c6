"""Griffin-Lim as a vocoder: a Diff-Foley mel of 512 frames back to a window of sound."""

from __future__ import annotations

import torch

from foleycli.networks.codecs.griffin_lim import GriffinLim
from foleycli.networks.codecs.mel import log_mel
from foleycli.specs import MelSpec
from tests.golden import golden

SPEC = MelSpec.DIFF_FOLEY
SAMPLES = 32768  # 128 frames, a quarter of a window


def hits() -> torch.Tensor:
    """Hits in noise: what the sound of a film would be like."""
    times = torch.arange(SAMPLES) / SPEC.sample_rate
    ring = torch.exp(-12 * (times % 1.0)) * torch.sin(6.28 * 900 * times)
    return (0.3 * ring + 0.01 * torch.randn(SAMPLES, generator=torch.Generator().manual_seed(0)))[None]


def test_the_frames_of_a_picture_become_as_many_hops_with_that_mel() -> None:
    mel = log_mel(hits(), SPEC)[..., :-1]
    vocoder = GriffinLim(SPEC, 32)
    wav, again = vocoder(mel), vocoder(mel)
    assert wav.shape == (1, SAMPLES)
    assert torch.equal(wav, again)
    together = vocoder(torch.cat([0.5 * mel, mel]))
    torch.testing.assert_close(together[1:], wav, atol=1e-4, rtol=0)  # whatever stands before it
    found = log_mel(wav, SPEC)[..., :-1]
    assert (found - mel).abs().mean() < 0.02  # 2 dB of the 100 that the map holds
    blind = GriffinLim(SPEC, 0)(mel)
    assert (found - mel).abs().mean() < 0.7 * (log_mel(blind, SPEC)[..., :-1] - mel).abs().mean()


def test_what_overshoots_the_map_is_clipped() -> None:
    mel = log_mel(golden("mel")["wav"][None], SPEC)[..., :64]
    wild = torch.where(mel <= 0, mel - 0.3, mel)
    assert torch.equal(GriffinLim(SPEC, 2)(mel), GriffinLim(SPEC, 2)(wild))
    assert torch.equal(GriffinLim(SPEC, 2)(torch.full((1, 128, 8), 1.4)), GriffinLim(SPEC, 2)(torch.ones(1, 128, 8)))
    assert not list(GriffinLim(SPEC, 2).parameters())
