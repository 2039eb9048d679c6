"""A dub made again is the same to the bit; a retake changes its span and nothing else."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.audio import level_rider as leveller
from foleycli.cues.sheet import Cue
from foleycli.networks.mdsgen.cues import HIT_SECONDS
from foleycli.specs.settings import Generation, Mix, Settings
from foleycli.workflows.sidecar import (
    BEFORE_SECONDS,
    Retake,
    Sidecar,
    read_sidecar,
    sidecar_path,
    to_json,
    touched_cues,
)
from tests.cli.conftest import Foley
from tests.video.clips import make_clip

RATE = 48000


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """9.3 s at 4 pictures a second: two windows, the first to 8.2 s, the second from 7.2 s."""
    return make_clip(tmp_path / "long.mp4", [Fraction(k, 4) for k in range(38)])


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "cues.csv"
    rows = ["0.0,9.0,0.8,rain", "1.0,,1.0,impact_wood", "8.6,,1.0,glass"]
    path.write_text("\n".join(["time,stop,strength,sound", *rows]) + "\n")
    return path


SETTINGS = {"seed": 1, "overlap": "1", "start": None, "end": None, "sounds": [], "device": "cpu", "mix": {}}


def samples(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="int32", always_2d=True)[0][:, 0]


def changed(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """First and last second at which two tracks differ."""
    differ = np.flatnonzero(before != after)
    return differ[0] / RATE, differ[-1] / RATE


def test_a_retake_leaves_every_sample_outside_its_span(foley: Foley, long: Path, sheet: Path, tmp_path: Path) -> None:
    options = ("--cues", sheet, "--sidecar", "--steps", "1", "--gain", "-2")
    assert foley("dub", long, "-o", "out.wav", *options).code == 0
    first = samples(tmp_path / "out.wav")
    # In the second window; across both; then the whole recipe again from the sidecar.
    ran = foley("retake", "out.wav", "--from", "8.4", "--to", "8.9", "--seed", "7")
    assert (ran.code, ran.text) == (0, "out.wav\n"), ran.err
    second = samples(tmp_path / "out.wav")
    start, stop = changed(first, second)
    assert 8.4 <= start < 8.5
    assert 8.8 < stop < 8.9
    assert foley("retake", "out.wav", "--from", "7", "--to", "0:08.5", "--seed", "8").code == 0
    third = samples(tmp_path / "out.wav")
    start, stop = changed(second, third)
    assert 7 <= start < 7.1
    assert 8.4 < stop < 8.5
    again = foley("rerun", "out.foley.json", "-o", "again.wav", "--json")
    assert json.loads(again.text)["identical"] is True, again.err
    assert np.array_equal(samples(tmp_path / "again.wav"), third)


def test_a_retake_in_a_long_shot_is_the_dub_of_its_seed_there(
    foley: Foley, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four windows. The third is levelled with the second, where the hits of the first still ring."""
    monkeypatch.setattr(leveller, "ABSENT_DB", 1000.0)  # an untrained model whispers
    make_clip(tmp_path / "four.mp4", [Fraction(k) for k in range(24)])
    (tmp_path / "four.csv").write_text("time,stop,strength,sound\n0,24,0.8,rain\n1.3,,0.9,glass\n3,,0.9,impact_wood\n")
    options = ("--cues", "four.csv", "--sidecar", "--steps", "1", "--loudness", "off")
    for name, seed in (("out.wav", 0), ("other.wav", 7)):
        assert foley("dub", "four.mp4", "-o", name, *options, "--seed", str(seed)).code == 0
    assert len(read_sidecar(tmp_path / "out.foley.json").windows) == 4
    first, other = samples(tmp_path / "out.wav"), samples(tmp_path / "other.wav")
    assert foley("retake", "out.wav", "--from", "16", "--to", "18", "--seed", "7").code == 0
    taken = samples(tmp_path / "out.wav")
    start, stop, fade = 16 * RATE, 18 * RATE, RATE // 50
    assert np.array_equal(np.delete(taken, slice(start, stop)), np.delete(first, slice(start, stop)))
    inside = slice(start + fade, stop - fade)
    assert np.array_equal(taken[inside], other[inside])
    assert not np.array_equal(taken[inside], first[inside])
    again = foley("rerun", "out.foley.json", "-o", "again.wav", "--json")
    assert json.loads(again.text)["identical"] is True, again.err


