"""Settings travel whole: through a pickle, through a file, and no setting is forgotten on the way."""

from __future__ import annotations

import json
import pickle
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import pytest

from foleycli.specs.settings import Bed, Generation, Mix, Model, Settings
from foleycli.workflows.batch.job import DubJob
from foleycli.workflows.plain_settings import from_plain, to_plain

SETTINGS = Settings(
    generation=Generation(
        seed=3, steps=8, guidance=1.5, sounds=("rain", "glass"), start=Fraction(1, 3), end=Fraction(7),
        overlap=Fraction(64, 125), stems=True, beds=(Bed(sound="rain", start=Fraction(1, 3)), Bed(sound="fire")),
        kept="hits", library="recordings", likes=("metal=a.wav",),
    ),
    model=Model(name="mine", device="cpu", precision="bf16", compiled=True, offline=True, namer="off"),
    mix=Mix(
        room_tone_lufs=-50.0,
        original="duck", gain_db=-2.5, loudness_lufs=-23.0, level="off", fade_in=Fraction(1, 2), fade_out=Fraction(1, 4)
    ),
)  # fmt: skip


def test_a_job_pickles_whole() -> None:
    job = DubJob(Path("a.mp4"), Path("out/a.mp4"), SETTINGS, (Path("stems/a.wav"),))
    assert pickle.loads(pickle.dumps(job)) == job


def test_settings_come_back_from_json_as_they_went() -> None:
    assert from_plain(json.loads(json.dumps(to_plain(SETTINGS), default=str))) == SETTINGS


@pytest.mark.parametrize("kind", [Generation, Model, Mix])
def test_every_setting_is_in_the_file(kind: type[Generation] | type[Model] | type[Mix]) -> None:
    default = Settings()
    group = {Generation: "generation", Model: "model", Mix: "mix"}[kind]
    for field in fields(kind):
        changed = to_plain(SETTINGS)
        assert getattr(getattr(SETTINGS, group), field.name) != getattr(getattr(default, group), field.name), field.name
        assert getattr(getattr(from_plain(changed), group), field.name) == getattr(getattr(SETTINGS, group), field.name)


def test_what_came_later_is_left_out_at_its_default_so_that_older_hashes_stay() -> None:
    later = {"beds", "kept", "library", "likes"}
    assert not later & set(to_plain(Settings())) and later <= set(to_plain(SETTINGS))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seed": True}, "no seed"),
        ({"sounds": [1]}, "no sounds"),
        ({"overlap": "x"}, "no overlap"),
        ({"beds": [3]}, "no beds"),
        ({"beds": [{"sound": "rain", "strength": "loud"}]}, "no beds"),
        ({"beds": 3}, "no beds"),
        ({"kept": "some"}, "no kept"),
        ({"loud": 1}, "unknown loud"),
        ({"mix": {"original": "loud"}}, "no original"),
    ],
)
def test_what_is_odd_is_named(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        from_plain(to_plain(SETTINGS) | change)
