"""The other commands: what they print is what the library holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import soundfile

from foleycli.bundles.catalogue import CATALOGUE
from foleycli.bundles.format import read_bundle
from foleycli.cli.console import Console
from foleycli.cues.audacity import write_labels
from foleycli.cues.classes import SOUND_CLASSES
from foleycli.cues.formats import write_sheet
from foleycli.cues.reel import Reel
from foleycli.cues.sheet import COLUMNS, Cue, read_cues
from foleycli.scenes.catalogue import KINDS, render
from foleycli.text import clock, one_line, size, table
from foleycli.workflows.sheets import read_sheet_file
from tests.cli.conftest import Foley
from tests.video.clips import make_clip


def test_a_cue_sheet_reads_back_the_same_in_both_forms(foley: Foley, clip: Path) -> None:
    assert foley("spot", clip, "-o", "cues.csv").text == "cues.csv\n"
    in_json = foley("spot", clip, "--json")
    from_csv = read_cues(clip.with_name("cues.csv").read_text())
    from_json = read_cues(in_json.text)
    assert from_csv == from_json != ()


def test_a_sheet_of_any_kind_is_read_and_performed_as_the_csv_is(foley: Foley, clip: Path) -> None:
    plain = clip.with_name("cues.csv")
    rows = ["0.5,,1.0,glass,,yes", "0.9,,0.4,footsteps,yes,", "1.2,1.9,0.5,rain,,"]
    plain.write_text("\n".join(["time,stop,strength,sound,mute,lock", *rows]))
    cues = read_sheet_file(plain)
    for suffix in (".json", ".txt"):
        other = clip.with_name(f"other{suffix}")
        other.write_text(write_sheet(cues, suffix, Reel("clip")))
        assert read_sheet_file(other) == cues
    for sheet, out in ((plain, "plain.wav"), (other, "other.wav")):
        assert foley("dub", clip, "-o", out, "--cues", sheet, "--steps", "1").code == 0
    assert clip.with_name("plain.wav").read_bytes() == clip.with_name("other.wav").read_bytes()


def test_a_spotted_sheet_is_a_timeline_of_the_video(foley: Foley, clip: Path) -> None:
    otio = pytest.importorskip("opentimelineio", reason="has no wheel for this Python")
    foley("spot", clip, "-o", "cues.json")
    assert foley("spot", clip, "-o", "cues.otio").text == "cues.otio\n"
    assert read_sheet_file(clip.with_name("cues.otio")) == read_sheet_file(clip.with_name("cues.json"))
    (shot,) = otio.adapters.read_from_file(str(clip.with_name("cues.otio"))).find_clips()
    assert shot.media_reference.target_url == clip.as_uri()
    assert (shot.duration().value, shot.duration().rate) == (50, 25)


def test_spotted_again_what_was_locked_is_there_as_it_was(foley: Foley, clip: Path) -> None:
    path = clip.with_name("cues.txt")
    assert foley("spot", clip, "-o", path).code == 0
    first = read_sheet_file(path)
    kept = replace(next(cue for cue in first if cue.stop is None), strength=0.123, mute=True, lock=True)
    path.write_text(write_labels([kept, Cue(0.001, 0.9, "rain", stop=0.9, lock=True), Cue(1.999, 0.9, "glass")]))
    assert foley("spot", clip, "-o", path, "--keep-locked", path).code == 5  # there already, and no -f
    assert foley("spot", clip, "-o", path, "-f", "--keep-locked", path).code == 0
    again = read_sheet_file(path)
    assert [cue for cue in again if cue.lock] == [Cue(0.001, 0.9, "rain", stop=0.9, lock=True), kept]
    hits = [cue.time for cue in again if cue.stop is None]
    assert hits == [cue.time for cue in first if cue.stop is None]  # the one that was locked is not there twice


def test_without_the_library_an_otio_is_refused_before_the_work(
    foley: Foley, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    clip.with_name("old.otio").write_text("{}")
    for words in (
        ("spot", clip, "-o", "cues.otio", "-m", "nothing"),
        ("dub", clip, "--cues", "old.otio", "-m", "nothing"),
    ):
        ran = foley(*words)
        assert (ran.code, ran.out) == (2, b"")
        assert "pip install 'foleycli[otio]'" in ran.err
    assert sorted(path.name for path in clip.parent.iterdir()) == ["clip.mp4", "old.otio"]


def test_a_named_sound_is_in_every_cue(foley: Foley, clip: Path) -> None:
    cues = read_cues(foley("spot", clip, "--sound", "impact wood").text)
    assert {cue.sound for cue in cues} == {"impact_wood"}


def test_lasting_sounds_are_asked_for_by_name(foley: Foley, clip: Path) -> None:
    words = ("--only-cues", "--span", "train", "0.5", "0:01.5", "--whole", "waterfall:0.5")
    cues = read_cues(foley("spot", clip, *words, "-q").text)
    assert [(cue.time, cue.stop, cue.sound, cue.strength) for cue in cues] == [
        (0.0, 2.0, "water_pour_flow", 0.5),
        (0.5, 1.5, "vehicle_train", 0.6),
    ]
    assert foley("dub", clip, "-o", "a.wav", *words, "--sidecar", "-q").code == 0
    sidecar = json.loads(clip.with_name("a.foley.json").read_text())
    assert [cue["sound"] for cue in sidecar["cues"]] == ["water_pour_flow", "vehicle_train"]
    assert json.loads(foley("rerun", "a.foley.json", "-o", "b.wav", "--json", "-q").text)["identical"] is True
    assert foley("retake", "a.wav", "--from", "0.5", "--to", "1", "--seed", "7", "-q").code == 0
    assert foley("spot", clip, "--no-hits", "--no-spans", "-q").text == ",".join(COLUMNS) + "\n"
    for odd in (("--span", "train"), ("--span", "train 0 x"), ("--span", "typing", "0", "1"), ("--whole", "train:2")):
        assert foley("spot", clip, *odd).code == 2


def test_a_batch_with_another_bed_is_another_piece_of_work(foley: Foley, clip: Path) -> None:
    for whole, done in (("rain", "1 done, 0 done before"), ("rain", "0 done, 1 done before"), ("wind", "1 failed")):
        assert done in foley("batch", clip, "-o", "out", "--only-cues", "--whole", whole).err


def test_sounds_are_all_there(foley: Foley) -> None:
    assert [row["sound"] for row in json.loads(foley("sounds", "--json").text)] == list(SOUND_CLASSES)


def test_a_sound_is_shown_and_performed_by_what_people_call_it(foley: Foley, tmp_path: Path) -> None:
    shown = foley("sounds", "gunshot").text
    assert shown.startswith("gunshot or explosion (explosion_gun): hit\n") and "firework" in shown
    assert foley("sounds", "-o", "x.wav").code == foley("sounds", "qwertz", "--play").code == 2
    ran = foley("sounds", "heavy rain", "-o", "rain.wav", "-q")
    assert (ran.code, ran.text) == (0, "rain.wav\n"), ran.err
    assert soundfile.info(tmp_path / "rain.wav").duration == 4.0


def test_a_sample_is_played_by_what_is_installed(foley: Foley, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = foley("sounds", "glass", "--play", "-q")
    assert refused.code == 5 and "no player is installed (afplay, " in refused.err and "-o" in refused.err
    (tmp_path / "aplay").write_text(f"#!/bin/sh\n/bin/cp $2 {tmp_path}/heard.wav\n")
    (tmp_path / "aplay").chmod(0o755)
    assert foley("sounds", "glass", "--play", "-q").code == 0
    assert soundfile.info(tmp_path / "heard.wav").duration == 4.0


def test_people_read_names_and_files_hold_classes(foley: Foley, clip: Path) -> None:
    ran = foley("dub", clip, "-o", "out.wav", "--sound", "chopping", "--sidecar")
    assert "wood impact (asked)" in ran.err and "impact_wood" not in ran.err
    sidecar = json.loads(clip.with_name("out.foley.json").read_text())
    assert {cue["sound"] for cue in sidecar["cues"]} == {"impact_wood"}


def test_probe_says_what_the_file_holds(foley: Foley, clip: Path) -> None:
    facts = json.loads(foley("probe", "clip.mp4", "--json").text)
    assert (facts["width"], facts["height"], facts["duration"], facts["frame_rate"]) == (128, 96, 2.0, 25.0)
    assert foley("probe", "-", stdin=clip.read_bytes()).text.splitlines()[1:] == [
        "duration  0:02.000 (2.000 s), first picture at 0.000 s",
        "picture   128 x 96, 25.000 pictures/s",
        "stream 0  video: h264 und  <- dubbed",
        "windows   1 of 8.192 s",
    ]


def test_models_are_listed_shown_found_and_checked(foley: Foley, models: Path) -> None:
    listed = json.loads(foley("models", "list", "--json").text)
    assert [one["name"] for one in listed] == [entry.name for entry in CATALOGUE]
    bundle = read_bundle(models / "pocket")
    assert listed[0]["size_bytes"] == bundle.size_bytes
    shown = json.loads(foley("models", "show", "pocket", "--json").text)
    assert shown["parameters"] == sum(bundle.manifest.parts.values())
    assert foley("models", "path", "pocket").text.strip() == str((models / "pocket").resolve())
    assert "all as published" in foley("models", "verify", "pocket").text
    assert foley("models", "show", "nothing").code == 4


@pytest.mark.parametrize("name", ["cavp", "mdsgen-t"])
def test_what_is_only_in_the_catalogue_is_shown_too(foley: Foley, name: str) -> None:
    ran = foley("models", "show", name)
    assert ran.code == 0
    assert f"name: {name}\n" in ran.text


def test_sizes_are_counted_beside_the_paper(foley: Foley) -> None:
    shown = json.loads(foley("models", "show", "mdsgen-b", "--json").text)
    assert shown["paper_parameters"] == "131 M"
    assert shown["counted_parameters"]["audio_vae"] == pytest.approx(142.3e6, rel=1e-3)  # the authors' own code


def test_the_doctor_names_what_is_missing(foley: Foley, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    well = json.loads(foley("doctor", "--json").text)
    assert all(check["ok"] for check in well.values())
    monkeypatch.setattr("foleycli.bundles.store.BUILT_IN", models / "elsewhere")
    ill = foley("doctor")
    assert ill.code == 1
    assert "MISSING  model" in ill.text


def test_a_rendered_scene_and_its_truth_agree(foley: Foley, tmp_path: Path) -> None:
    ran = foley("scenes", "render", "ball", "-o", "ball.mp4", "--seconds", "1", "--height", "64", "--cues", "ball.json")
    assert ran.code == 0
    scene = render("ball", 0, seconds=1.0, size=(64, 114), clean=True)
    truth = read_cues((tmp_path / "ball.json").read_text())
    assert [cue.time for cue in truth] == pytest.approx([event.time for event in scene.events])
    assert json.loads(foley("probe", "ball.mp4", "--json").text)["duration"] == pytest.approx(1.0, abs=0.04)
    assert foley("scenes", "render", "dragon", "-o", "no.mp4").code == 2
    assert [row["kind"] for row in json.loads(foley("scenes", "list", "--json").text)] == list(KINDS)


def test_progress_that_is_piped_ends_with_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    with Console().progress() as report:
        for done in range(1, 4):
            report("perform", done, 3)
    assert capsys.readouterr().err.splitlines() == ["perform 1/3", "perform 3/3"]


def test_channels_are_said_in_words(foley: Foley, tmp_path: Path) -> None:
    make_clip(tmp_path / "mono.mp4", [Fraction(k, 8) for k in range(8)], sound=(0.0, 1.0))
    assert "48000 Hz, mono" in foley("probe", "mono.mp4").text


def test_clocks_sizes_lines_and_tables() -> None:
    assert clock(Fraction(5025, 1000)) == "0:05.025"
    assert clock(Fraction(3725)) == "1:02:05.000"
    assert (size(999), size(35_200_000)) == ("999 B", "35.2 MB")
    assert one_line("a\nb\x1b[31m\tc") == "a b [31m c"
    assert table([("a", "bc"), ("abc", "d")]) == "a    bc\nabc  d"


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    line = f"{sys.executable} -m foleycli.cli.entry sounds --json | head -c 1"
    ran = subprocess.run(["bash", "-c", line], capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("[", "")


@pytest.mark.parametrize(("shell", "words"), [("bash", "foley dub --orig"), ("zsh", "foley ba"), ("fish", "foley pro")])
def test_a_shell_is_told_how_a_word_goes_on(shell: str, words: str) -> None:
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}  # bash
    asked |= {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}  # zsh and fish
    ran = subprocess.run(
        [sys.executable, "-m", "foleycli.cli.entry"], capture_output=True, text=True,
        env={**os.environ, **asked, "_FOLEY_COMPLETE": f"complete_{shell}"},
    )  # fmt: skip
    assert {"bash": "--original", "zsh": "batch", "fish": "probe"}[shell] in ran.stdout


def test_a_full_disk_behind_stdout_is_one_line() -> None:
    line = f"{sys.executable} -m foleycli.cli.entry sounds > /dev/full"
    ran = subprocess.run(["sh", "-c", line], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (5, "foley: output: No space left on device; check the disk's space\n")


@pytest.mark.parametrize(
    ("line", "code", "out"), [("sounds >&-", 0, ""), ("probe - <&-", 3, "is empty"), ("probe . >&- 2>&-", 3, "")]
)
def test_a_stream_that_the_caller_closed_holds_nothing(line: str, code: int, out: str) -> None:
    ran = subprocess.run(["sh", "-c", f"{sys.executable} -m foleycli.cli.entry {line}"], capture_output=True, text=True)
    assert (ran.returncode, out in ran.stderr, "Traceback" in ran.stderr) == (code, True, False), ran.stderr


def test_what_a_terminal_has_no_letters_for_is_written_as_on_disk() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "foleycli.cli.entry", "probe", "日本.mp4"], capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (ran.returncode, ran.stderr.decode()[:13]) == (3, "foley: 日本.mp4")


@pytest.mark.parametrize("time", ["1e400", "1e999999999", "2000000000", "1:1e400", "1e9:0:0", "inf", "nan"])
@pytest.mark.parametrize("option", ["--start", "--overlap"])
def test_a_time_that_no_video_has_is_refused(foley: Foley, option: str, time: str) -> None:
    ran = foley("dub", "clip.mp4", option, time)
    assert ran.code == 2
    assert "is not a time" in ran.err


def test_a_name_that_is_too_long_is_said_to_be(foley: Foley, clip: Path) -> None:
    ran = foley("dub", clip, "-o", "x" * 252 + ".mp4")
    assert ran.code == 5
    assert ran.err.endswith("File name too long; choose another name\n")


def test_a_probe_shows_the_windows_that_a_dry_run_plans(foley: Foley, tmp_path: Path) -> None:
    make_clip(tmp_path / "long.mp4", [Fraction(k, 2) for k in range(40)])
    probed = json.loads(foley("probe", "long.mp4", "--json").text)["windows"]
    planned = json.loads(foley("dub", "long.mp4", "--dry-run", "--json").text)["windows"]
    assert [(one["start"], one["stop"]) for one in probed] == [(one["start"], one["stop"]) for one in planned]
    assert len(planned) == 3


@pytest.mark.parametrize("asked", ["1", "0.5", "0.1"])
def test_a_dry_run_shows_the_windows_that_are_performed(foley: Foley, tmp_path: Path, asked: str) -> None:
    make_clip(tmp_path / "long.mp4", [Fraction(k, 2) for k in range(40)])
    command = ("dub", "long.mp4", "-o", "out.wav", "--overlap", asked)
    planned = json.loads(foley(*command, "--dry-run", "--json").text)["windows"]
    assert foley(*command, "--sidecar", "-q").code == 0
    windows = json.loads((tmp_path / "out.foley.json").read_text())["windows"]
    performed = [[round(float(Fraction(at)), 6) for at in window] for window in windows]
    assert [list(one.values()) for one in planned] == performed
    assert 0 <= float(asked) - (planned[0]["stop"] - planned[1]["start"]) < 0.128


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_what_is_no_name_is_refused_in_a_line(foley: Foley, clip: Path, name: str) -> None:
    for command in (("dub", name), ("retake", name, "--from", "0", "--to", "1", "--seed", "2")):
        ran = foley(*command)
        assert ran.code == 3 and "is not a file" in ran.err and ran.err.count("\n") == 1
    ran = foley("batch", "", "--out-dir", "out")  # batch "$UNSET": not all of this folder
    assert ran.code == 2 and "an empty name" in ran.err


def test_a_video_on_stdin_is_spoken_of_as_such(foley: Foley, clip: Path) -> None:
    for bad in (b"", clip.read_bytes()[:500]):
        ran = foley("dub", "-", "-o", "out.mp4", stdin=bad)
        assert ran.code == 3 and ran.err.startswith("foley: stdin") and "foley-" not in ran.err
    whole = clip.read_bytes()
    assert json.loads(foley("probe", "-", "--json", stdin=whole).text)["path"] == "-"
    assert json.loads(foley("dub", "-", "-o", "out.mp4", "--json", stdin=whole).text)["video"] == "-"