def test_a_video_is_made_again_and_retaken(foley: Foley, clip: Path, sheet: Path, tmp_path: Path) -> None:
    options = ("--cues", sheet, "--sidecar", "--loudness", "-30", "--start", "0.5")
    assert foley("dub", clip, "-o", "out.mp4", *options).code == 0
    first = (tmp_path / "out.mp4").read_bytes()
    again = foley("rerun", "out.foley.json", "-f", "--json")
    assert json.loads(again.text)["identical"] is True, again.err
    assert (tmp_path / "out.mp4").read_bytes() == first
    sidecar = read_sidecar(tmp_path / "out.foley.json")
    ran = foley("retake", "out.mp4", "--from", "0.8", "--to", "1.5", "--seed", "1", "--json", "-q")
    assert (ran.code, ran.err) == (0, "")
    assert (tmp_path / "out.mp4").read_bytes() != first
    renewed = read_sidecar(tmp_path / "out.foley.json")
    assert renewed.retakes == (Retake(Fraction(4, 5), Fraction(3, 2), 1),)
    assert renewed.track_sha256 != sidecar.track_sha256
    assert json.loads(foley("rerun", "out.foley.json", "-f", "--json").text)["identical"] is True


def test_what_can_not_be_made_again_is_refused(foley: Foley, clip: Path, tmp_path: Path) -> None:
    span = ("--from", "0", "--to", "1", "--seed", "1")
    assert foley("dub", clip, "-o", "-", "--sidecar").code == 2
    assert "foley dub --sidecar" in foley("retake", "out.wav", *span).err
    assert foley("dub", clip, "-o", "out.wav", "--sidecar", "--steps", "1", "--sound", "rain").code == 0
    assert foley("retake", "out.wav", "--from", "3", "--to", "2", "--seed", "1").code == 2
    assert "runs from 0 to 2 s" in foley("retake", "out.wav", "--from", "3", "--to", "4", "--seed", "1").err
    soundfile.write(tmp_path / "out.wav", np.zeros(2 * RATE), RATE, subtype="PCM_24")
    changed = foley("retake", "out.wav", *span)
    assert changed.code == 3
    assert "was changed since; 'foley rerun out.foley.json -f'" in changed.err
    clip.write_bytes(clip.read_bytes() + b"more")
    assert "not what was dubbed" in foley("rerun", "out.foley.json", "-f").err
    (tmp_path / "out.foley.json").write_text("{}")
    assert foley("rerun", "out.foley.json", "-f").code == 3


def test_a_video_that_replaced_the_dub_is_not_retaken(foley: Foley, clip: Path, sheet: Path, tmp_path: Path) -> None:
    assert foley("dub", clip, "-o", "out.mp4", "--cues", sheet, "--sidecar", "--steps", "1").code == 0
    assert foley("dub", clip, "-o", "out.mp4", "--whole", "rain", "--only-cues", "-f", "--steps", "1").code == 0
    newer = (tmp_path / "out.mp4").read_bytes()
    ran = foley("retake", "out.mp4", "--from", "0", "--to", "1", "--seed", "1")
    assert (ran.code, (tmp_path / "out.mp4").read_bytes()) == (3, newer)
    assert "was changed since; 'foley rerun out.foley.json -f'" in ran.err


def test_a_dub_that_another_ffmpeg_made_again_is_retaken(foley: Foley, clip: Path, tmp_path: Path) -> None:
    assert foley("dub", clip, "-o", "out.mp4", "--sidecar", "--steps", "1", "--sound", "rain").code == 0
    path = tmp_path / "out.foley.json"
    path.write_text(to_json(replace(read_sidecar(path), output_sha256="of another ffmpeg's file")))
    span = ("--from", "0", "--to", "1", "--seed", "1")
    assert foley("retake", "out.mp4", *span).code == 3
    assert foley("rerun", path, "-f").code == 0
    assert foley("retake", "out.mp4", *span).code == 0


def test_a_rerun_is_refused_where_a_dub_is(foley: Foley, clip: Path, tmp_path: Path) -> None:
    rain = ("--whole", "rain", "--only-cues", "--steps", "1")
    assert foley("dub", clip, "-o", "voiced.mp4", *rain).code == 0
    part = ("--original", "mix", "--start", "0.5")
    for options, why in ((part, "of a part needs a video"), (("--original", "keep-track"), "needs a video to keep")):
        assert foley("dub", "voiced.mp4", "-o", "out.mp4", "--sidecar", "-f", *rain, *options).code == 0
        ran = foley("rerun", "out.foley.json", "-o", "out.wav")
        assert (ran.code, (tmp_path / "out.wav").exists()) == (2, False) and why in ran.err
    before = (tmp_path / "voiced.mp4").read_bytes()
    ran = foley("rerun", "out.foley.json", "-o", "voiced.mp4", "-f")
    assert (ran.code, (tmp_path / "voiced.mp4").read_bytes()) == (2, before) and "is the video itself" in ran.err


