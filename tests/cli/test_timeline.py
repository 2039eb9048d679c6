"""Cues to the editor and back: `dub --timeline`, `spot -o` of each kind of marker, `dub --cues` with a moved one."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest
import soundfile

from foleycli.cues.timelines.formats import SUFFIXES
from foleycli.video.encode import write_video
from foleycli.video.ffmpeg import run_ffmpeg
from foleycli.workflows.sheets import read_sheet_file
from tests.cli.conftest import Foley
from tests.cues.fcpxml_rules import check_fcpxml

CUES = "time,stop,strength,sound\n0.5,,0.9,glass\n1.0,,0.9,footsteps\n0.2,1.9,0.5,rain\n"


def test_a_timeline_plays_the_stems_that_are_written_beside_it(foley: Foley, clip: Path, tmp_path: Path) -> None:
    pytest.importorskip("opentimelineio", reason="has no wheel for this Python")
    (tmp_path / "cues.csv").write_text(CUES)
    ran = foley("dub", clip, "-o", "out.mp4", "--cues", "cues.csv", "--timeline", "edit/a.fcpxml", "--json")
    assert ran.code == 5  # the folder is not made
    (tmp_path / "edit").mkdir()
    words = ("dub", clip, "--cues", "cues.csv", "--steps", "1", "--json")
    ran = foley(*words, "-o", "out.mp4", "--timeline", "edit/a.fcpxml")
    (output,) = json.loads(ran.text)["outputs"]
    assert output["timeline"] == "edit/a.fcpxml", ran.err
    assert output["stems"] == {name: f"edit/out.{name}.wav" for name in ("impacts", "ambience")}
    root = check_fcpxml((tmp_path / "edit" / "a.fcpxml").read_text())
    sources = [asset.get("src") for asset in root.iter("asset")]
    assert sources == [clip.as_uri(), *((tmp_path / path).as_uri() for path in output["stems"].values())]
    names = [one.get("name") for one in root.findall(".//spine/asset-clip/asset-clip")]
    assert names[:3] == ["breaking glass 0.90", "footsteps 0.90", "rain 0.50"]
    for suffix in SUFFIXES[1:]:
        ran = foley(*words, "-o", "part.wav", "--start", "0.3", "--timeline", f"b{suffix}", "--stems", "stems", "-f")
        assert ran.code == 0, ran.err
        assert "part.impacts.wav" in (tmp_path / f"b{suffix}").read_text()
    ran = foley(*words, "-o", "takes.wav", "--takes", "2", "--timeline", "c.rpp")
    assert [one["timeline"] for one in json.loads(ran.text)["outputs"]] == ["c.take1.rpp", "c.take2.rpp"]


def test_what_can_be_no_timeline_is_refused_before_the_work(foley: Foley, clip: Path, tmp_path: Path) -> None:
    (tmp_path / "there.edl").write_text("")
    for words, code, names in (
        ((clip, "--timeline", "a.xml"), 2, "foley can't write .xml; use .fcpxml, .otio, .edl, .rpp"),
        ((clip, "--timeline", "a"), 2, "use .fcpxml, .otio, .edl, .rpp"),
        (("-", "-o", "a.wav", "--timeline", "a.edl"), 2, "--timeline names the video by its place on disk"),
        ((clip, "--timeline", "there.edl"), 5, "there.edl"),
    ):
        ran = foley("dub", *words, "-m", "nothing")
        assert (ran.code, ran.out) == (code, b""), ran.err
        assert names in ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "there.edl"]
    ran = foley("spot", clip, "-o", "a.xml", "-m", "nothing")
    assert ".fcpxml, .edl, .rpp, .reaper.csv" in ran.err


def test_a_marker_that_was_moved_in_an_editor_is_played_where_it_is_now(
    foley: Foley, clip: Path, tmp_path: Path
) -> None:
    words = ("--only-cues", "--span", "train", "0.5", "1.52", "-q")
    for name in ("a.fcpxml", "a.edl", "a.rpp", "a.reaper.csv"):
        assert foley("spot", clip, "-o", name, *words).text == f"{name}\n"
    edl = tmp_path / "a.edl"
    edl.write_text(edl.read_text().replace("01:00:00:12 01:00:00:13", "01:00:00:20 01:00:00:21"))
    plain = tmp_path / "plain.csv"
    plain.write_text("time,stop,strength,sound\n0.8,1.82,0.6,vehicle_train\n")
    for sheet in (plain, edl):
        ran = foley("dub", clip, "-o", f"{sheet.stem}.wav", "--cues", sheet, "--steps", "1", "-q")
        assert ran.code == 0, ran.err
    assert (tmp_path / "plain.wav").read_bytes() == (tmp_path / "a.wav").read_bytes()
    for name in ("a.fcpxml", "a.rpp", "a.reaper.csv"):
        (cue,) = read_sheet_file(tmp_path / name)
        assert (cue.time, cue.stop, cue.sound) == (0.5, 1.52, "vehicle_train")
    (tmp_path / "locked.edl").write_text(edl.read_text().replace("vehicle_train 0.60", "rain 0.60 lock"))
    again = foley("spot", clip, "-o", "b.csv", "--keep-locked", "locked.edl", "--no-hits", "--no-spans", "-q")
    assert again.code == 0, again.err
    assert "0.800,1.820,0.6,rain" in (tmp_path / "b.csv").read_text()


NTSC = Fraction(30000, 1001)
LONG_CUES = {"breaking glass 0.90": 0.5, "footsteps 0.90": 7.9, "footsteps 0.70": 8.43, "rain 0.40": 6.0}


@pytest.fixture(scope="module")
def camera_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10 s at 29.97, two windows, that begin at 01:00:00;00 of a clock that drops frames."""
    folder = tmp_path_factory.mktemp("camera")
    write_video(folder / "plain.mp4", [np.full((64, 96, 3), 90, np.uint8)] * 300, NTSC)
    words = ["-i", str(folder / "plain.mp4"), "-c", "copy", "-timecode", "01:00:00;00", str(folder / "film.mov")]
    assert run_ffmpeg(words).returncode == 0
    return folder / "film.mov"


