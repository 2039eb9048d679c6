"""Casting the palette: who is recognised is kept, whoever is most typical."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from foleycli.bundles.format import read_bundle, write_bundle
from foleycli.cues.sheet import Cue
from foleycli.errors import InputError
from foleycli.models.loaded import LoadedModel
from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.judges.sound_classifier import SoundClassifierNet
from foleycli.networks.mdsgen.cues import CueEncoder
from foleycli.networks.mdsgen.timbre import take_of
from foleycli.specs import MelSpec, SoundClassifierSpec
from foleycli.timeline import WINDOW_SECONDS
from foleycli.training.mdsgen import palette_selection as casting
from foleycli.training.mdsgen.palette_selection import (
    HEARD_SECONDS,
    ClassifierListener,
    TaggerListener,
    asked_kind,
    best_of,
    brevity,
    candidate_scores,
    on_time,
    select_palette,
    sound_of,
    unsteady,
)
from foleycli.training.mdsgen.tagger import Tagger, open_tagger
from tests.evaluation.sounding import NAMES, classifier, play
from tests.tiny_model import SPECS, networks

TAKES = 3
TIMBRE_CUES = replace(SPECS["cues"], classes=NAMES, timbre=8, palette=(TAKES, 2))  # type: ignore[type-var]


def voices(*names: str) -> torch.Tensor:
    """Candidates (n, 2, 8) whose first number says which voice the model below has."""
    return torch.tensor([NAMES.index(name) for name in names])[:, None, None].float().expand(-1, 2, 8).clone()


@pytest.mark.parametrize("sound", NAMES)
def test_the_candidate_with_the_right_voice_is_heard(sound: str) -> None:
    palette = torch.full((2, len(NAMES), TAKES, 2, 8), 9.0)
    row, kind = NAMES.index(sound), asked_kind(sound)

    def voiced(cues: Sequence[Cue], seed: int) -> torch.Tensor:
        voice = NAMES[int(palette[kind, row, 0, 0, 0])]
        heard = [Cue(at, 0.8, voice) for cue in cues for at in ([cue.time] if cue.stop is None else HEARD_SECONDS)]
        return torch.from_numpy(play(heard, 8.192, seed))

    scores = candidate_scores(
        voiced, palette, kind, row, sound, voices(*NAMES), ClassifierListener(classifier().network)
    )
    assert int(scores.argmax()) == row
    assert (palette == 9.0).all()  # as it was


def test_a_tagger_hears_each_hit_and_knows_only_what_audioset_has_names_for() -> None:
    heard: list[np.ndarray] = []

    def scores(wave: np.ndarray) -> np.ndarray:
        heard.append(wave)
        loud = float(np.abs(wave).max() > 0.1)
        return np.array([0.3 * loud, 0.2 * loud, 0.5], np.float32)

    listener = TaggerListener(Tagger(("Dog", "Bark", "Silence"), scores))
    assert listener.classes == ("animal_dog",)
    wave = torch.zeros(3 * 32000)
    wave[32000:33000] = 0.01 * torch.randn(1000, generator=torch.Generator().manual_seed(0))
    assert listener.named(wave, "animal_dog", [1.0]) == pytest.approx(np.log(0.5 + 0.02), abs=1e-5)
    assert {len(one) for one in heard} == {15600} and max(float(np.abs(one).max()) for one in heard) < 0.71
    assert listener.named(wave, "animal_dog", [2.0]) == pytest.approx(np.log(0.02), abs=1e-5)


def test_a_file_that_is_no_tagger_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "nothing.tflite").write_bytes(b"nothing")
    with pytest.raises(InputError, match="tflite"):
        open_tagger(tmp_path / "nothing.tflite")


def test_a_sound_that_rustles_between_its_attacks_is_less_on_time() -> None:
    spec, rng = MelSpec.FULL_BAND, np.random.default_rng(0)
    times, scores = (0.5, 1.5, 2.5), []
    for rustle in (0.0, 0.3, 1.0):
        crisp = play([Cue(at, 1.0, "footsteps") for at in times], 4.0)
        others = play([Cue(at, 1.0, "rain") for at in rng.uniform(0.7, 3.5, 20)], 4.0)
        mel = log_mel(torch.from_numpy(crisp + rustle * others)[None], spec)[0]
        scores.append(on_time(mel, [round(at / float(spec.frame_seconds)) for at in times]))
    assert scores[0] == 0.0 and scores[0] > scores[1] > scores[2] < np.log(0.5)


def test_a_sound_that_rings_on_is_less_brief() -> None:
    spec = MelSpec.FULL_BAND
    short, time = play([Cue(1.0, 1.0, "glass")], 3.0), np.arange(3 * 32000) / 32000
    ringing = short + np.where(time > 1, 0.1 * np.sin(2 * np.pi * 3000 * time), 0).astype(np.float32)
    brief, long = (brevity(log_mel(torch.from_numpy(wave)[None], spec)[0], [62]) for wave in (short, ringing))
    assert 0 >= brief > -0.2 and long < brief - 0.3


def test_of_the_best_quarter_the_better_ones_come_more_often() -> None:
    candidates = torch.arange(40.0)[:, None, None].expand(-1, 2, 8)
    scores = -(torch.arange(40.0) - 20.2).abs()  # number 20 is the best, then its neighbours
    kept = best_of(candidates, scores, takes=12)[:, 0, 0].tolist()
    assert kept[0] == 20.0 and set(kept) <= set(range(16, 26))
    assert kept.count(20.0) == 4 and kept.count(21.0) == 2 and len(set(kept)) == 8


def test_of_few_recordings_four_are_kept_and_a_copy_is_no_recording() -> None:
    candidates = voices("glass", "rain", "footsteps", "impact_metal", "glass", "rain")  # two come twice
    scores = torch.tensor([-3.0, -1.0, -9.0, -2.0, -3.0, -1.0])
    best = ("rain", "impact_metal", "glass", "footsteps")
    assert torch.equal(best_of(candidates, scores, takes=6), voices("rain", "impact_metal", "rain", *best[2:], "rain"))
    assert torch.equal(best_of(candidates, scores, takes=1), voices("rain"))


@pytest.fixture
def bundle(tmp_path: Path) -> LoadedModel:
    """The tiny model with timbres."""
    torch.manual_seed(0)
    parts = {**networks(), "cues": CueEncoder(TIMBRE_CUES)}  # type: ignore[arg-type]
    write_bundle(
        tmp_path / "tiny",
        {part: network.state_dict() for part, network in parts.items()},
        name="tiny", kind="spot-perform", specs={**SPECS, "cues": TIMBRE_CUES},
        licence="Apache-2.0", commercial_use=True, training_data="none", card="# tiny\n",
    )  # fmt: skip
    return LoadedModel(read_bundle(tmp_path / "tiny"))


def test_a_palette_is_cast_from_those_who_were_tried_and_goes_on_after_a_break(
    bundle: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = sound_of(bundle)([Cue(1.0, 0.9, "glass")], 3)
    assert wave.shape == (int(WINDOW_SECONDS * 32000),) and wave.isfinite().all()
    monkeypatch.setattr(casting, "sound_of", lambda loaded: lambda cues, seed: torch.from_numpy(play(cues, 8.0, seed)))
    spec = SoundClassifierSpec(NAMES, widths=(8, 12, 16, 24), embedding=8)
    listener = ClassifierListener(SoundClassifierNet(spec).eval())
    tried = torch.randn(2, len(NAMES), 6, 2, 8, generator=torch.Generator().manual_seed(0))
    done: list[int] = []
    cast = select_palette(bundle, tried, listener, tmp_path / "scores", lambda at, of: done.append(at))
    assert done == [1, 2, 3, 4] and cast.shape == bundle.part("cues", CueEncoder).palette.shape
    for row, sound in enumerate(NAMES):
        kind = asked_kind(sound)
        scores = torch.load(tmp_path / "scores" / f"{sound}.pt")
        assert torch.equal(cast[kind, row, take_of(0, sound, TAKES)], tried[kind, row, int(scores.argmax())])
        assert all(any(torch.equal(one, other) for other in tried[kind, row]) for one in cast[kind, row])
        assert torch.equal(cast[1 - kind, row], bundle.part("cues", CueEncoder).palette[1 - kind, row])
    monkeypatch.setattr(casting, "candidate_scores", lambda *asked, **named: pytest.fail("performed again"))
    assert torch.equal(cast, select_palette(bundle, tried, listener, tmp_path / "scores", lambda at, of: None))


def test_a_texture_that_slaps_is_less_steady_than_one_that_stands_still() -> None:
    torch.manual_seed(0)
    still = torch.randn(8 * 32000) * 0.1
    slapping = still.clone()
    for at in (2.0, 3.0, 4.0, 5.0):
        slapping[round(at * 32000) : round((at + 0.1) * 32000)] *= 10
    assert unsteady(still) == 0.0
    assert 4 * 0.1 / 4.8 * 0.8 < unsteady(slapping) < 4 * 0.1 / 4.8 * 1.5
