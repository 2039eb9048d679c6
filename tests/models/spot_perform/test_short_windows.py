"""A window that ends early is decoded no further than it is heard, and sounds as the whole does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from foleycli.cues.sheet import Cue
from foleycli.models.loaded import LoadedModel, load_bundle
from foleycli.models.spot_perform import model
from foleycli.models.spot_perform.model import AFTER_COLUMNS, RISE_SECONDS, sounds_of
from foleycli.pipeline.foley_pipeline import FoleyPipeline
from foleycli.specs.settings import Generation
from tests.video.clips import even, make_clip

COLUMN_SAMPLES = 4096


@pytest.fixture(scope="module")
def pocket() -> LoadedModel:
    return load_bundle("pocket")


RAIN = Cue(0.2, 0.8, "rain", stop=8.0)


@pytest.mark.parametrize("cues", [(), ((RAIN,),)])
def test_what_is_heard_does_not_know_what_is_cut_off(pocket: LoadedModel, cues: tuple[tuple[Cue, ...], ...]) -> None:
    latents = torch.randn(1, 8, 16, 64, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        whole = sounds_of(pocket, latents, [Fraction(0)], cues=cues)
        short = sounds_of(pocket, latents[..., : 20 + AFTER_COLUMNS], [Fraction(0)], cues=cues)
    heard = 20 * COLUMN_SAMPLES
    assert whole.abs().max() > 0.01
    assert (short[:, :heard] - whole[:, :heard]).abs().max() < 1e-4 * whole.abs().max()


def test_the_spectrum_of_rain_is_held_steady_within_its_cue(pocket: LoadedModel) -> None:
    """Without cues the spectrum of rain varies; within a cue it is steady, and before the cue nothing changes."""
    latents = 0.3 * torch.randn(1, 8, 16, 64, generator=torch.Generator().manual_seed(3))
    rain = replace(RAIN, time=4.0)
    with torch.inference_mode():
        plain, even, muted = (
            sounds_of(pocket, latents, [Fraction(0)], cues=cues)
            for cues in ((), ((rain,),), ((replace(rain, mute=True),),))
        )
    begins = round((rain.time + RISE_SECONDS - 0.1) * pocket.mel.sample_rate)
    assert torch.equal(plain[:, :begins], even[:, :begins])
    assert (plain - even)[:, begins:].abs().max() > 0.05 * plain.abs().max()
    assert torch.equal(muted, plain)


def test_a_short_film_is_not_decoded_as_a_whole_window(
    tmp_path: Path, pocket: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = []

    def counted(
        loaded: LoadedModel, latents: torch.Tensor, starts: list[Fraction], *, cues: list[tuple[Cue, ...]]
    ) -> torch.Tensor:
        lengths.append(latents.shape[-1])
        return sounds_of(loaded, latents, starts, cues=cues)

    monkeypatch.setattr(model, "sounds_of", counted)
    clip = make_clip(tmp_path / "a.mp4", even(30))  # one second
    pipeline = FoleyPipeline(pocket, device="cpu", namer="off")
    track = pipeline.generate(clip, Generation(steps=1), cues=[Cue(0.0, stop=1.0, sound="rain")])
    assert len(track.samples) == track.sample_rate and lengths == [8 + AFTER_COLUMNS]
