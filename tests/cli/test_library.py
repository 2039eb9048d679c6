"""--library: recordings at the cues of a dub and a batch, and what a rerun makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.cli.conftest import Foley
from tests.library.recordings import noise, small_library, taps, write

RATE = 48_000
SHEET = "time,stop,strength,sound\n0.4,,0.9,impact_wood\n0.1,1.9,0.3,rain\n1.3,,0.8,impact_wood\n0.8,,0.5,glass\n"
OPTIONS = ("--cues", "cues.csv", "--library", "own", "--steps", "1", "-q")


@pytest.fixture
def own(clip: Path) -> Path:
    clip.with_name("cues.csv").write_text(SHEET)
    return small_library(clip.with_name("own"))


def test_hits_are_played_within_5_ms_of_their_cues(foley: Foley, clip: Path, own: Path) -> None:
    (clip.with_name("cues.csv")).write_text("time,strength,sound\n0.4,0.9,impact_wood\n1.3,0.7,impact_wood\n")
    ran = foley("dub", clip, "-o", "out.wav", *OPTIONS, "--room-tone", "off", "--json")
    assert ran.code == 0, ran.err
    played = json.loads(ran.text)["outputs"][0]["recordings"]
    assert sum(one["cues"] for one in played) == 2 and {one["sound"] for one in played} == {"impact_wood"}
    wave = np.abs(soundfile.read(clip.with_name("out.wav"))[0])
    for time in (0.4, 1.3):
        near = wave[round((time - 0.1) * RATE) : round((time + 0.2) * RATE)]
        assert np.flatnonzero(near > near.max() / 4)[0] / RATE - 0.1 == pytest.approx(0, abs=0.005)


def test_a_rerun_has_the_same_samples_though_the_library_grew(foley: Foley, clip: Path, own: Path) -> None:
    assert foley("dub", clip, "-o", "a.wav", *OPTIONS, "--sidecar", "--stems", "stems").code == 0
    write(own / "wood" / "more_1.wav", taps([0.1, 0.6, 1.1, 1.6, 2.1], 2.6, seed=8))
    write(own / "glass" / "1.wav", taps([0.1], 0.6, seed=9))
    ran = foley("rerun", "a.foley.json", "-o", "b.wav", "--json", "-q")
    assert ran.code == 0, ran.err
    assert json.loads(ran.text)["identical"] is True
    before = soundfile.read(clip.with_name("a.wav"), dtype="int32")[0]
    assert foley("retake", "a.wav", "--from", "1.2", "--to", "1.6", "--seed", "7", "-q").code == 0
    after = soundfile.read(clip.with_name("a.wav"), dtype="int32")[0]
    differ = np.flatnonzero(before != after) / RATE
    assert differ[0] >= 1.2 and differ[-1] < 1.6


def test_a_changed_or_missing_recording_is_said(foley: Foley, clip: Path, own: Path) -> None:
    assert foley("dub", clip, "-o", "a.wav", *OPTIONS, "--sidecar").code == 0
    write(own / "rain" / "roof.flac", noise(3.0, seed=33))
    ran = foley("rerun", "a.foley.json", "-o", "b.wav")
    assert ran.code == 3 and "roof.flac: another recording than was dubbed with" in ran.err
    (own / "rain" / "roof.flac").unlink()
    ran = foley("rerun", "a.foley.json", "-o", "b.wav")
    assert ran.code == 3 and "roof.flac: No such file" in ran.err


def test_a_library_that_cannot_be_used_stops_a_dub_and_a_batch(foley: Foley, clip: Path) -> None:
    for line in (("dub", clip, "-o", "a.wav"), ("dub", clip, "--dry-run"), ("batch", ".", "-o", "out")):
        ran = foley(*line, "--library", "none")
        assert ran.code == 3 and "none: no such folder" in ran.err


def test_a_batch_is_done_while_the_library_is_the_same(foley: Foley, clip: Path, own: Path) -> None:
    beds = ("--only-cues", "--whole", "rain")
    line = ("batch", "clip.mp4", "-o", "out", "--library", "own", "--steps", "1", *beds, "--json")
    played: list[dict[str, object]] = []

    def done() -> list[str]:
        ran = foley(*line, "-f")
        assert ran.code == 0, ran.err
        told = [json.loads(text) for text in ran.text.splitlines()]
        played.extend(record for one in told for record in one.get("recordings", ()))
        return [one["event"] for one in told]

    assert "done" in done()
    assert played == [{"file": "rain/roof.flac", "sound": "rain", "kind": "span", "cues": 1}]
    assert "skipped" in done()
    write(own / "wood" / "more_1.wav", taps([0.1], 0.6, seed=8))
    assert "done" in done()


def test_a_model_that_knows_no_timbres_refuses_to_imitate(foley: Foley, clip: Path, own: Path) -> None:
    ran = foley("dub", clip, "-o", "a.wav", "--like", "wood=own/wood", "--cues", "cues.csv")
    assert ran.code == 2 and "can't imitate recordings: no --like" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--library", ""), "--library: an empty name"),
        (("--like", ""), "--like '': an empty name"),
        (("--like", "wood="), "--like 'wood=': an empty name"),
        (("--stems", ""), "--stems: an empty name"),
    ],
)
def test_an_empty_name_is_not_the_current_folder(
    foley: Foley, clip: Path, own: Path, words: tuple[str, ...], told: str
) -> None:
    before = sorted(clip.parent.iterdir())
    for line in (("dub", clip, "-o", "a.wav"), ("dub", clip, "-n"), ("batch", "clip.mp4", "-o", "out")):
        ran = foley(*line, *words)
        assert ran.code == 2 and told in ran.err and ran.err.count("\n") == 1
    assert sorted(clip.parent.iterdir()) == before


def test_a_batch_does_not_take_an_empty_name_for_the_current_folder(foley: Foley, clip: Path) -> None:
    for option in ("--out-dir", "--plot"):
        ran = foley("batch", "clip.mp4", option, "", "-n")
        assert ran.code == 2 and f"{option}: an empty name; name a folder" in ran.err


def test_an_empty_variable_sets_nothing(foley: Foley, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LIBRARY", "LIKE", "STEMS"):
        monkeypatch.setenv(f"FOLEY_{name}", "")
    assert foley("dub", clip, "-n").code == 0


def test_a_refused_dub_leaves_no_folder_of_stems(foley: Foley, clip: Path) -> None:
    ran = foley("dub", clip, "-o", "a.wav", "--stems", "new/stems", "--like", "missing.wav")
    assert ran.code == 3 and not clip.with_name("new").exists()
    clip.with_name("there").mkdir()
    assert foley("dub", clip, "-o", "a.wav", "--stems", "there", "--like", "missing.wav").code == 3
    assert clip.with_name("there").is_dir()
