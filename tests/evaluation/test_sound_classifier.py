"""The ears of the evaluation: indifferent to level, deaf to silence, kept and found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from foleycli.cues.sheet import Cue
from foleycli.evaluation.embeddings import SoundClassifier, load_sound_classifier, save_sound_classifier
from foleycli.evaluation.takes import excerpt_times
from foleycli.networks.judges.sound_classifier import LEAD_FRAMES, excerpts
from foleycli.specs import SoundClassifierSpec
from tests.evaluation.sounding import NAMES, RATE, classifier, play


def test_each_voice_is_named() -> None:
    for number, name in enumerate(NAMES):
        heard = classifier().classify(play([Cue(0.5, 1.0, name), Cue(1.7, 1.0, name)], 3.0, 9), RATE, [0.5, 1.7])
        assert heard.probability.shape == (2, len(NAMES))
        assert heard.pooled().argmax() == number
        assert heard.pooled().sum() == pytest.approx(1)


def test_the_level_and_the_sample_rate_make_no_difference() -> None:
    wave = play([Cue(0.5, 1.0, "impact_metal")], 2.0)
    loud, soft = (classifier().classify(gain * wave, RATE, [0.5]).embedding for gain in (1.0, 0.2))
    assert soft == pytest.approx(loud, abs=0.1)
    slower = np.interp(np.arange(0, len(wave), RATE / 48000), np.arange(len(wave)), wave)
    assert classifier().classify(slower, 48000, [0.5]).pooled().argmax() == NAMES.index("impact_metal")


def test_silence_has_no_name() -> None:
    for heard in (
        classifier().classify(np.zeros(2 * RATE), RATE, [0.5]),
        classifier().classify(play([Cue(0.5, 1.0, "rain")], 2.0), RATE, []),
        classifier().classify(np.zeros(3), RATE, [0.0]),
    ):
        assert len(heard.embedding) == 0
        assert heard.pooled() == pytest.approx(np.full(len(NAMES), 1 / len(NAMES)))


def test_many_times_are_thinned_evenly() -> None:
    wave = play([Cue(0.1 * k, 1.0, "glass") for k in range(80)], 9.0)
    assert len(classifier().classify(wave, RATE, [0.1 * k for k in range(80)]).embedding) == 24


def test_an_excerpt_begins_before_its_frame_and_is_padded_with_silence() -> None:
    spec = SoundClassifierSpec(NAMES)
    mel = torch.arange(100.0).expand(128, -1)
    first, middle, last = excerpts(mel, [0, 30, 98], spec)
    assert first[0, LEAD_FRAMES] == 0 and first[0, 0] == pytest.approx(np.log(1e-5))
    assert middle[0, 0] == 30 - LEAD_FRAMES and middle[0, -1] == 30 - LEAD_FRAMES + spec.frames - 1
    assert last[0, LEAD_FRAMES] == 98 and last[0, -1] == pytest.approx(np.log(1e-5))


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    ours = classifier()
    save_sound_classifier(tmp_path / "ears", ours, training_data="four voices", card="# four voices\n")
    again = load_sound_classifier(tmp_path / "ears")
    assert isinstance(again, SoundClassifier) and again.name == ours.name and again.classes == NAMES
    wave = play([Cue(0.5, 1.0, "glass")], 2.0)
    assert again.classify(wave, RATE, [0.5]).pooled() == pytest.approx(
        ours.classify(wave, RATE, [0.5]).pooled(), abs=0.02
    )
    assert np.array_equal(again.reference.label, ours.reference.label)
    assert len(again.reference.of([1, 2])) == 24
    assert len(again.reference.of([])) == len(again.reference.label)


def test_a_sound_is_listened_for_where_it_is_alone() -> None:
    cues = [Cue(1.0, 1.0, "glass"), Cue(1.5, 1.0, "footsteps"), Cue(4.0, 1.0, "glass"), Cue(6.0, 1.0, "rain", stop=9.2)]
    assert excerpt_times(cues, "glass") == [4.0]
    assert excerpt_times(cues, "footsteps") == [1.5]  # glass came half a second before, and has rung out
    assert excerpt_times(cues[:2], "glass") == [1.0]  # never alone: better than nothing
    assert excerpt_times(cues, "rain") == pytest.approx([6.064, 7.064, 8.064])
    assert len(excerpt_times(cues)) == 6
