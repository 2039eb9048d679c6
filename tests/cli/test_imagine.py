"""`foley imagine` and `foley dub` of a still: every way once, with a tiny untrained model, and what is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from foleycli.video.probe import probe
from tests.cli.conftest import Foley

pytestmark = pytest.mark.usefixtures("built_in_namer")  # what a picture shows is part of its tokens


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    grid = np.arange(90)[:, None, None] + np.arange(120)[None, :, None] + np.array([0, 40, 90])
    Image.fromarray((grid % 256).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def bark(tmp_path: Path) -> Path:
    path = tmp_path / "bark.ogg"
    wave = np.random.default_rng(0).standard_normal(30000) * np.exp(-np.linspace(0, 6, 30000))
    soundfile.write(path, (0.2 * wave).astype(np.float32), 44100)
    return path


def test_a_sound_for_a_picture(foley: Foley, photo: Path) -> None:
    ran = foley("imagine", photo, "-o", "sound.wav", "--seed", "3")
    assert ran.code == 0, ran.err
    assert ran.text == "sound.wav\n"
    wave, rate = soundfile.read("sound.wav")
    assert (len(wave), rate) == (65536, 32000)  # 8 columns of 0.256 s
    assert np.abs(wave).max() <= 1 and np.isfinite(wave).all()


def test_the_same_seed_is_the_same_sound_and_another_is_not(foley: Foley, photo: Path) -> None:
    for name, seed in (("a.wav", 1), ("b.wav", 1), ("c.wav", 2)):
        assert foley("imagine", photo, "-o", name, "--seed", str(seed), "-q").code == 0
    first, again, other = (Path(name).read_bytes() for name in ("a.wav", "b.wav", "c.wav"))
    assert first == again != other


def test_a_sound_as_players_know_it(foley: Foley, photo: Path) -> None:
    ran = foley("imagine", photo, "-o", "sound.ogg", "-q")
    assert ran.code == 0, ran.err
    assert soundfile.info("sound.ogg").format == "OGG"


def test_takes_seconds_and_json(foley: Foley, photo: Path) -> None:
    options = ("--takes", "2", "--seconds", "3.5", "--steps", "2", "--temperature", "0", "--guidance", "1")
    ran = foley("imagine", photo, "-o", "sound.flac", *options, "--json", "-q")
    assert ran.code == 0, ran.err
    found = json.loads(ran.text)
    assert [one["files"] for one in found["results"]] == [["sound.take1.flac"], ["sound.take2.flac"]]
    assert [one["seed"] for one in found["results"]] == [0, 1]
    assert soundfile.info("sound.take2.flac").frames == 112000  # longer than one decoding of 2.048 s


def test_through_pipes(foley: Foley, photo: Path) -> None:
    ran = foley("imagine", "-", "-o", "-", "-q", stdin=photo.read_bytes())
    assert ran.code == 0, ran.err
    wave, rate = soundfile.read(io.BytesIO(ran.out))
    assert (len(wave), rate) == (65536, 32000)


def test_a_picture_for_a_sound(foley: Foley, bark: Path) -> None:
    ran = foley("imagine", "--sound", bark, "-o", "picture.png")
    assert ran.code == 0, ran.err
    with Image.open("picture.png") as picture:
        assert picture.size == (256, 256) and picture.mode == "RGB"
    assert foley("imagine", "--sound", "-", "-o", "again.png", stdin=bark.read_bytes()).code == 0
    assert Path("again.png").read_bytes() == Path("picture.png").read_bytes()


def test_the_sound_of_a_video_too(foley: Foley, bark: Path, clip: Path) -> None:
    refused = foley("imagine", "--sound", clip, "-o", "picture.png")
    assert refused.code != 0 and "no sound" in refused.err


def test_pairs_from_nothing_and_their_sheet(foley: Foley) -> None:
    ran = foley("imagine", "--both", "-o", "pairs", "--count", "5", "-q")
    assert ran.code == 0, ran.err
    names = [f"0{n}.{kind}" for n in range(1, 6) for kind in ("png", "wav")]
    assert sorted(path.name for path in Path("pairs").iterdir()) == [*names, "contact-sheet.png"]
    with Image.open("pairs/contact-sheet.png") as sheet:
        assert sheet.size == (4 * 264 + 8, 2 * (264 + 136) + 8)
    assert len(ran.text.splitlines()) == 10
    again = foley("imagine", "--both", "-o", "pairs", "--count", "5")
    assert again.code != 0 and "exists" in again.err


def test_pairs_of_a_model_that_is_refused_leave_no_folder(foley: Foley, tmp_path: Path) -> None:
    ran = foley("imagine", "--both", "-o", "new/pairs", "-m", "nomodel", "--offline")
    assert ran.code == 4 and not (tmp_path / "new").exists()


def test_a_video_of_a_still(foley: Foley, photo: Path) -> None:
    ran = foley("dub", photo, "-o", "clip.mp4", "--seconds", "3", "-q")
    assert ran.code == 0, ran.err
    info = probe("clip.mp4")
    assert abs(float(info.duration) - 3) < 0.05 and info.has_audio
    assert (info.width, info.height) == (342, 256)  # a thumbnail is enlarged
    assert foley("dub", photo, "-q").code == 0
    assert abs(float(probe("photo.foley.mp4").duration) - 8) < 0.05


def test_a_still_as_webm_and_as_a_plan(foley: Foley, photo: Path) -> None:
    ran = foley("dub", photo, "-o", "clip.webm", "--seconds", "1", "--json", "-q")
    assert ran.code == 0, ran.err
    assert json.loads(ran.text)["results"][0]["files"] == ["clip.webm"]
    assert probe("clip.webm").has_audio
    plan = foley("dub", photo, "-o", "other.mkv", "--seconds", "2", "--dry-run")
    assert plan.code == 0 and "2 s by echo -> other.mkv" in plan.text
    assert not Path("other.mkv").exists()


def test_what_changes_nothing_for_a_still_is_said(foley: Foley, photo: Path) -> None:
    ran = foley("dub", photo, "-o", "clip.mp4", "--seconds", "1", "--loudness", "-30", "--fade-in", "0.5", "--sidecar")
    assert ran.code == 0 and not Path("clip.foley.json").exists()
    for option in ("--sidecar", "--loudness", "--fade-in"):
        assert f"{option} means nothing for a still picture and is not used" in ran.err


def test_a_device_that_is_not_there_is_refused(foley: Foley, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    ran = foley("imagine", photo, "-o", "sound.wav", "--device", "mps")
    assert ran.code == 2 and "--device mps: not there on this machine" in ran.err


def test_a_seed_may_be_as_large_as_in_a_dub(foley: Foley, photo: Path) -> None:
    assert foley("imagine", photo, "-o", "sound.wav", "--seed", 2**64).code == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("imagine",), "one thing to start from"),
        (("imagine", "photo.jpg", "--both", "-o", "x"), "one thing to start from"),
        (("imagine", "photo.jpg"), "name it with -o"),
        (("imagine", "photo.jpg", "-o", "x.png"), "use .wav, .flac"),
        (("imagine", "--sound", "bark.ogg", "-o", "x.wav"), "use .png"),
        (("imagine", "--both", "-o", "photo.jpg"), "name a folder"),
        (("imagine", "none.png", "-o", "x.wav"), "no such file"),
        (("imagine", "bark.ogg", "-o", "x.wav"), "not a picture"),
        (("imagine", "--sound", "photo.jpg", "-o", "x.png"), "a picture, not a sound"),
        (("imagine", "photo.jpg", "-o", "-", "--takes", "2"), "stdout takes one sound"),
        (("imagine", "photo.jpg", "-o", "x.wav", "-m", "pocket"), "knows nothing of pictures"),
        (("dub", "photo.jpg", "-o", "-"), "foley imagine"),
        (("dub", "photo.jpg", "-o", "x.mp4", "--start", "1"), "--start means nothing"),
        (("dub", "photo.jpg", "-o", "x.mp4", "--start", "0"), "--start means nothing"),
        (("dub", "photo.jpg", "-o", "x.mp4", "--no-hits"), "--no-hits means nothing"),
        (("dub", "photo.jpg", "-o", "x.mp4", "--timeline", "x.edl"), "--timeline means nothing"),
        (("dub", "photo.jpg", "-o", "x.mp4", "--takes", "2", "--keep", "best"), "--keep means nothing"),
        (("dub", "clip.mp4", "-o", "x.mp4", "--seconds", "4"), "--seconds is for a still"),
        (("dub", "clip.mp4", "-o", "x.mp4", "--sound", "glass", "--sound", "gunshot"), "are both hit sounds"),
        (("imagine", "photo.jpg", "-o", "x.wav", "--seconds", "0.00001"), "ask for more than 0"),
        (("imagine", "photo.jpg", "-o", "x.wav", "--count", "2"), "--count means nothing with a PICTURE"),
        (("imagine", "--sound", "bark.ogg", "-o", "x.png", "--seconds", "2"), "--seconds means nothing with --sound"),
        (("imagine", "--both", "-o", "x", "--takes", "2"), "--takes means nothing with --both"),
    ],
)
def test_what_is_refused(
    foley: Foley, photo: Path, bark: Path, clip: Path, arguments: tuple[str, ...], reason: str
) -> None:
    ran = foley(*arguments)
    assert ran.code in (2, 3, 4, 5), ran.err
    assert reason in ran.err and len(ran.err.strip().splitlines()) == 1
    assert not [path for path in Path().iterdir() if path.name.startswith(("x", ".foley"))]


def test_a_damaged_picture_and_silence_are_refused(foley: Foley, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.jpg").write_bytes(photo.read_bytes()[:400])
    ran = foley("imagine", "cut.jpg", "-o", "x.wav")
    assert ran.code != 0 and "cut.jpg" in ran.err and "Traceback" not in ran.err
    soundfile.write(tmp_path / "silence.wav", np.zeros(8000), 16000)
    ran = foley("imagine", "--sound", "silence.wav", "-o", "x.png")
    assert ran.code != 0 and "silent" in ran.err
