"""What a finished track brings along: its place in the day, its stems, its fades, a loudness that others measure."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import pytest

from foleycli.media.mux import find_ffmpeg
from tests.cli.conftest import Foley


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
    assert "warning" not in foley("dub", odd, "-o", "a.mkv", *silent).err


def test_a_sound_made_again_keeps_its_origin(foley: Foley, timed: Path, silent: tuple[str, ...]) -> None:
    assert foley("dub", timed, "-o", "out.wav", "--sidecar", *silent).code == 0
    before = tags(timed.with_name("out.wav"))
    assert foley("retake", "out.wav", "--from", "0.5", "--to", "1", "--seed", "3").code == 0
    assert tags(timed.with_name("out.wav")) == before
    assert foley("rerun", "out.foley.json", "-o", "again.wav").code == 0
    assert tags(timed.with_name("again.wav")) == before