@pytest.mark.parametrize("suffix", [".otio", ".fcpxml"])
def test_opentimelineio_reads_a_timeline_of_two_windows_from_a_clock_that_drops_frames(
    foley: Foley, camera_film: Path, tmp_path: Path, suffix: str
) -> None:
    otio = pytest.importorskip("opentimelineio", reason="has no wheel for this Python")
    pytest.importorskip("otio_fcpx_xml_adapter", reason="pip install -e '.[dev]'")
    (tmp_path / "cues.csv").write_text(
        "time,stop,strength,sound\n0.5,,0.9,glass\n7.9,,0.9,footsteps\n8.43,,0.7,footsteps\n6.0,9.5,0.4,rain\n"
    )
    words = ("-o", "out.mov", "--cues", "cues.csv", "--steps", "1", "--timeline", f"edit{suffix}")
    ran = foley("dub", camera_film, *words)
    assert ran.code == 0, ran.err
    found = otio.adapters.read_from_file(str(tmp_path / f"edit{suffix}"))
    if suffix == ".fcpxml":
        (found,) = found.find_children(otio.schema.Timeline)
    origin = 107_892  # 01:00:00;00: of 108,000 numbers two a minute are left out, but not in minutes 0, 10, ...
    begins, files = {}, {}
    slack = 1.1 if suffix == ".fcpxml" else 0  # frames: its adapter counts 29 a second
    for clip in found.find_clips():
        path = Path(url2pathname(urlsplit(clip.media_reference.target_url).path))
        files[path] = clip.media_reference.available_range
        at, source = clip.range_in_parent().start_time, clip.source_range.start_time
        begins[clip.name] = at.value
        assert source.value / source.rate * float(NTSC) == pytest.approx(origin + at.value, abs=0.01 + slack)
        assert files[path].contains(source)
    assert {path.name for path in files} == {"film.mov", "out.impacts.wav", "out.ambience.wav"}
    assert all(path.is_file() for path in files)
    for name, time in LONG_CUES.items():
        assert 0 <= time * float(NTSC) - begins[name] < 1.31 + slack  # a frame and 10 ms
    for path, there in files.items():
        if path.suffix == ".wav":
            assert there.duration.value / there.duration.rate == pytest.approx(soundfile.info(path).duration, abs=0.04)
            reference = path.read_bytes().index(b"bext") + 8 + 338
            samples = int.from_bytes(path.read_bytes()[reference : reference + 8], "little")
            assert samples == round(origin / NTSC * 48_000)
