"""`foley batch` as it is used: what comes out, what is said, and what a kill leaves."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from contextlib import ExitStack
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest
import soundfile
from rich.console import Console as RichConsole

from foleycli import atomic
from foleycli.cli.batch_display import BatchDisplay
from foleycli.cli.console import Console
from foleycli.signals import Stopped
from foleycli.workflows.batch import events
from foleycli.workflows.batch.job import DubJob
from tests.cli.conftest import Foley
from tests.cli.test_signals import SAID
from tests.video.clips import make_clip

KILLS = int(os.environ.get("FOLEY_KILLS", "4"))


@pytest.fixture
def videos(tmp_path: Path) -> Path:
    """Three clips of half a second, the middle one broken."""
    folder = tmp_path / "videos"
    folder.mkdir()
    for name, rate in (("a", 12), ("c", 16)):
        make_clip(folder / f"{name}.mp4", [Fraction(k, rate) for k in range(8)])
    (folder / "b.mp4").write_bytes(b"no video at all")
    return folder


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_one_bad_video_of_three_fails_and_the_others_are_done(foley: Foley, videos: Path, tmp_path: Path) -> None:
    ran = foley("batch", videos, "-o", "out", "--seed", "3")
    assert ran.code == 1
    assert ran.text.split() == ["out/a.foley.mp4", "out/c.foley.mp4"]
    assert "1 of 3 failed:" in ran.err
    assert ran.err.count("b.mp4: not a video file") == 2  # as it happens, and in the list
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".foley-batch", "a.foley.mp4", "c.foley.mp4"]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.mp4")}
    again = foley("batch", videos, "-o", "out", "--seed", "3")
    assert (again.code, again.text) == (1, "")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.mp4")} == before


def test_a_batch_writes_the_sound_alone_as_mp3(foley: Foley, videos: Path) -> None:
    ran = foley("batch", videos, "-o", "out", "--name", "{stem}.mp3")
    assert (ran.code, ran.text.split()) == (1, ["out/a.mp3", "out/c.mp3"])
    again = foley("batch", videos, "-o", "out", "--name", "{stem}.mp3")
    assert (again.code, again.text) == (1, "")  # what is done is done


def test_a_batch_sounds_as_single_dubs_do(foley: Foley, videos: Path, tmp_path: Path) -> None:
    (videos / "b.mp4").unlink()
    options = ("--seed", "5", "--sound", "rain", "--steps", "3", "--gain", "-3")
    assert foley("batch", "videos/*.mp4", "-o", "out", "--name", "{stem}.wav", "-j", "2", *options).code == 0
    for name in "ac":
        assert foley("dub", videos / f"{name}.mp4", "-o", f"{name}.wav", *options).code == 0
        single, rate = soundfile.read(tmp_path / f"{name}.wav")
        batched, batched_rate = soundfile.read(tmp_path / "out" / f"{name}.wav")
        assert rate == batched_rate
        assert single.any()
        assert (single == batched).all()


def test_a_batch_finishes_as_a_single_dub_does(foley: Foley, videos: Path, clip: Path, tmp_path: Path) -> None:
    (videos / "b.mp4").write_text("no video at all")
    (videos / "day").mkdir()
    clip.rename(videos / "day" / "d.mp4")
    options = ("--sound", "rain", "--sound", "impact_wood", "--steps", "1", "--fade-in", "0.7", "--fade-out", "0.3")
    command = ("batch", "videos", "-o", "out", "--name", "{stem}.wav", *options, "--stems", "stems", "--plot", "seen")
    ran = foley(*command)
    assert ran.code == 1 and ran.text == "out/day/d.wav\n"
    assert ran.err.count("--fade-in and --fade-out are longer than the 0:00.") == 4  # a and c, said twice
    files = [f"stems/day/d.{name}.wav" for name in ("impacts", "ambience")]
    laid = [path for name in ("stems", "seen") for path in (tmp_path / name).rglob("*.*")]
    assert {str(path.relative_to(tmp_path)) for path in laid} == {"seen/day/d.png", *files}
    single = ("dub", "videos/day/d.mp4", "-o", "d.wav", *options, "--stems", ".", "--plot", "d.png")
    assert foley(*single).code == 0
    for path in ("out/day/d.wav", *files):
        alone, batched = (soundfile.read(tmp_path / one)[0] for one in (Path(path).name, path))
        assert len(alone) == 96000 and (alone == batched).all()
    assert (tmp_path / "d.png").read_bytes() == (tmp_path / "seen/day/d.png").read_bytes()
    assert foley(*command).text == ""  # done
    (tmp_path / "seen/day/d.png").unlink()
    assert "out/day/d.wav exists; use --overwrite" in foley(*command).err
    assert foley(*command, "-f").text == "out/day/d.wav\n"
    assert (tmp_path / "seen/day/d.png").exists()


def test_json_is_an_object_per_line_and_ends_with_the_failures(foley: Foley, videos: Path) -> None:
    listed = b"\0".join(bytes(videos / name) for name in ("a.mp4", "b.mp4"))
    ran = foley("batch", "-", "-0", "-o", "out", "--json", "--quiet", stdin=listed)
    told = [json.loads(line) for line in ran.text.splitlines()]
    assert [one["event"] for one in told if one.get("input", "").endswith("a.mp4")] == [
        "started", "watch", "window", "done",
    ]  # fmt: skip
    assert {"event": "failed", "kind": "input"}.items() <= next(one for one in told if one["event"] == "failed").items()
    last = told[-1]
    assert (last["event"], last["done"], last["skipped"], last["failed"]) == ("finished", 1, 0, 1)
    assert [one["input"] for one in last["failures"]] == [str(videos / "b.mp4")]
    again = foley("batch", "-", "-0", "-o", "out", "--json", "--quiet", stdin=bytes(videos / "a.mp4"))
    assert [json.loads(line)["event"] for line in again.text.splitlines()] == ["skipped", "finished"]
    assert again.code == 0


def test_other_settings_do_not_replace_what_is_there_unless_asked_to(foley: Foley, videos: Path) -> None:
    one = (videos / "a.mp4", "-o", "out", "-q", "--steps", "1")
    assert foley("batch", *one).code == 0
    refused = foley("batch", *one, "--seed", "1")
    assert refused.code == 1
    assert (
        "out/a.foley.mp4 was made with other settings; use --overwrite, or --name '{stem}.{seed}.foley" in refused.err
    )
    assert foley("batch", *one, "--seed", "1", "-f").text == "out/a.foley.mp4\n"
    assert foley("batch", *one, "--seed", "1").text == ""


def test_a_report_is_of_every_video_and_replaces_only_a_report(foley: Foley, videos: Path, tmp_path: Path) -> None:
    page, command = tmp_path / "out" / "all.html", ("batch", videos, "-o", "out", "--report", "out/all.html", "--json")
    told = [json.loads(line) for line in foley(*command, "-q").text.splitlines()]
    assert told[-2] == {"event": "report", "output": "out/all.html", "rows": 3}
    assert told[-1]["event"] == "finished"
    text = page.read_text()
    assert "not a video file" in text
    assert [text.count(f'class="row {state}') for state in ("done", "before", "failed")] == [2, 0, 1]
    (videos / "b.mp4").unlink()
    assert foley(*command).code == 0
    text = page.read_text()
    assert [text.count(f'class="row {state}') for state in ("done", "before", "failed")] == [0, 2, 0]
    assert text.count("data:audio/ogg;base64,") == 2
    page.write_text("mine")
    assert foley(*command).code == 5
    assert page.read_text() == "mine"
    assert foley(*command, "-f").code == 0
    assert page.read_text().startswith("<!DOCTYPE html>")
    assert "--report a.mp4" in foley("batch", videos, "-o", "new", "--report", "a.mp4").err
    assert foley("batch", videos, "-o", "new", "--report", "nowhere/a.html").code == 5
    assert not (tmp_path / "new").exists()


def test_a_report_that_finds_no_room_hides_no_failure(
    foley: Foley, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "_settle", full)
    ran = foley("batch", videos / "b.mp4", "-o", "out", "--report", "report.html", "--json", "-q")
    assert ran.code == 5
    assert json.loads(ran.text.splitlines()[-1])["failures"]
    assert "report.html: No space left on device" in ran.err
    assert not [path.name for path in videos.parent.iterdir() if "foley-" in path.name]


def interrupted_after(kind: type[events.Event], patched: pytest.MonkeyPatch) -> None:
    """Ctrl-C as soon as a video has ended like that."""

    def on_event(self: BatchDisplay, event: events.Event) -> None:
        real(self, event)
        if isinstance(event, kind):
            raise Stopped

    real = BatchDisplay.on_event
    patched.setattr(BatchDisplay, "on_event", on_event)


def test_an_interrupted_batch_speaks_of_a_report_only_if_one_comes(
    foley: Foley, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = ("batch", videos / "a.mp4", "-o", "out", "--steps", "1")
    assert foley(*done).code == 0
    with monkeypatch.context() as patched:
        interrupted_after(events.Skipped, patched)
        ran = foley(*done, "--report", "report.html")
    assert (ran.code, ran.err) == (130, SAID) and not Path("report.html").exists()
    interrupted_after(events.Failed, monkeypatch)
    ran = foley("batch", videos / "b.mp4", "-o", "out")
    assert ran.code == 130 and "report" not in ran.err
    ran = foley("batch", videos / "b.mp4", "-o", "out", "--report", "report.html")
    assert ran.code == 130 and "a second time leaves without" in ran.err and Path("report.html").exists()


def test_a_report_that_finds_no_room_hides_no_interruption(
    foley: Foley, videos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted_after(events.Failed, monkeypatch)
    monkeypatch.setattr(atomic, "_settle", full)
    ran = foley("batch", videos / "b.mp4", "-o", "out", "--report", "report.html", "--json", "-q")
    assert ran.code == 130 and "report.html: No space left on device" in ran.err and ran.err.endswith(SAID)
    assert json.loads(ran.text.splitlines()[-1])["event"] == "failed"


def test_a_folder_below_a_file_is_named_before_the_model_is_loaded(foley: Foley, videos: Path, tmp_path: Path) -> None:
    for option in ("--stems", "--plot"):
        ran = foley("batch", videos / "a.mp4", "-o", "out", "-m", "nowhere", option, "videos/b.mp4/in")
        assert ran.code == 5 and ran.err == f"foley: videos/b.mp4/in: Not a directory; choose another {option}\n"


def test_requests_that_make_no_sense_are_refused_before_anything_is_made(foley: Foley, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for wrong in (("empty",), ("*.mp4",), ("x.mp4", "--overlap", "5"), ("x.mp4", "--name", "{stem}.txt")):
        assert foley("batch", *wrong, "-o", "out").code == 2
    assert foley("batch", "x.mp4", "-o", "out", "--plot", __file__).code == 2
    assert not (tmp_path / "out").exists()
    assert foley("batch", "-", "-o", "out", stdin=b"").code == 0  # an empty list is a list


def test_a_dry_run_says_what_would_become_what(foley: Foley, videos: Path, tmp_path: Path) -> None:
    ran = foley("batch", "videos", "-o", "out", "-n")
    assert ran.text.splitlines()[0] == "videos/a.mp4 -> out/a.foley.mp4"
    assert "b.mp4: not a video file" in ran.err and "2 windows, about 6 s of one CPU core, " in ran.err
    lines = [json.loads(line) for line in foley("batch", "videos", "-o", "out", "-n", "--json").text.splitlines()]
    assert lines[0] == {"event": "planned", "input": "videos/a.mp4", "output": "out/a.foley.mp4"}
    assert len(lines) == 3
    assert not (tmp_path / "out").exists()


def test_without_a_folder_each_result_lies_beside_its_video(foley: Foley, videos: Path) -> None:
    (videos / "day").mkdir()
    (videos / "day" / "d.mp4").write_bytes((videos / "a.mp4").read_bytes())
    two = ("videos/a.mp4", "videos/day")
    planned = foley("batch", *two, "-n")
    assert planned.text.splitlines() == [
        "videos/a.mp4 -> videos/a.foley.mp4",
        "videos/day/d.mp4 -> videos/day/d.foley.mp4",
    ]
    assert foley("batch", *two, "--only-cues").code == 0
    assert (videos / "day" / "d.foley.mp4").is_file() and (videos / ".foley-batch").is_dir()
    assert "0 done, 2 done before" in foley("batch", *two, "--only-cues").err


def test_several_videos_are_for_batch(foley: Foley, clip: Path) -> None:
    ran = foley("dub", clip, "b.mp4", "c.mp4")
    assert ran.code == 2 and "dub takes one video, several are for 'foley batch'" in ran.err


def test_a_dry_run_knows_what_is_done_and_what_is_in_the_way(foley: Foley, videos: Path, tmp_path: Path) -> None:
    foley("batch", "videos", "-o", "out")
    ran = foley("batch", "videos", "-o", "out", "-n")
    assert ran.text.splitlines()[0] == "videos/a.mp4 -> out/a.foley.mp4, done before"
    assert ran.text.splitlines()[1] == "videos/b.mp4 -> out/b.foley.mp4"  # it failed
    assert "0 windows" in ran.err and "exists" not in ran.err
    lines = [json.loads(line) for line in foley("batch", "videos", "-o", "out", "-n", "--json").text.splitlines()]
    assert [line["event"] for line in lines] == ["skipped", "planned", "skipped"]
    webm = foley("batch", "videos", "-o", "out", "-n", "--name", "{stem}.webm").err
    assert "out/a.webm: h264 video does not go into .webm here" in webm and "0 windows" in webm
    other = foley("batch", "videos", "-o", "out", "-n", "--seed", "4")
    assert "out/a.foley.mp4 exists; use --overwrite" in other.err and "done before" not in other.text
    assert "exists" not in foley("batch", "videos", "-o", "out", "-n", "--seed", "4", "--overwrite").err


def test_the_table_shows_what_is_at_work_and_takes_names_as_they_are() -> None:
    console, told = RichConsole(file=StringIO(), width=100), BatchDisplay(Console(quiet=True), ExitStack())
    told.on_event(events.Found(3))
    odd, other = (DubJob(Path(name), Path("out") / name) for name in ("[red]a[/red].mp4", "b.mp4"))
    for event in (events.Started(odd), events.Skipped(other), events.Advanced(odd, "perform", 2, 5)):
        told.on_event(event)
    console.print(told.table())
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert [line.split() for line in lines] == [
        ["1", "of", "3"],
        ["b.mp4", "done", "before"],
        ["[red]a[/red].mp4", "perform", "2/5"],
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="SIGKILL and fork are POSIX's")
def test_a_batch_that_is_killed_again_and_again_loses_nothing_and_does_nothing_twice(
    models: Path, tmp_path: Path
) -> None:
    videos, out = tmp_path / "videos", tmp_path / "out"
    videos.mkdir()
    for number in range(3):
        make_clip(videos / f"{number}.mp4", [Fraction(k, 10) for k in range(6 + number)])
    arguments = (models / "pocket", videos, out, KILLS, 1)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.cli.batch_kills", *map(str, arguments)],
        capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    reference, *runs = [json.loads(line) for line in ran.stdout.splitlines()]
    assert reference["end"] == "reference 0", ran.stderr
    assert any(run["end"] == "killed" for run in runs)
    assert [run["end"] for run in runs[-2:]] == ["ended 0", "ended 0"], ran.stderr
    first_seen: dict[str, list[int]] = {}
    for run in runs:
        for name, identity in run["outputs"].items():
            assert first_seen.setdefault(name, identity) == identity, f"{name} was made twice"
        assert first_seen.keys() == run["outputs"].keys(), "an output went away"
    assert first_seen.keys() == reference["outputs"].keys()
    for name in first_seen:
        whole = (tmp_path / "out-reference" / name).read_bytes()
        assert (out / name).read_bytes() == whole, f"{name} is not what an undisturbed run makes"
    assert [path.name for path in (out / ".foley-batch").iterdir()] == ["journal.jsonl"]