def test_a_retake_replaces_no_file_but_its_dub(foley: Foley, clip: Path, tmp_path: Path) -> None:
    """clip.mp4 and clip.mov would have the sidecar of clip.foley.mp4."""
    span = ("--from", "0", "--to", "1", "--seed", "1")
    assert foley("dub", clip, "--sidecar", "--steps", "1", "--sound", "rain").code == 0
    (tmp_path / "elsewhere").mkdir()
    for name in ("clip.mp4", "clip.foley.mp4", "clip.foley.json"):
        (tmp_path / "elsewhere" / name).write_bytes((tmp_path / name).read_bytes())
    for other in (clip, tmp_path / "clip.mov", tmp_path / "elsewhere" / "clip.mp4"):
        other.write_bytes(clip.read_bytes())
        ran = foley("retake", other, *span)
        assert (ran.code, other.read_bytes()) == (3, clip.read_bytes())
        assert "is the sidecar of clip.foley.mp4; name that one" in ran.err
    for old, new in (("clip.foley.mp4", "final.mp4"), ("clip.foley.json", "final.foley.json")):
        (tmp_path / old).rename(tmp_path / new)
    assert foley("retake", "final.mp4", *span).code == 0


def test_a_model_named_by_its_place_is_found_from_another_folder(
    foley: Foley, clip: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(models / "pocket", tmp_path / "mine")
    assert foley("dub", clip, "-o", "out.wav", "-m", "./mine", "--sidecar", "--steps", "1").code == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    ran = foley("rerun", "../out.foley.json", "-o", "again.wav", "--json")
    assert json.loads(ran.text)["identical"] is True, ran.err
    assert read_sidecar(tmp_path / "out.foley.json").settings.model.name == str((tmp_path / "mine").resolve())


@pytest.mark.parametrize(
    ("odd", "named"),
    [
        ({"settings": None}, "settings"),
        ({"settings": {"mix": None}}, "settings"),
        ({"settings": SETTINGS | {"steps": "x"}}, "no steps"),
        ({"settings": SETTINGS | {"seed": "x", "offline": 1}}, "no seed or offline"),
        ({"settings": SETTINGS | {"overlap": "1/0"}}, "settings"),
        ({"settings": SETTINGS | {"mix": {"original": "loud", "gain_db": True}}}, "no original or gain_db"),
        ({"windows": []}, "windows"),
        ({"output": "../out.mp4"}, "output"),
        ({"video": None}, "video"),
        ({"level_db": "loud"}, "level_db"),
        ({"cues": [{"time": "1"}]}, "cues"),
        ({"cues": [{"time": 1, "strength": "1"}]}, "cues"),
    ],
)
def test_a_sidecar_that_was_edited_badly_is_refused_in_a_line(
    foley: Foley, tmp_path: Path, odd: dict[str, object], named: str
) -> None:
    whole = Sidecar("/v/a.mp4", 9, "out.mp4", "ab", Settings(), 0.0, ((Fraction(0), Fraction(8)),), (Cue(0.1),), "cd")
    path = tmp_path / "out.foley.json"
    path.write_text(json.dumps({**json.loads(to_json(whole)), **odd}))
    ran = foley("rerun", path)
    assert ran.code == 3
    assert named in ran.err and ran.err.count("\n") == 1


def test_a_video_taken_for_a_sidecar_is_refused_in_a_short_line(foley: Foley, clip: Path) -> None:
    ran = foley("rerun", clip)
    assert ran.code == 3 and "not a sidecar of foley (not text)" in ran.err and len(ran.err) < 300


def test_a_sidecar_comes_back_as_it_went(tmp_path: Path) -> None:
    third = Fraction(1, 3)
    settings = Settings(generation=Generation(seed=1, overlap=Fraction(1), sounds=("rain",)), mix=Mix(gain_db=-2.0))
    sidecar = Sidecar(
        "/v/a.mp4", 9, "out.mp4", "ab", settings, -1.5, ((third, Fraction(8)),), (Cue(0.1 + 0.2),), "cd",
        (Retake(third, Fraction(1), 3),),
    )  # fmt: skip
    path = tmp_path / "out.foley.json"
    path.write_text(to_json(sidecar))
    assert read_sidecar(path) == sidecar
    assert sidecar_path(tmp_path / "out.foley.mp4") == sidecar_path(tmp_path / "out.wav") == path


def test_only_the_cues_on_which_a_span_depends_are_performed() -> None:
    windows = tuple((Fraction(7 * k), Fraction(7 * k + 8)) for k in range(7))
    cues = (Cue(0.5), Cue(19.0), Cue(48.0), Cue(2.0, stop=50.0))
    sidecar = Sidecar("", 0, "", "", {}, 0.0, windows, cues, "")
    assert touched_cues(sidecar, (Fraction(0), Fraction(1)), Fraction(0)) == (cues[0], cues[3])
    assert touched_cues(sidecar, (Fraction(17), Fraction(18)), Fraction(0)) == (cues[0], cues[1], cues[3])
    assert touched_cues(sidecar, (Fraction(24), Fraction(25)), Fraction(0)) == (cues[1], cues[3])
    assert touched_cues(sidecar, (Fraction(0), Fraction(45)), Fraction(0)) == cues
    assert touched_cues(sidecar, (Fraction(70), Fraction(71)), Fraction(70)) == ()
    rings = leveller.RING_SECONDS + leveller.RETURN_SECONDS
    assert max(rings, HIT_SECONDS) < BEFORE_SECONDS
