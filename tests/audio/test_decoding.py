"""Sound of every kind of layout is read in its own order and put back under its own name, and none ends the program."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.audio.decoding import SoundReader, _Times, find_sound, read_audio
from foleycli.audio.mixing import finish, mixed_layout
from foleycli.errors import InputError
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.layouts import TWINS, channel_names
from foleycli.video.mux import mux
from foleycli.video.probe import probe

RATE = 48000
SILENCE = 7 * RATE // 10  # samples of a track for those videos
STEADY = slice(RATE // 4, RATE // 4 + RATE // 5)  # 0.2 s: whole periods of every tone
FILM = ("5.1(side)", "channelmap=0|2|1|4|5|3:FL+FC+FR+SL+SR+LFE")


def surround(path: Path, layout: str, *more: str, seconds: float = 0.7, codec: str = "pcm_s16le") -> Path:
    """A video whose channels carry tones of 55, 110, 165... Hz at 0.1."""
    tones = "|".join(f"0.1*sin({55 * (n + 1)}*2*PI*t)" for n in range(len(channel_names(layout))))
    inputs = ["-f", "lavfi", "-i", f"testsrc=s=64x64:r=25:d={seconds}"]
    inputs += ["-f", "lavfi", "-i", f"aevalsrc=exprs={tones}:c={layout}:d={seconds}:s={RATE}"]
    command = [find_ffmpeg(), "-nostdin", "-loglevel", "error", *inputs, "-c:v", "mpeg4", "-c:a", codec, *more, path]
    subprocess.run(command, check=True)
    return path


def levels(path: Path, stream: int | None = None) -> list[float]:
    """dB of the tone that belongs to each channel, against the level that it was made with."""
    sound = read_audio(path, RATE, stream=stream)[:, STEADY]
    turns = np.exp(-2j * np.pi * np.outer(55 * np.arange(1, len(sound) + 1), np.arange(RATE // 5)) / RATE)
    return [float(20 * np.log10(2 * abs(np.mean(one * turn)) / 0.1)) for one, turn in zip(sound, turns, strict=True)]


@pytest.mark.parametrize(
    ("layout", "suffix"),
    [
        *((layout, ".mov") for layout in ("3.0", "quad", "5.1(side)", "6.1", "7.0", "7.1", "7.1(wide)")),
        *((layout, suffix) for layout in ("3.0", "5.1(side)", "6.1") for suffix in (".mkv", ".mp4")),
    ],
)
def test_a_layout_comes_back_under_its_name(tmp_path: Path, layout: str, suffix: str) -> None:
    info = probe(surround(tmp_path / "a.mov", layout))
    assert (info.audio[0].layout, info.audio[0].channels) == (layout, len(channel_names(layout)))
    soundfile.write(tmp_path / "t.wav", np.zeros(SILENCE), RATE)
    finish(tmp_path / "t.wav", tmp_path / "m.wav", info=info, original="mix")
    report = mux(
        info, tmp_path / "m.wav", tmp_path / f"b{suffix}", original="keep-track", layout=mixed_layout(info, "mix")
    )
    after = probe(report.out)
    assert [one.layout for one in after.audio] == [layout, layout]
    assert max(map(abs, levels(report.out))) < 1 and max(map(abs, levels(report.out, after.audio[1].index))) < 1


@pytest.mark.parametrize(
    ("layout", "written"),
    [("3.0", "3.0"), ("5.0", "5.0"), ("5.1(side)", "5.1"), ("6.1", "6.1"), ("7.0", "7.1"), ("7.1", "7.1")],
)
@pytest.mark.parametrize("original", ["mix", "duck", "keep-track"])
def test_every_channel_finds_its_place_in_webm(tmp_path: Path, layout: str, written: str, original: str) -> None:
    info = probe(surround(tmp_path / "a.mkv", layout, "-c:v", "libvpx", "-strict", "-2", codec="flac"))
    soundfile.write(tmp_path / "t.wav", np.zeros(SILENCE), RATE)
    kept = "keep-track" if original == "keep-track" else "replace"
    track, name = tmp_path / "t.wav", "mono"
    if original != "keep-track":
        track, name = tmp_path / "m.wav", mixed_layout(info, original)
        finish(tmp_path / "t.wav", track, info=info, original=original)  # type: ignore[arg-type]
    report = mux(info, track, tmp_path / "b.webm", original=kept, layout=name)  # type: ignore[arg-type]
    sound = probe(report.out).audio[-1]
    assert sound.layout == written
    assert any(f"mixed to {written}" in line for line in report.warnings) == (layout != written)
    heard = read_audio(report.out, RATE, stream=sound.index)[:, STEADY]
    pitches = 5 * np.abs(np.fft.rfft(heard)).argmax(1)
    own = {TWINS[name] if name in ("SL", "SR") and written == "5.1" else name: 55 * (number + 1)
           for number, name in enumerate(channel_names(layout))}  # fmt: skip
    for name, pitch, wave in zip(channel_names(written), pitches, heard, strict=True):
        assert pitch == own[name] if name in own else np.abs(wave).max() < 1e-3


def test_a_duck_keeps_the_layout(tmp_path: Path) -> None:
    info = probe(surround(tmp_path / "a.mov", "3.0"))
    soundfile.write(tmp_path / "t.wav", np.zeros(SILENCE), RATE)
    finish(tmp_path / "t.wav", tmp_path / "m.wav", info=info, original="duck")
    mux(info, tmp_path / "m.wav", tmp_path / "b.mov", layout=mixed_layout(info, "duck"))
    assert probe(tmp_path / "b.mov").audio[0].layout == "3.0" and max(map(abs, levels(tmp_path / "b.mov"))) < 1


def test_aac_gets_as_many_bits_as_there_are_channels(tmp_path: Path) -> None:
    info = probe(surround(tmp_path / "a.mov", "5.1", seconds=1.5))
    noise = np.random.default_rng(0).normal(0, 0.1, (3 * RATE // 2, 6))
    soundfile.write(tmp_path / "t.wav", noise, RATE)
    out = mux(info, tmp_path / "t.wav", tmp_path / "b.mp4", layout="5.1").out
    assert out.stat().st_size > 0.8 * 576_000 / 8 * 1.5


def test_channels_in_an_order_of_their_own_do_not_end_the_program(tmp_path: Path) -> None:
    info = probe(surround(tmp_path / "a.mov", FILM[0], "-filter:a", FILM[1]))
    assert info.audio[0].layout == "6 channels (FL+FC+FR+SL+SR+LFE)" and mixed_layout(info, "mix") == "5.1(side)"
    soundfile.write(tmp_path / "t.wav", np.zeros(SILENCE), RATE)
    finish(tmp_path / "t.wav", tmp_path / "m.wav", info=info, original="mix")
    mux(info, tmp_path / "m.wav", tmp_path / "b.mov", layout="5.1(side)")
    assert probe(tmp_path / "b.mov").audio[0].layout == "5.1(side)" and max(map(abs, levels(tmp_path / "b.mov"))) < 1


@pytest.mark.parametrize("codec", ["aac", "libopus", "libvorbis"])
def test_planar_sound_of_eight_channels_is_read(tmp_path: Path, codec: str) -> None:
    path = surround(tmp_path / "a.mkv", "7.1", codec=codec)
    found = levels(path)
    assert len(found) == 8 and all(abs(level) < 1 for number, level in enumerate(found) if number != 3)  # LFE is cut


def test_ambisonics_are_mixed_to_two(tmp_path: Path) -> None:
    path = surround(tmp_path / "a.mkv", "ambisonic 1", "-mapping_family", "2", codec="libopus")
    info = probe(path)
    assert (info.audio[0].layout, mixed_layout(info, "duck")) == ("ambisonic 1", "stereo")
    left, right = read_audio(path, RATE, layout="stereo")
    assert left.std() == pytest.approx(right.std(), rel=0.02) and left.std() == pytest.approx(0.0707, rel=0.1)


def test_reading_in_pieces_is_reading_at_once(tmp_path: Path) -> None:
    sound = np.random.default_rng(1).normal(0, 0.1, (2, 44100)).astype(np.float32)
    soundfile.write(tmp_path / "a.flac", sound.T, 44100)
    whole = read_audio(tmp_path / "a.flac", RATE, start=Fraction(0), stop=Fraction(2))
    with SoundReader(tmp_path / "a.flac", find_sound(tmp_path / "a.flac"), RATE, start=Fraction(0)) as reader:
        pieces = [reader.read(count) for count in (1, 47_000, 10_000, 38_999)]
    assert np.array_equal(np.concatenate(pieces, axis=1), whole) and not whole[:, RATE + 100 :].any()


@pytest.mark.parametrize(
    ("told", "placed"),
    [
        ([0, 100, 205, 300], [0, 100, 200, 300]),  # rounding
        ([0, 100, 500, 600], [0, 100, 500, 600]),  # a hole
        ([0, 100, 150, 250, 350], [0, 100, 200, 250, 350]),  # an overlap of half a piece
        ([0, 100, 150, 200, 400], [0, 100, 200, 300, 400]),  # times that count on with half the length
    ],
)
def test_pieces_lie_where_they_belong(told: list[int], placed: list[int]) -> None:
    times = _Times(1000)
    assert [times.place(at, 100) for at in told] == placed


def test_a_file_that_ffmpeg_cannot_decode_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"\0" * 1000)
    with pytest.raises(InputError, match="can't open it"):
        read_audio(tmp_path / "a.mp4", RATE)
