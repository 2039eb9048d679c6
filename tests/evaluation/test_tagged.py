"""An independent tagger: what it hears in each voice is counted right, whole programs and recordings with it."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from foleycli.errors import InputError, UsageError
from foleycli.evaluation.report_text import report_text
from foleycli.evaluation.tagged import tagged, tagged_report, through
from foleycli.models.loaded import LoadedModel
from foleycli.specs.settings import Model
from foleycli.training.mdsgen.tagger import RATE, Tagger
from foleycli.workflows import tagging
from foleycli.workflows.tagging import evaluate_tagged, generated, recordings, sheet
from tests.evaluation.sounding import classifier
from tests.tiny_model import write_tiny

Wave = npt.NDArray[np.float32]
LABELS = ("Rain", "Bark", "Dog", "Glass", "Speech", "Music", "Wind")


def scores(wave: Wave) -> Wave:
    """The pitch of a tone says what it is: 100 Hz the first label, 200 Hz the second, ..."""
    spectrum = np.abs(np.fft.rfft(wave))
    pitch = int(np.argmax(spectrum)) * RATE / len(wave)
    number = min(len(LABELS) - 1, max(0, round(pitch / 100) - 1))
    found = np.full(len(LABELS), 0.01, np.float32)
    found[number] = 0.8
    return found


TAGGER = Tagger(LABELS, scores)


def tone(label: str, seconds: float = 2.0, rate: int = RATE) -> Wave:
    pitch = 100 * (LABELS.index(label) + 1)
    return np.asarray(0.2 * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate), np.float32)


def test_mass_and_first_names_are_counted_by_sound_and_voice() -> None:
    voices = {
        "real": {"rain": [tone("Rain")], "animal_dog": [tone("Bark"), tone("Dog")]},
        "codec": {"rain": [tone("Rain")], "animal_dog": [tone("Speech"), tone("Dog")]},
        "generated": {"rain": [tone("Speech")], "animal_dog": [tone("Dog")], "glass": [tone("Glass")]},
    }
    found, rows = tagged(voices, TAGGER, RATE)
    table = {row["sound"]: row for row in rows}
    assert table["rain"]["real"] == {
        "mass": pytest.approx(0.8),
        "top1": 1,
        "top3": 1,
        "top5": 1,
        "heard_as": LABELS_OF_RAIN,
    }
    assert table["animal_dog"]["real"]["mass"] == pytest.approx(0.81)
    assert table["animal_dog"]["codec"]["mass"] == pytest.approx((0.02 + 0.81) / 2)
    assert table["animal_dog"]["codec"]["top1"] == 0.5
    assert table["rain"]["generated"]["mass"] == pytest.approx(0.01)
    assert "real" not in table["glass"]
    assert found["tagger"]["real"]["mass"].mean == pytest.approx((0.8 + 0.81) / 2)
    share = found["tagger"]["generated_share_of_codec"]
    assert share == pytest.approx((0.01 + 0.81) / (0.8 + (0.02 + 0.81) / 2))
    apart = found["tagger_distances"]
    assert apart["codec"]["fad"] > 0 and apart["codec"]["kl"].mean > 0
    same = tagged({"real": voices["real"], "generated": voices["real"]}, TAGGER, RATE)[0]["tagger_distances"]
    assert same["generated"]["fad"] == pytest.approx(0, abs=1e-6) and same["generated"]["kl"].mean == pytest.approx(0)


LABELS_OF_RAIN = ["Rain", "Bark", "Dog"]


def test_other_rates_are_brought_to_the_taggers() -> None:
    (row,) = tagged({"generated": {"rain": [tone("Rain", rate=48_000)]}}, TAGGER, 48_000)[1]
    assert row["generated"]["mass"] == pytest.approx(0.8)


def test_people_get_every_sound_in_words() -> None:
    report = tagged_report(
        {"real": {"glass": [tone("Glass")]}, "generated": {"glass": [tone("Speech")]}}, TAGGER, RATE,
        classifier=classifier(), times={"glass": [0.0, 0.5]}, model="tiny", data="every sound", seed=0,
    )  # fmt: skip
    text = report_text(report.plain())
    assert "Right names of AudioSet, says the tagger" in text
    assert "whole program: probability of right names" in text
    assert "breaking glass: 0.800  0.010" in text and "heard as Speech" in text
    assert report.plain()["scores"]["distances"]["kl"] is not None


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny").folder


def test_a_recording_comes_out_of_the_codec_as_long_as_it_went_in(bundle: Path) -> None:
    from foleycli.models.loaded import load_bundle

    loaded: LoadedModel = load_bundle(bundle)
    for seconds in (0.05, 1.3):
        wave = tone("Rain", seconds, loaded.mel.sample_rate)
        vocoder, codec = through(loaded, wave)
        assert len(vocoder) == len(codec) == len(wave)
        assert np.isfinite(vocoder).all() and np.isfinite(codec).all()
    again = through(loaded, wave)
    assert np.array_equal(again[1], codec)
    assert not np.array_equal(through(loaded, wave, Fraction(1))[1], codec)  # noise of another time


def test_the_whole_program_is_asked_for_each_sound_in_turn(bundle: Path) -> None:
    made = generated(Model(name=str(bundle), device="cpu", namer="off"), ("rain", "glass"), seed=0)
    assert {sound: len(wave) for sound, wave in made.items()} == {"rain": 393_600, "glass": 393_600}
    assert [cue.time for cue in sheet("glass", 10)] == [10.7, 11.9, 13.1, 14.3, 15.5, 16.7]
    assert [(cue.time, cue.stop) for cue in sheet("rain", 0)] == [(0.4, 7.6)]


def write_sounds(folder: Path, count: int = 40) -> None:
    rows = [("file", "sound_class", "attribution")]
    for number in range(count):
        sound, label = (("rain", "Rain"), ("animal_dog", "Dog"), ("footsteps", "Music"))[number % 3]
        name = f"{sound}{number}.wav"
        soundfile.write(folder / name, tone(label, 0.5, 22_050), 22_050)
        rows.append((name, sound, f"http://www.freesound.org/people/x/sounds/{number}/"))
    with (folder / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def test_recordings_are_held_out_ones_of_each_sound_in_turn(tmp_path: Path) -> None:
    write_sounds(tmp_path, 120)
    every = recordings(tmp_path, TAGGER.classes, 1000)
    assert set(every) == {"rain", "animal_dog"}  # the tagger has no name for footsteps
    assert 1 <= sum(map(len, every.values())) < 40  # 8 % of the sources
    assert {sound: len(files) for sound, files in recordings(tmp_path, TAGGER.classes, 2).items()} == dict.fromkeys(
        every, 1
    )
    with pytest.raises(UsageError, match="no held-out recording"):
        recordings(tmp_path, ("glass",), 10)
    with pytest.raises(InputError, match=r"manifest\.csv: can't be read"):
        recordings(tmp_path / "nowhere", ("glass",), 10)
    (tmp_path / "manifest.csv").write_text("name\n1\n")
    with pytest.raises(InputError, match=r"no column 'file'"):
        recordings(tmp_path, ("glass",), 10)


def test_real_codec_and_generated_stand_in_one_report(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_sounds(tmp_path, 120)
    monkeypatch.setattr("foleycli.training.mdsgen.tagger.open_tagger", lambda path: TAGGER)
    model = Model(name=str(bundle), device="cpu", namer="off")
    seen: list[str] = []
    report = evaluate_tagged(
        model, Path("fake.tflite"), str(tmp_path), count=2, seed=0, progress=lambda stage, *_: seen.append(stage)
    )
    assert set(report.scores["tagger"]) == {"real", "vocoder", "codec", "generated", "generated_share_of_codec"}
    assert report.scores["tagger"]["real"]["mass"].mean == pytest.approx(0.805, abs=0.01)
    assert {row["sound"] for row in report.clips} == {"rain", "animal_dog"}
    assert seen[:2] == ["recordings", "recordings"] and len(seen) > 2
    with pytest.raises(InputError):
        tagging._read(tmp_path / "manifest.csv")


def test_the_real_tagger_agrees_with_the_scores_it_gives(tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="pip install 'foleycli[evaluate]'")
    from foleycli.training.mdsgen.tagger import open_tagger

    file = Path(__file__).parents[3] / "shared" / "ears" / "yamnet.tflite"
    if not file.is_file():
        pytest.skip("no tagger beside the repository")
    tagger = open_tagger(file)
    noise = np.random.default_rng(0).standard_normal(RATE * 2).astype(np.float32)
    heard = tagger.heard(noise)
    assert heard.shape == (3, 521) and len(tagger.classes) > 35
    assert tagger.mass(noise, "rain") == pytest.approx(float(heard.mean(0)[tagger.right("rain")].sum()))
