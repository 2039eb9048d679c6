"""What a finished track brings along: its place in the day, its stems, its fades, a loudness that others measure."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.workflows import remake
from tests.audio.test_loudness import ebur128
from tests.cli.conftest import Foley
from tests.video.clips import even, make_clip


def tags(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        return dict(container.metadata)


@pytest.fixture
def silent(tmp_path: Path) -> tuple[str, ...]:
    """Options for a dub that need not be performed."""
    (tmp_path / "silent.csv").write_text("time,mute\n0.5,yes\n")
    return ("--cues", "silent.csv")


@pytest.fixture
def timed(clip: Path) -> Path:
    """The clip at 25 pictures/s, with a timecode of one hour and ten frames."""
    path = clip.with_name("timed.mov")
    command = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-i", str(clip), "-c", "copy"]
    subprocess.run([*command, "-timecode", "01:00:00:10", str(path)], check=True)
    return path


def test_a_wav_says_when_it_starts_and_who_made_it(
    foley: Foley, clip: Path, timed: Path, silent: tuple[str, ...]
) -> None:
    for name, video, more in (("a", timed, ()), ("b", timed, ("--start", "0.5")), ("c", clip, ("--start", "0.5"))):
        ran = foley("dub", video, "-o", f"{name}.wav", "--seed", "7", *silent, *more)
        assert ran.code == 0, ran.err
    begins = [int(tags(clip.with_name(f"{name}.wav"))["time_reference"]) / 48000 for name in "abc"]
    assert begins == [3600.4, 3600.9, 0.5]
    assert tags(clip.with_name("a.wav"))["comment"] == "foley, model tiny, seed 7"


def test_a_timecode_that_can_not_be_is_doubted_where_it_matters(
    foley: Foley, clip: Path, silent: tuple[str, ...]
) -> None:
    odd = clip.with_name("odd.mkv")
    command = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-i", str(clip), "-c", "copy"]
    subprocess.run([*command, "-metadata", "timecode=01:00:00:77", str(odd)], check=True)
    assert "time reference counts from" in foley("dub", odd, "-o", "a.wav", *silent).err
    assert tags(clip.with_name("a.wav"))["time_reference"] == "0"
    assert "time reference" not in foley("dub", odd, "-o", "a.mkv", *silent).err


def test_a_sound_made_again_keeps_its_origin(foley: Foley, timed: Path, silent: tuple[str, ...]) -> None:
    assert foley("dub", timed, "-o", "out.wav", "--sidecar", *silent).code == 0
    before = tags(timed.with_name("out.wav"))
    assert foley("retake", "out.wav", "--from", "0.5", "--to", "1", "--seed", "3").code == 0
    assert tags(timed.with_name("out.wav")) == before
    assert foley("rerun", "out.foley.json", "-o", "again.wav").code == 0
    assert tags(timed.with_name("again.wav")) == before


SHEET = "time,stop,strength,sound\n0.4,,0.9,impact_wood\n1.2,,0.6,glass\n0.2,1.9,0.8,rain\n"


def samples(path: Path) -> np.ndarray:
    """(S, C) of a 24-bit file as whole numbers of its smallest step."""
    return soundfile.read(path, dtype="int32", always_2d=True)[0] // 256


@pytest.fixture
def cues(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "cues.csv").write_text(SHEET)
    return ("--cues", "cues.csv", "--steps", "1")


def test_stems_add_up_to_the_track(foley: Foley, clip: Path, cues: tuple[str, ...], tmp_path: Path) -> None:
    # So loud that the limiter works; with fades, which every stem gets too.
    level = ("--gain", "24", "--fade-in", "0.3", "--fade-out", "0.2")
    ran = foley("dub", clip, "-o", "out.wav", *cues, *level, "--stems", "stems", "--sidecar", "--json")
    assert ran.code == 0, ran.err
    stems = json.loads(ran.text)["outputs"][0]["stems"]
    assert stems == {name: f"stems/out.{name}.wav" for name in ("impacts", "ambience")}
    impacts, ambience = (samples(tmp_path / path) for path in stems.values())
    whole = samples(tmp_path / "out.wav")
    assert np.abs(impacts + ambience - whole).max() <= 3  # roundings, of 2 ** 23
    assert 0.87 * 2**23 < np.abs(whole).max() <= 10 ** (-1 / 20) * 2**23
    assert impacts.any() and ambience.any()
    assert json.loads(foley("rerun", "out.foley.json", "-o", "again.wav", "--json").text)["identical"] is True


def test_a_rerun_says_before_the_work_that_its_stems_find_no_folder(
    foley: Foley, clip: Path, cues: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert foley("dub", clip, "-o", "out.wav", *cues, "--stems", "stems", "--sidecar").code == 0
    monkeypatch.setattr(remake, "load_pipeline", lambda wanted: pytest.fail("the model was loaded"))
    ran = foley("rerun", "out.foley.json", "-o", "again.wav", "--stems", "clip.mp4/new")
    assert (ran.code, ran.err) == (5, "foley: clip.mp4/new: Not a directory; choose another --stems\n")


@pytest.mark.parametrize("kind", ["wav", "mp4"])
def test_a_rerun_makes_the_stems_again(
    foley: Foley, clip: Path, cues: tuple[str, ...], kind: str, tmp_path: Path
) -> None:
    part = ("--start", "0.1", "--gain", "-9", "--stems", "stems", "--sidecar")
    assert foley("dub", clip, "-o", f"out.{kind}", *cues, *part).code == 0
    told = json.loads(foley("rerun", "out.foley.json", "-o", f"again.{kind}", "--json", "--stems", "new").text)
    assert told["identical"] is True and told["stems"]["impacts"] == "new/again.impacts.wav"
    for name in ("impacts", "ambience"):
        assert (tmp_path / f"new/again.{name}.wav").read_bytes() == (tmp_path / f"stems/out.{name}.wav").read_bytes()


def test_stems_of_a_retake_add_up_to_it(foley: Foley, clip: Path, cues: tuple[str, ...], tmp_path: Path) -> None:
    assert foley("dub", clip, "-o", "out.wav", *cues, "--sidecar", "--stems", ".").code == 0
    before = samples(tmp_path / "out.impacts.wav")
    assert foley("retake", "out.wav", "--from", "0.3", "--to", "0.9", "--seed", "5").code == 0
    ran = foley("rerun", "out.foley.json", "--json", "-f", "--stems", ".")
    assert json.loads(ran.text)["identical"] is True
    whole, impacts, ambience = (samples(tmp_path / f"out{name}.wav") for name in ("", ".impacts", ".ambience"))
    assert np.abs(impacts + ambience - whole).max() <= 6  # roundings, of 2 ** 23
    assert not np.array_equal(impacts, before)


def test_a_rerun_of_a_dub_without_stems_has_none(foley: Foley, clip: Path, silent: tuple[str, ...]) -> None:
    assert foley("dub", clip, "-o", "out.wav", *silent, "--sidecar").code == 0
    refused = foley("rerun", "out.foley.json", "-f", "--stems", "new")
    assert refused.code == 2 and "dubbed without --stems" in refused.err
    assert not clip.with_name("new").exists()


def test_a_stem_is_the_dub_of_its_cues_and_a_silent_one_is_there(foley: Foley, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "hits.csv").write_text("".join(f"{line}\n" for line in SHEET.splitlines()[:3]))
    options = ("--cues", "hits.csv", "--steps", "1", "--gain", "-20", "--room-tone", "off")
    assert foley("dub", clip, "-o", "plain.wav", *options).code == 0
    assert foley("dub", clip, "-o", "clip.foley.mp4", *options, "--stems", tmp_path / "new" / "stems").code == 0
    assert np.array_equal(samples(tmp_path / "new/stems/clip.impacts.wav"), samples(tmp_path / "plain.wav"))
    silent = samples(tmp_path / "new/stems/clip.ambience.wav")
    assert silent.shape == (96000, 1) and not silent.any()


def test_stems_replace_nothing_unless_asked_and_come_with_the_output_or_not_at_all(
    foley: Foley, clip: Path, silent: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "out.impacts.wav"
    mine.write_text("mine")
    assert foley("dub", clip, "-o", "out.wav", *silent, "--stems", ".").code == 5
    assert foley("dub", clip, "-o", "out.wav", *silent, "--stems", mine).code == 2
    assert mine.read_text() == "mine" and not (tmp_path / "out.wav").exists()
    plan = json.loads(foley("dub", clip, "-o", "out.wav", "-n", "--json", "--stems", "other").text)
    assert plan["stems"] == ["other/out.impacts.wav", "other/out.ambience.wav"] and not (tmp_path / "other").exists()
    for module in (
        "video.stream_plan",
        "video.mux",
        "workflows.render",
    ):  # then ffmpeg finds it out when all the sound is made
        monkeypatch.setattr(f"foleycli.{module}.check_container", lambda info, out: None)
    assert foley("dub", clip, "-o", "out.webm", *silent, "--stems", "other").code == 5
    assert not (tmp_path / "other").exists()
    assert foley("dub", clip, "-o", "out.wav", *silent, "--stems", ".", "-f").code == 0
    assert len(samples(mine)) == 96000


@pytest.mark.parametrize("dry", [(), ("-n",)])
def test_pictures_that_do_not_go_into_the_file_are_refused_before_the_work(
    foley: Foley, clip: Path, monkeypatch: pytest.MonkeyPatch, dry: tuple[str, ...]
) -> None:
    monkeypatch.setattr("foleycli.workflows.dub.load_pipeline", lambda wanted: pytest.fail("the work began"))
    ran = foley("dub", clip, "-o", "out.webm", *dry)
    assert ran.code == 5 and ran.err.startswith(
        "foley: out.webm: h264 video does not go into .webm here (video stream 0: "
    )
    assert ran.err.endswith("; use .mp4 or .mkv\n") and ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "nothing was seen that makes a sound"),
        (["0.5,0.8,yes"], "none of 1 cues is heard"),
        (["50,0.8,", "60,0.8,"], "2 of 2 cues lie behind the end"),
    ],
)
def test_a_track_of_silence_is_said(foley: Foley, clip: Path, tmp_path: Path, rows: list[str], said: str) -> None:
    (tmp_path / "cues.csv").write_text("\n".join(["time,strength,mute", *rows]) + "\n")
    ran = foley("dub", clip, "-o", "out.wav", "--cues", "cues.csv")
    assert ran.code == 0 and said in ran.err
    assert "so the new sound is silence; name one with --sound" in ran.err
    mixed = foley("dub", clip, "-o", "out.mp4", "--cues", "cues.csv", "--original", "mix")  # it has no sound to mix in
    assert "so the new sound is silence" in mixed.err
    heard = foley("dub", clip, "-o", "out.wav", "-f", "--sound", "rain")
    assert "silence" not in heard.err


def test_room_tone_fills_the_dubbed_part_unless_it_is_off(foley: Foley, clip: Path) -> None:
    clip.with_name("one.csv").write_text("time,stop,strength,sound\n1.5,,0.9,glass\n")
    for name, more in (("on", ()), ("loud", ("--room-tone", "-40")), ("off", ("--room-tone", "off"))):
        assert foley("dub", clip, "-o", f"{name}.wav", "--cues", "one.csv", "--steps", "1", *more).code == 0
    on, loud, off = (samples(clip.with_name(f"{name}.wav"))[24000:48000, 0] / 2**23 for name in ("on", "loud", "off"))
    level = [20 * np.log10(np.sqrt(np.square(part - off).mean()) + 1e-9) for part in (on, loud)]
    assert -70 < level[0] < -50 and abs(level[1] - level[0] - 20) < 0.5
    refused = foley("dub", clip, "-o", "no.wav", "--room-tone", "quiet")
    assert refused.code == 2 and "write off, or LUFS such as -60" in refused.err
    assert foley("dub", clip, "-o", "no.wav", "--room-tone", "-10").code == 2


def test_fades_are_of_the_part_that_was_dubbed(foley: Foley, clip: Path, cues: tuple[str, ...]) -> None:
    part = ("--start", "0.5", "--end", "1.5", *cues, "--gain", "-20", "--loudness", "off", "--room-tone", "off")
    for name, more in (("a", ()), ("b", ("--fade-in", "0.25", "--fade-out", "0.5"))):
        assert foley("dub", clip, "-o", f"{name}.wav", *part, *more).code == 0
    plain, faded = (samples(clip.with_name(f"{name}.wav"))[:, 0] for name in "ab")
    seconds = np.arange(48000) / 48000
    shares = np.minimum(1, seconds / 0.25), np.minimum(1, (1 - seconds) / 0.5)
    rise, fall = (np.sin(np.pi / 2 * share) ** 2 for share in shares)
    assert np.abs(faded - plain * rise * fall).max() < 0.002 * np.abs(plain).max()
    refused = foley("dub", clip, "-o", "c.wav", *part, "--fade-in", "0.6", "--fade-out", "0.6")
    assert refused.code == 2 and "longer than the 0:01.000" in refused.err


def test_the_default_level_is_broadcast_loudness_or_the_peak_that_comes_first(foley: Foley, tmp_path: Path) -> None:
    long = make_clip(tmp_path / "long.mp4", even(40, 10))
    for sheet in ("0,4,0.9,rain\n", "1,,0.9,glass\n"):
        (tmp_path / "cues.csv").write_text("time,stop,strength,sound\n" + sheet)
        options = ("--cues", "cues.csv", "--steps", "1", "-f", "--json")
        ran = foley("dub", long, "-o", "out.wav", *options)
        assert ran.code == 0, ran.err
        loudness, peak = ebur128(tmp_path / "out.wav")
        assert peak <= -0.9 and loudness <= -22.5
        assert abs(peak + 1.1) < 0.3 or abs(loudness + 23) < 0.5
        left = json.loads(foley("dub", long, "-o", "off.wav", *options, "--loudness", "off").text)
        assert left["outputs"][0]["gain_db"] == 0
    assert foley("dub", long, "-o", "out.wav", "--loudness", "loud").code == 2


def test_loudness_is_the_one_asked_for_by_another_meter(foley: Foley, tmp_path: Path) -> None:
    long = make_clip(tmp_path / "long.mp4", even(40, 10))
    (tmp_path / "cues.csv").write_text("time,stop,strength,sound\n0,4,0.9,rain\n1,,0.9,glass\n")
    for name, limit in (("out.wav", -1.0), ("out.mp4", -0.8)):  # AAC may add two tenths
        ran = foley("dub", long, "-o", name, "--cues", "cues.csv", "--steps", "1", "--loudness", "-23", "--json")
        assert ran.code == 0, ran.err
        loudness, peak = ebur128(tmp_path / name)
        assert abs(loudness + 23) <= 0.5 and peak <= limit, name


def test_under_three_seconds_the_peak_is_set_and_it_is_said_twice(foley: Foley, clip: Path) -> None:
    (clip.with_name("cues.csv")).write_text("time,sound\n0.5,glass\n")
    options = ("--cues", "cues.csv", "--steps", "1", "--loudness", "-23")
    ran = foley("dub", clip, "-o", "out.wav", *options, "--json")
    outcome = json.loads(ran.text)["outputs"][0]
    assert "under 3 s" in outcome["warnings"][0] and "under 3 s" in ran.err
    assert -1.3 <= ebur128(clip.with_name("out.wav"))[1] <= -1


def test_a_plot_is_drawn_beside_the_dub_and_of_a_probe(foley: Foley, clip: Path, silent: tuple[str, ...]) -> None:
    ran = foley("dub", clip, "-o", "out.mp4", *silent, "--plot", "plot.png", "--json")
    assert json.loads(ran.text)["outputs"][0]["plot"] == "plot.png", ran.err
    probed = foley("probe", clip, "--plot", "strip.png")
    assert probed.text.endswith("plot      strip.png\n"), probed.err
    tall, short = (clip.with_name(name).read_bytes() for name in ("plot.png", "strip.png"))
    assert tall[:8] == short[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(tall[20:24]) > int.from_bytes(short[20:24]) > 300  # the height in pixels
    assert foley("probe", clip, "--plot", "strip.png").code == 5
    assert foley("dub", clip, "-o", "new.mp4", *silent, "--plot", "plot.png").code == 5
    assert foley("probe", clip, "--plot", "strip.jpg").code == 2
    assert clip.with_name("strip.png").read_bytes() == short and not clip.with_name("new.mp4").exists()
    assert foley("probe", clip, "--plot", "strip.png", "-f").code == 0


def test_what_will_not_be_kept_is_said_before_the_work_and_once(foley: Foley, tmp_path: Path) -> None:
    make = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", "testsrc=s=64x36:r=10:d=0.5"]
    tone = ["-f", "lavfi", "-i", "sine=d=0.5:r=48000", "-c:v", "libx264", "-c:a", "libopus"]
    subprocess.run([*make, *tone, str(tmp_path / "o.mkv")], check=True)
    said = "audio stream 1 (opus) does not go into mov as it is: encoded again as aac"
    words = ("o.mkv", "--original", "keep-track", "--only-cues")
    planned = foley("dub", *words, "-o", "o.mov", "-n", "--json")
    assert json.loads(planned.text)["lost"] == [said] and planned.err == f"foley: warning: {said}\n"
    assert f"foley: warning: o.mkv: {said}\n" in foley("batch", *words, "--name", "{stem}.mov", "-n").err
    ran = foley("dub", *words, "-o", "o.mov")
    assert ran.code == 0 and ran.err.count(said) == 1 and ran.err.index(said) < ran.err.index("cues, ")
