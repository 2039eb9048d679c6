"""Timbre: the same sound softer or later in the palette is the same; a brighter, longer or tonal one is not."""

import torch

from foleycli.cues.sheet import Cue
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.mdsgen.cues import CueEncoder, timbre_frames
from foleycli.networks.mdsgen.timbre import BANDS, TIMBRE_SIZE, hit_timbre, span_timbre, take_of, variant_of
from foleycli.specs import CueSpec, MelSpec

SPEC = CueSpec(("impact_metal", "rain"), embedding=8, features=16, timbre=TIMBRE_SIZE)
RATE = MelSpec.FULL_BAND.sample_rate


def mel(wave: torch.Tensor) -> torch.Tensor:
    return log_mel(wave[None], MelSpec.FULL_BAND)[0]


def decaying(decay_seconds: float, hz: float = 0.0) -> torch.Tensor:
    t = torch.arange(RATE) / RATE
    body = torch.sin(6.283 * hz * t) if hz else torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    return 0.3 * body * (-t / decay_seconds).exp()


def test_a_timbre_tells_long_from_short_and_tones_from_noise() -> None:
    short, long, tone = (hit_timbre(mel(wave)) for wave in (decaying(0.03), decaying(0.4), decaying(0.4, 3000)))
    assert short.shape == (TIMBRE_SIZE,)
    last = slice(6 * BANDS, 7 * BANDS)  # half a second and more after the attack
    assert (long[last] - short[last]).min() > 0.5
    assert tone[7 * BANDS :].abs().max() > 3 * long[7 * BANDS :].abs().max()
    cut = mel(decaying(0.03))[:, :20]
    silent = torch.full((128, 44), -11.5)
    assert torch.equal(hit_timbre(cut), hit_timbre(torch.cat([cut, silent], 1)))  # what is missing is silence
    assert not torch.equal(hit_timbre(cut), hit_timbre(torch.cat([cut, silent + 1], 1)))


def test_a_span_is_the_same_wherever_it_is_cut_and_knows_if_it_moves() -> None:
    noise = 0.1 * torch.randn(4 * RATE, generator=torch.Generator().manual_seed(1))
    gated = noise * (torch.arange(4 * RATE) // (RATE // 4) % 2)
    steady, again, moving = (span_timbre(mel(wave)) for wave in (noise[: 2 * RATE], noise[2 * RATE :], gated))
    assert (steady - again).abs().mean() < 0.05 < 0.2 < (steady - moving).abs().mean()


def test_frames_have_the_timbre_of_the_last_hit_and_of_the_span() -> None:
    cues = [Cue(1.0, 1.0, "impact_metal"), Cue(1.5, 1.0, "impact_metal"), Cue(3.0, 1.0, "rain", stop=4.0)]
    which = timbre_frames(cues, 0.0, SPEC)
    at = [which[round(seconds / 0.032)].tolist() for seconds in (0.5, 1.2, 1.7, 3.05, 3.5, 6.0)]
    assert at == [[-1, -1], [0, -1], [1, -1], [1, 2], [-1, 2], [-1, -1]]
    assert not (timbre_frames([Cue(1.0, 1.0, "impact_metal", mute=True)], 0.0, SPEC) >= 0).any()


def test_a_cue_has_one_timbre_in_every_window_and_one_take_in_a_film() -> None:
    encoder = CueEncoder(SPEC)
    encoder.palette.copy_(torch.randn(encoder.palette.shape, generator=torch.Generator().manual_seed(2)))
    cue = Cue(8.0, 1.0, "impact_metal")
    first, second = encoder.curves([cue], 0.0, 5), encoder.curves([cue], 7.168, 5)
    timbres = slice(SPEC.channels, SPEC.channels + TIMBRE_SIZE)
    assert torch.equal(first[252, timbres], second[28, timbres]) and first[252, timbres].abs().max() > 0
    assert len({variant_of(5, cue.sound, seconds / 2, 4) for seconds in range(12)}) == 4
    assert len({take_of(seed, cue.sound, 12) for seed in range(40)}) > 6
    assert not torch.equal(first, encoder.curves([cue], 0.0, 6))
