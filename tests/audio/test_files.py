from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from foleycli.atomic import atomic_file
from foleycli.audio.decoding import read_audio
from foleycli.audio.files import AudioWriter, resample
from foleycli.errors import InputError, OutputError
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.probe import probe
from tests.video.clips import even, make_clip


def clicks(rate: int, seconds: int, channels: int = 2) -> np.ndarray:
    """A short burst at each half second: what is early or late shows."""
    sound = np.zeros((channels, rate * seconds), np.float32)
    for at in range(rate // 2, rate * seconds, rate // 2):
        sound[:, at : at + rate // 500] = 0.5
    return sound


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_written_is_read(tmp_path: Path, suffix: str) -> None:
    sound = clicks(16000, 2)
    with AudioWriter(tmp_path / f"a{suffix}", 16000, 2) as writer:
        for piece in np.array_split(sound, 7, axis=1):
            writer.write(piece)
    found = read_audio(tmp_path / f"a{suffix}", 16000)
    assert found.shape == sound.shape and np.abs(found - sound).max() < 2**-22
    assert soundfile.info(tmp_path / f"a{suffix}").subtype == "PCM_24"


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_way_of_storing_samples(tmp_path: Path, subtype: str) -> None:
    sound = clicks(8000, 1)
    soundfile.write(tmp_path / "a.wav", sound.T, 8000, subtype=subtype)
    assert np.abs(read_audio(tmp_path / "a.wav", 8000) - sound).max() < 0.01


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (1, 2), (2, 5), (-1, 1), (7, 8)])
def test_a_span_is_that_span(tmp_path: Path, start: int, stop: int) -> None:
    soundfile.write(tmp_path / "a.flac", clicks(44100, 4).T, 44100)
    span = read_audio(tmp_path / "a.flac", 48000, start=Fraction(start), stop=Fraction(stop))
    whole = np.pad(resample(clicks(44100, 4), 44100, 48000), ((0, 0), (48000, 5 * 48000)))
    assert span.shape == (2, (stop - start) * 48000)
    assert np.abs(span - whole[:, (start + 1) * 48000 : (stop + 1) * 48000]).max() < 0.02


def _adts(path: Path, channels: int, rate: int = 48000) -> bytes:
    """Two seconds of a tone as AAC that may follow another in one file."""
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    tone = (0.2 * np.sin(2 * np.pi * 1000 * np.arange(2 * rate) / rate)).astype(np.float32)
    with av.open(str(path), "w", format="adts") as out:
        stream = out.add_stream("aac", rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.tile(tone, (channels, 1)), format="fltp", layout=layout)
        frame.sample_rate, frame.pts = rate, 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 1), (1, 6), (6, 2)])
def test_a_stream_may_change_its_channels(tmp_path: Path, before: int, after: int) -> None:
    both = tmp_path / "both.aac"
    both.write_bytes(_adts(tmp_path / "a.aac", before) + _adts(tmp_path / "b.aac", after))
    assert len(read_audio(both, 48000)) == before  # the first layout is that of the stream
    for start in (0, 1, 3):
        span = read_audio(both, 48000, start=Fraction(start), stop=Fraction(start + 1), layout="stereo")
        level = np.sqrt((span[:, 9600:-9600] ** 2).mean(1))
        assert span.shape == (2, 48000) and (level > 0.09).all()  # on the left and on the right, whatever it is made of


def test_a_stream_may_change_its_rate(tmp_path: Path) -> None:
    (tmp_path / "both.ts").touch()
    for name, rate, late in (("a", 48000, "0"), ("b", 24000, "2")):  # a transport stream has times of its own
        _adts(tmp_path / f"{name}.aac", 1, rate)
        command = [find_ffmpeg(), "-loglevel", "error", "-i", str(tmp_path / f"{name}.aac"), "-c", "copy"]
        subprocess.run([*command, "-output_ts_offset", late, str(tmp_path / f"{name}.ts")], check=True)
        with (tmp_path / "both.ts").open("ab") as both:
            both.write((tmp_path / f"{name}.ts").read_bytes())
    start = Fraction(27, 10) + Fraction(7, 5)  # the muxer begins at 1.4 s
    late_sound = read_audio(tmp_path / "both.ts", 48000, start=start, stop=start + 1)[0]
    assert np.abs(np.fft.rfft(late_sound)).argmax() == pytest.approx(1000, abs=3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_sample_zero_is_at_the_first_picture(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"a{suffix}", even(30, start=Fraction(1, 2)), sound=(1, 2))
    info = probe(path)
    track = read_audio(path, 48000, start=info.start, stop=info.start + info.duration)
    begins = int(np.argmax(np.abs(track[0]) > 0.1)) / 48000
    assert track.shape == (1, 48000) and abs(begins - 0.5) < 0.03


@pytest.mark.parametrize("rates", [(16000, 48000), (44100, 32000), (48000, 11025)])
def test_resampling_keeps_time_and_level(rates: tuple[int, int]) -> None:
    before, after = rates
    tone = np.sin(2 * np.pi * 440 * np.arange(before * 2 + 3) / before).astype(np.float32)
    changed = resample(tone, before, after)
    wanted = np.sin(2 * np.pi * 440 * np.arange(len(changed)) / after)
    assert abs(len(changed) / after - len(tone) / before) <= 0.5 / after
    assert np.abs(changed - wanted)[after // 10 : -after // 10].max() < 1e-3
    assert resample(np.stack([tone, tone]), before, after).shape == (2, len(changed))


def test_long_files_get_a_header_that_can_count(tmp_path: Path) -> None:
    with AudioWriter(tmp_path / "a.wav", 48000, 2, seconds=24 * 3600) as writer:
        writer.write(clicks(48000, 1))
    assert soundfile.info(tmp_path / "a.wav").format == "RF64"


def test_no_sound_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sound"):
        read_audio(make_clip(tmp_path / "a.mp4", even(3)), 48000)


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.wav or \.flac"):
        AudioWriter(tmp_path / "a.mp3", 48000)


def test_atomic_file_is_whole_or_absent(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with atomic_file(target) as temporary:
        temporary.write_text("one")
        assert not target.exists()
    for stop in (KeyboardInterrupt, ValueError):
        with pytest.raises(stop), atomic_file(target, overwrite=True) as temporary:
            temporary.write_text("two")
            raise stop
    assert target.read_text() == "one" and [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_atomic_file_refuses_what_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine")
    for target in (tmp_path / "a.txt", tmp_path, tmp_path / "none" / "a.txt"):
        with pytest.raises(OutputError), atomic_file(target):
            pass
    assert (tmp_path / "a.txt").read_text() == "mine"
