"""Broadcast Wave: the samples are the ones given, and other programs read where in the day they begin."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from foleycli.audio.bwf import Origin, write_bwf
from foleycli.errors import OutputError
from foleycli.timeline import timecode_seconds
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.probe import probe
from foleycli.video.timecode import source_timecode
from tests.video.clips import even, make_clip

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize("channels", [1, 2, 3, 6])
def test_samples_stay_and_the_origin_is_read_by_others(tmp_path: Path, channels: int) -> None:
    samples = np.random.default_rng(0).integers(-(2**23), 2**23, (5000, channels)) * 256
    soundfile.write(tmp_path / "a.wav", samples.astype(np.int32), 48000, subtype="PCM_24")
    write_bwf(tmp_path / "a.wav", tmp_path / "b.wav", Origin("foley, model ä, seed 7" + "x" * 300, 2**33 + 5))
    assert np.array_equal(soundfile.read(tmp_path / "b.wav", dtype="int32", always_2d=True)[0], samples)
    assert soundfile.info(tmp_path / "b.wav").subtype == "PCM_24"
    with av.open(str(tmp_path / "b.wav")) as container:
        tags = dict(container.metadata)
    assert (tags["time_reference"], tags["encoded_by"][:6], tags["comment"][:22]) == (
        str(2**33 + 5),  # past midnight of a year of samples, and past 32 bits
        "foley ",
        "foley, model ?, seed 7",
    )
    command = [find_ffmpeg(), "-nostdin", "-hide_banner", "-i", str(tmp_path / "b.wav")]
    assert f"time_reference  : {2**33 + 5}" in subprocess.run(command, capture_output=True, check=False).stderr.decode()


def test_where_it_can_not_be_written_is_said(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(10), 48000, subtype="PCM_24")
    with pytest.raises(OutputError, match="disk's space"):
        write_bwf(tmp_path / "a.wav", tmp_path / "none" / "b.wav", Origin())


@pytest.mark.parametrize(
    ("timecode", "rate", "frame"),
    [
        ("01:00:00:00", NTSC, 108000),
        ("01:00:00;00", NTSC, 107892),  # as in SMPTE 12M: 108 labels left out in an hour
        ("00:01:00;02", NTSC, 1800),  # ;00 and ;01 are not there
        ("00:10:00.00", NTSC, 17982),
        ("01:00:00;04", 2 * NTSC, 2 * 107892 + 4),
        ("10:11:12:13", Fraction(25), (10 * 3600 + 11 * 60 + 12) * 25 + 13),
        ("23:59:59:23", Fraction(24000, 1001), 24 * 3600 * 24 - 1),
    ],
)
def test_a_timecode_is_a_number_of_frames(timecode: str, rate: Fraction, frame: int) -> None:
    assert timecode_seconds(timecode, rate) == frame / rate


def test_a_varying_rate_counts_by_the_nearest_clock() -> None:
    assert timecode_seconds("01:00:00:15", Fraction(2964, 100)) == Fraction(7201, 2)
    assert timecode_seconds("01:00:00:00", Fraction(29971, 1000)) == 108000 / NTSC


@pytest.mark.parametrize("timecode", ["01:00:00:25", "01:60:00:00", "1 o'clock", "01:00:00", ""])
def test_what_is_no_timecode_is_refused(timecode: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        timecode_seconds(timecode, Fraction(25))


@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv"])
def test_the_timecode_of_a_file_is_found(tmp_path: Path, suffix: str) -> None:
    clip = make_clip(tmp_path / "a.mp4", even(5))
    assert source_timecode(probe(clip)) is None
    command = [find_ffmpeg(), "-nostdin", "-loglevel", "error", "-i", str(clip), "-c", "copy"]
    tag = ["-metadata"] if suffix == ".mkv" else []  # Matroska has a tag, QuickTime a track of its own
    value = ["timecode=01:02:03:04"] if tag else ["-timecode", "01:02:03:04"]
    subprocess.run([*command, *tag, *value, str(tmp_path / f"b{suffix}")], check=True)
    assert source_timecode(probe(tmp_path / f"b{suffix}")) == "01:02:03:04"
