"""Timbres of recordings reach the cues they are meant for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.sheet import Cue
from foleycli.library.likes import open_likes
from foleycli.models.spot_perform.timbres import timbre_of_hit, timbre_of_span, timbres_of
from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.timbre import TIMBRE_SIZE
from foleycli.specs import CueSpec
from tests.library.recordings import noise, small_library, taps


def test_timbres_do_not_depend_on_the_level() -> None:
    tap, hum = taps([0.0], 1.0, 32_000), noise(3.0, 32_000)
    assert timbre_of_hit(tap).shape == timbre_of_span(hum).shape == (TIMBRE_SIZE,)
    torch.testing.assert_close(timbre_of_hit(tap), timbre_of_hit(tap * np.float32(0.5)), atol=0.02, rtol=0)
    torch.testing.assert_close(timbre_of_span(hum), timbre_of_span(hum * np.float32(0.5)), atol=0.02, rtol=0)


def test_a_cue_gets_the_timbre_of_its_sound_and_others_that_of_the_palette(tmp_path: Path) -> None:
    own = timbres_of(open_likes([str(small_library(tmp_path / "own"))]))
    assert {key: len(rows) for key, rows in own.items()} == {
        (0, "impact_wood"): 6,
        (1, "impact_wood"): 2,
        (1, "rain"): 1,
    }
    encoder = CueEncoder(CueSpec(SOUND_CLASSES, embedding=8, timbre=TIMBRE_SIZE))
    encoder.palette.fill_(7.0)
    cues = [Cue(1.0, 0.7, "impact_wood"), Cue(4.0, 0.7, "glass"), Cue(2.0, 0.6, "rain", stop=6.0)]
    seen = encoder.curves(cues, 0.0, 0, own=own)[:, encoder.spec.channels :]
    frame = encoder.spec.frames / 8.192
    hits, spans = seen[:, :TIMBRE_SIZE], seen[:, TIMBRE_SIZE:]
    assert any(torch.equal(hits[round(1.2 * frame)], row) for row in own[0, "impact_wood"])
    assert (hits[round(4.2 * frame)] == 7.0).all()
    assert torch.equal(spans[round(3 * frame)], own[1, "rain"][0])
    every = {(0, ""): own[0, "impact_wood"][:1]}
    glass = encoder.curves(cues, 0.0, 0, own=every)[round(4.2 * frame), encoder.spec.channels :]
    assert torch.equal(glass[:TIMBRE_SIZE], every[0, ""][0])
