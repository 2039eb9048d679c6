"""The built-in model "echo": whole, over the codec that is built in beside it, and it follows what it is given."""

from __future__ import annotations

import numpy as np
import pytest

from foleycli.models.visual_echoes.model import seed_of_part
from foleycli.pipeline.image_audio import ImageAudioPipeline
from foleycli.sampling.masked_tokens import SeededNoise
from foleycli.scenes.stills import render_still
from foleycli.specs.visual_echoes import ECHO_LAYOUT


@pytest.fixture(scope="module")
def echo() -> ImageAudioPipeline:
    return ImageAudioPipeline("echo", device="cpu", offline=True)


def test_it_has_the_layout_of_the_recipe_and_follows_closely(echo: ImageAudioPipeline) -> None:
    assert echo.model.layout == ECHO_LAYOUT and echo.model.decoding.guidance == 5.0
    assert float(echo.seconds) == 4.096


@pytest.mark.usefixtures("built_in_namer")
def test_a_picture_gets_a_sound_of_its_own(echo: ImageAudioPipeline) -> None:
    hammer, stream = (render_still(kind, 7).picture for kind in ("hammer", "stream"))
    few = echo.decoding(steps=4)
    sound = echo.image2audio(hammer, seed=3, decoding=few)
    assert len(sound.samples) == echo.seconds * sound.sample_rate and np.abs(sound.samples).max() > 0.01
    assert np.array_equal(sound.codes, echo.image2audio(hammer, seed=3, decoding=few).codes)
    assert not np.array_equal(sound.codes, echo.image2audio(stream, seed=3, decoding=few).codes)


def test_a_sound_gets_a_picture(echo: ImageAudioPipeline) -> None:
    rate = 32_000
    noise = np.random.default_rng(0).standard_normal(4 * rate).astype(np.float32) * 0.1
    seen = echo.audio2image(noise, rate, seed=1)
    assert seen.picture.shape == (64, 64, 3) and seen.picture.std() > 5


def test_the_parts_of_a_long_sound_have_noise_of_their_own() -> None:
    seeds = [5, *(seed_of_part(5, part) for part in range(2, 6)), *(seed_of_part(6, part) for part in range(2, 6))]
    first = [float(SeededNoise([seed]).confidence(0, (1, 1))) for seed in seeds]
    assert len(set(first)) == len(seeds)
