"""A lasting sound that is asked for by name is heard from end to end; with the built-in model."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from foleycli import FoleyPipeline
from foleycli.cues.arranging import bed
from foleycli.specs.settings import Generation
from tests.video.clips import make_clip

BLOCK_SECONDS = 0.025
LEAST_DB = -50.0  # measured on 10 s of train: -34.7 dB in the quietest block, -23.3 in the middle one


def test_a_train_sounds_from_end_to_end(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", [Fraction(k, 8) for k in range(32)])
    track = FoleyPipeline("pocket", device="cpu", namer="off").generate(
        clip, Generation(beds=(bed("train"),), kept="none")
    )
    assert [(cue.time, cue.sound) for cue in track.cues] == [(0.0, "vehicle_train")]
    assert track.cues[0].stop == pytest.approx(len(track.samples) / track.sample_rate, abs=1e-3)
    block = round(BLOCK_SECONDS * track.sample_rate)
    levels = np.sqrt(np.mean(track.samples[: len(track.samples) // block * block].reshape(-1, block) ** 2, axis=1))
    assert 20 * np.log10(levels.min()) > LEAST_DB
