"""A dub from end to end: the picture untouched, the sound as long, the result whole or absent."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from foleycli.audio import encoded
from foleycli.audio.decoding import read_audio
from foleycli.scenes.catalogue import render
from foleycli.video.encode import write_video
from foleycli.video.ffmpeg import chosen_ffmpeg
from foleycli.video.probe import probe
from foleycli.workflows.sidecar import read_sidecar
from tests.cli.conftest import Foley


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]


def sound(content: bytes | Path) -> tuple[np.ndarray, int]:
    source = io.BytesIO(content) if isinstance(content, bytes) else str(content)
    samples, rate = soundfile.read(source, dtype="float32")
    return samples, rate


def one_line(text: str) -> bool:
    return text.startswith("foley: ") and text.count("\n") == 1 and text.endswith("\n")


def test_the_picture_is_copied_and_the_sound_is_as_long(foley: Foley, clip: Path) -> None:
    ran = foley("dub", "clip.mp4")
    assert (ran.code, ran.text) == (0, "clip.foley.mp4\n")
    dubbed = clip.with_name("clip.foley.mp4")
    assert packets(dubbed) == packets(clip)
    info = probe(dubbed)
    assert info.has_audio
    with av.open(str(dubbed)) as container:
        stream = container.streams.audio[0]
        heard = float(stream.duration * stream.time_base)
    assert abs(heard - float(info.duration)) <= 1 / 25
    assert sorted(path.name for path in clip.parent.iterdir()) == ["clip.foley.mp4", "clip.mp4"]


def test_same_seed_same_sound_and_another_seed_another(foley: Foley, clip: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert foley("dub", clip, "-o", f"{name}.wav", "--seed", str(seed), "-q").err == ""
    (a, rate), (b, _), (c, _) = (sound(clip.with_name(f"{name}.wav")) for name in "abc")
    assert (len(a), rate) == (96000, 48000)
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert 0 < np.abs(a).max() <= 10 ** (-1 / 20)


def test_pipes_carry_the_same_sound_as_files(foley: Foley, clip: Path) -> None:
    foley("dub", clip, "-o", "file.wav")
    piped = foley("dub", "-", "-o", "-", stdin=clip.read_bytes())
    assert piped.code == 0
    assert piped.out == clip.with_name("file.wav").read_bytes()


def test_takes_are_numbered_and_each_is_the_dub_of_its_seed(foley: Foley, clip: Path) -> None:
    ran = foley("dub", clip, "-o", "take.flac", "--takes", "2", "--seed", "4", "--json")
    result = json.loads(ran.text)
    assert [one["output"] for one in result["outputs"]] == ["take.take1.flac", "take.take2.flac"]
    assert [one["seed"] for one in result["outputs"]] == [4, 5]
    foley("dub", clip, "-o", "alone.flac", "--seed", "5")
    assert np.array_equal(sound(clip.with_name("take.take2.flac"))[0], sound(clip.with_name("alone.flac"))[0])


@pytest.mark.parametrize("suffix", [".mp3", ".m4a", ".ogg", ".opus"])
def test_the_sound_alone_in_files_that_players_know(foley: Foley, clip: Path, suffix: str) -> None:
    name = f"out{suffix}"
    ran = foley("dub", clip, "-o", name, "--seed", "1", "--json", "--sidecar")
    assert ran.code == 0, ran.err
    (made,) = json.loads(ran.text)["outputs"]
    assert made["output"] == name
    heard = read_audio(clip.with_name(name), 48000)
    assert heard.shape[0] == 1
    assert abs(heard.shape[1] - 96000) <= 48000 / 25  # a picture
    assert 0.01 < np.abs(heard).max() <= 1
    assert foley("retake", name, "--from", "0.5", "--to", "1", "--seed", "9").code == 0
    again = read_audio(clip.with_name(name), 48000)
    assert again.shape == heard.shape
    assert np.abs(again[:, 30000:42000] - heard[:, 30000:42000]).max() > 0.01  # another performance there
    assert np.abs(again[:, 60000:90000] - heard[:, 60000:90000]).max() < 0.02  # and the same one here
    assert foley("dub", clip, "-o", f"kept{suffix}", "--original", "keep-track").code == 2


def test_a_kind_of_sound_that_ffmpeg_can_not_write_is_refused_before_the_work(
    foley: Foley, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = chosen_ffmpeg()
    monkeypatch.setattr(encoded, "chosen_ffmpeg", lambda: replace(used, encoders=used.encoders - {"libmp3lame"}))
    for command in (("dub", clip, "-o", "o.mp3"), ("dub", clip, "-o", "o.mp3", "--dry-run"),
                    ("batch", clip, "-o", "out", "--name", "{stem}.mp3")):  # fmt: skip
        ran = foley(*command)
        assert (ran.code, ran.out) == (5, b"")
        assert "has no libmp3lame; use .wav or .flac" in ran.err
    assert sorted(path.name for path in clip.parent.iterdir()) == ["clip.mp4"]


def test_the_best_take_is_kept_under_the_plain_name_with_its_scores(foley: Foley, clip: Path) -> None:
    clip.with_name("cues.csv").write_text("time,strength,sound\n0.3,0.9,glass\n1.1,0.5,footsteps\n")
    options = ("--takes", "3", "--seed", "5", "--cues", "cues.csv", "--steps", "1", "--json", "--sidecar")
    everything = json.loads(foley("dub", clip, "-o", "all.wav", *options).text)
    best = json.loads(foley("dub", clip, "-o", "best.wav", "--keep", "best", *options).text)
    assert best["takes"] == everything["takes"]
    assert [one["seed"] for one in best["takes"]] == [5, 6, 7]
    totals = [one["scores"]["total"] for one in best["takes"]]
    assert [one["rank"] for one in best["takes"]] == [1 + sum(other > own for other in totals) for own in totals]
    assert [one["scores"]["total"] for one in everything["outputs"]] == totals
    (kept,) = best["outputs"]
    winner = max(range(3), key=totals.__getitem__)
    assert (kept["output"], kept["seed"], kept["scores"]) == ("best.wav", 5 + winner, best["takes"][winner]["scores"])
    assert kept["track_sha256"] == everything["outputs"][winner]["track_sha256"]
    sidecar = read_sidecar(clip.with_name("best.foley.json"))
    assert (sidecar.scores, sidecar.settings.generation.seed) == (kept["scores"], kept["seed"])
    again = json.loads(foley("rerun", "best.foley.json", "-o", "again.wav", "--json").text)
    assert again["identical"] is True
    assert sorted(path.name for path in clip.parent.glob("best*")) == ["best.foley.json", "best.wav"]


def test_the_best_of_several_takes_fits_on_stdout(foley: Foley, clip: Path) -> None:
    ran = foley("dub", clip, "-o", "-", "--takes", "2", "--keep", "best", "--steps", "1")
    assert (ran.code, ran.out[:4]) == (0, b"RIFF")
    assert {line.split(":")[0] for line in ran.err.splitlines() if line.startswith("seed")} == {"seed 0", "seed 1"}


def test_a_part_of_the_video_sounds_where_it_lies(foley: Foley, clip: Path) -> None:
    part = ("--start", "0.5", "--end", "0:01.5")
    foley("dub", clip, "-o", "part.wav", *part)
    foley("dub", clip, "-o", "part.mkv", *part)
    samples, rate = sound(clip.with_name("part.wav"))
    assert len(samples) == rate == 48000
    with av.open(str(clip.with_name("part.mkv"))) as container:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    before, during = heard[: int(0.45 * 48000)], heard[int(0.5 * 48000) : int(1.5 * 48000)]
    assert np.abs(before).max() < 0.1 * np.abs(during).max()


def test_a_sheet_without_audible_cues_gives_silence(foley: Foley, clip: Path) -> None:
    clip.with_name("cues.csv").write_text("time,strength,mute\n0.5,1.0,yes\n")
    foley("dub", clip, "-o", "out.wav", "--cues", "cues.csv")
    assert not sound(clip.with_name("out.wav"))[0].any()


def test_gain_is_what_was_asked_for_until_it_would_clip(foley: Foley, clip: Path) -> None:
    for gain in ("-60", "-54", "24"):
        foley("dub", clip, "-o", f"{gain}.wav", "--gain", gain, "--room-tone", "off")
    softer, soft, loud = (sound(clip.with_name(f"{gain}.wav"))[0] for gain in ("-60", "-54", "24"))
    assert np.allclose(soft, softer * 10 ** (6 / 20), atol=1e-5)
    assert np.abs(soft).max() < np.abs(loud).max() <= 10 ** (-1 / 20)


def test_loudness_is_the_one_that_was_asked_for(foley: Foley, clip: Path) -> None:
    clip.with_name("cues.csv").write_text("time,stop,strength\n0.0,4.0,0.9\n")
    long = clip.with_name("long.mp4")
    scene = render("stick", 3, seconds=4.0, size=(64, 64), clean=True)
    write_video(long, scene.frames, 25)
    ran = foley("dub", long, "-o", "out.wav", "--cues", "cues.csv", "--loudness", "-30", "--json")
    level = json.loads(ran.text)["outputs"][0]
    assert level["loudness_lufs"] == pytest.approx(-30, abs=0.5)
    assert level["true_peak_dbtp"] <= -1


def test_the_own_sound_can_be_kept_beside_the_new_one(foley: Foley, clip: Path) -> None:
    foley("dub", clip, "-o", "one.mp4")
    foley("dub", "one.mp4", "-o", "two.mp4", "--seed", "9", "--original", "keep-track")
    assert len(probe(clip.with_name("two.mp4")).audio) == 2


def test_the_own_sound_can_be_mixed_in(foley: Foley, clip: Path) -> None:
    foley("dub", clip, "-o", "one.mp4", "--gain", "-20")
    clip.with_name("silent.csv").write_text("time,mute\n0.5,yes\n")
    ran = foley("dub", "one.mp4", "-o", "two.wav", "--cues", "silent.csv", "--original", "mix")
    assert ran.code == 0, ran.err
    mixed, _ = sound(clip.with_name("two.wav"))
    with av.open(str(clip.with_name("one.mp4"))) as container:
        own = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    mixed = mixed if mixed.ndim == 1 else mixed[:, 0]
    assert np.corrcoef(mixed[4800:90000], own[4800:90000])[0, 1] > 0.99


def test_nothing_is_replaced_unless_asked(foley: Foley, clip: Path) -> None:
    target = clip.with_name("out.wav")
    target.write_text("mine")
    refused = foley("dub", clip, "-o", target)
    assert refused.code == 5
    assert one_line(refused.err)
    assert target.read_text() == "mine"
    assert foley("dub", clip, "-o", target, "-f").code == 0
    assert len(sound(target)[0]) == 96000
    assert foley("dub", clip, "-o", clip, "-f").code == 2


def test_a_dry_run_writes_nothing(foley: Foley, clip: Path) -> None:
    before = sorted(clip.parent.iterdir())
    ran = foley("dub", clip, "-n", "--json", "-m", "no/such/model")
    plan = json.loads(ran.text)
    assert plan["windows"] == [{"start": 0.0, "stop": 2.0}]
    assert plan["disk_bytes"] > clip.stat().st_size
    assert plan["cpu_seconds"] is None  # nobody measured that model
    assert sorted(clip.parent.iterdir()) == before


def test_a_part_without_a_sample_is_refused(foley: Foley, clip: Path) -> None:
    ran = foley("dub", clip, "-o", "a.wav", "--start", "1", "--end", "1.00001")
    assert ran.code == 2
    assert ran.err.endswith("nothing from 1 to 1.00001 s; the video runs from 0 to 2 s\n")


def test_a_plan_of_the_best_take_counts_all_of_them(foley: Foley, clip: Path) -> None:
    plans = [
        json.loads(foley("dub", clip, "-n", "--json", "--takes", "5", "--keep", keep).text) for keep in ("all", "best")
    ]
    assert plans[0]["cpu_seconds"] == plans[1]["cpu_seconds"]
    assert plans[0]["disk_bytes"] == 5 * plans[1]["disk_bytes"]


def test_the_time_of_a_plan_follows_the_work(foley: Foley, clip: Path) -> None:
    def seconds(*more: str) -> float:
        return float(json.loads(foley("dub", clip, "-n", "--json", *more).text)["cpu_seconds"])

    assert (
        3 < seconds("--end", "1") < seconds() < seconds("--takes", "3") < seconds("--takes", "3", "--steps", "100") < 45
    )
    assert "time     about 5 s of one CPU core" in foley("dub", clip, "-n").text.splitlines()
    assert "time     not known for this model and device" in foley("dub", clip, "-n", "--device", "cuda").text


BAD_INPUT = {"empty.mp4": b"", "short.mp4": b"\0\0\0\x18ftypmp42", "text.mp4": b"not a film at all\n" * 40}


@pytest.mark.parametrize("name", BAD_INPUT)
def test_bad_input_is_one_line_and_no_output(foley: Foley, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BAD_INPUT[name])
    ran = foley("dub", name, "-o", "out.mp4")
    assert (ran.code, ran.out) == (3, b"")
    assert one_line(ran.err), ran.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_cut_off_film_is_refused_and_a_missing_one_too(foley: Foley, clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[:2000])
    for name in ("clip.mp4", "nowhere.mp4"):
        ran = foley("dub", name, "-o", "out.mp4")
        assert ran.code == 3
        assert one_line(ran.err), ran.err
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (2, ["-o", "out.txt"]),
        (2, ["--sound", "drmu"]),
        (2, ["--start", "7"]),
        (2, ["--start", "1", "--end", "0.5"]),
        (2, ["--start", "soon"]),
        (2, ["--overlap", "5"]),
        (2, ["--seed", "-1"]),
        (2, ["-o", "-", "--json"]),
        (2, ["-o", "out.wav", "--original", "keep-track"]),
        (2, ["-o", "out.wav", "--original", "duck", "--start", "1"]),
        (2, ["-o", "-", "--takes", "2"]),
        (3, ["--cues", "nowhere.csv"]),
        (4, ["-m", "pokcet"]),
        (4, ["-m", "./nowhere"]),
        (4, ["-m", "hf://someone/rain", "--offline"]),
        (5, ["-o", "nowhere/out.mp4"]),
    ],
)
def test_wrong_wishes_have_the_right_exit_code_and_leave_nothing(
    foley: Foley, clip: Path, code: int, arguments: list[str]
) -> None:
    ran = foley("dub", clip, *arguments)
    assert (ran.code, ran.out) == (code, b""), ran.err
    assert "Traceback" not in ran.err
    assert [path.name for path in clip.parent.iterdir()] == ["clip.mp4"]
