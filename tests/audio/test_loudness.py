from __future__ import annotations

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import butter, sosfilt

from foleycli.audio.decoding import read_audio
from foleycli.audio.loudness import LoudnessMeter, decibels, from_decibels, limiter_gain, true_peaks
from foleycli.audio.mastering import CEILING_DBTP, CODEC_ROOM_DB
from foleycli.audio.mixing import finish
from foleycli.video.ffmpeg import find_ffmpeg
from foleycli.video.mux import mux
from foleycli.video.probe import probe
from tests.video.clips import even, make_clip

RATE = 48000


def ebur128(path: Path) -> tuple[float, float]:
    """(LUFS, dBTP) as ffmpeg measures them: another program's opinion."""
    command = [
        find_ffmpeg(),
        "-nostdin",
        "-hide_banner",
        "-i",
        str(path),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    summary = subprocess.run(command, capture_output=True, check=True).stderr.decode().rpartition("Summary:")[2]
    found = [re.search(pattern, summary) for pattern in (r"I:\s+(\S+) LUFS", r"Peak:\s+(\S+) dBFS")]
    return float(found[0][1]), float(found[1][1])  # type: ignore[index]


def knocks(seconds: float, channels: int = 1, level: float = 0.2, rate: int = RATE) -> np.ndarray:
    """Decaying bursts of noise twice a second, without its topmost octave: (C, S)."""
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(0).standard_normal((channels, len(time)))
    noise = sosfilt(butter(8, 0.5, output="sos"), noise, axis=1)
    return (level * noise * np.exp(-(time % 0.5) * 20)).astype(np.float32)


def save(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    soundfile.write(path, samples.T, rate, subtype="FLOAT")
    return path


def test_sine_of_the_standard_is_minus_23() -> None:
    time = np.arange(20 * RATE) / RATE
    tone = (from_decibels(-23) * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    meter = LoudnessMeter(RATE, 2)
    for block in np.array_split(np.stack([tone, tone]), 7, axis=1):
        meter.add(block)
    assert abs((meter.integrated() or 0) + 23) < 0.1  # EBU Tech 3341, case 1


@pytest.mark.parametrize(("rate", "channels"), [(48000, 1), (44100, 2), (32000, 2)])
def test_agrees_with_ffmpeg(tmp_path: Path, rate: int, channels: int) -> None:
    samples = knocks(8, channels, rate=rate)
    samples[:, : 3 * rate] *= 0.01  # a quiet part, which the gate leaves out
    meter = LoudnessMeter(rate, channels)
    meter.add(samples)
    loudness, peak = ebur128(save(tmp_path / "a.wav", samples, rate))
    assert abs((meter.integrated() or 0) - loudness) < 0.15
    assert abs(decibels(float(true_peaks(samples).max())) - peak) < 0.3


def test_peaks_between_samples_are_seen() -> None:
    tone = np.sin(2 * np.pi * np.arange(RATE) / 4 + np.pi / 4).astype(np.float32)[None]  # never sampled at its top
    assert abs(np.abs(tone).max() - np.sqrt(0.5)) < 1e-3
    assert abs(true_peaks(tone)[1000:-1000].max() - 1) < 0.01


@pytest.mark.parametrize("length", [1, 7, 1024, 50_000])
def test_peaks_over_a_floor_are_those_without_one_and_others_are_not_over_it(length: int) -> None:
    rng = np.random.default_rng(0)
    samples = rng.normal(0, 0.02, (2, length)).astype(np.float32)
    for at in range(0, length, 9_973):  # some at the edges of chunks
        samples[:, at : at + 40] += rng.normal(0, 0.4, samples[:, at : at + 40].shape).astype(np.float32)
    whole = true_peaks(samples)
    for floor in (0.05, 0.3, float(whole.max()) * 0.999, 9.0):
        some = true_peaks(samples, floor)
        over = whole > floor
        assert some[over] == pytest.approx(whole[over], rel=1e-6)
        assert np.all(some <= np.maximum(whole, floor) * (1 + 1e-6)) and np.all(some >= np.abs(samples).max(0))


def test_limiter_leaves_alone_what_is_low_enough() -> None:
    peaks = np.full(RATE, 0.5, np.float32)
    assert np.all(limiter_gain(peaks, 0.9, RATE) == 1)
    peaks[RATE // 2] = 2
    gain = limiter_gain(peaks, 0.9, RATE)
    assert np.all(gain * peaks <= 0.9 + 1e-6) and gain.min() == pytest.approx(0.45)
    assert np.abs(np.diff(gain)).max() < 0.01 and np.all(gain[: RATE // 2 - 1000] == 1)


@pytest.mark.parametrize("level", [0.01, 0.2, 3.0])
def test_loudness_asked_is_loudness_measured(tmp_path: Path, level: float) -> None:
    report = finish(save(tmp_path / "a.wav", knocks(12, level=level)), tmp_path / "b.wav", loudness_lufs=-23)
    loudness, peak = ebur128(tmp_path / "b.wav")
    assert abs(loudness + 23) < 0.3 and abs((report.loudness_lufs or 0) - loudness) < 0.2 and not report.warnings
    assert peak <= -1


def test_no_clipping_and_no_change_without_need(tmp_path: Path) -> None:
    loud, soft = knocks(11, level=2.0), knocks(11, level=0.05)
    report = finish(save(tmp_path / "a.wav", loud), tmp_path / "b.wav")
    assert ebur128(tmp_path / "b.wav")[1] <= -1 and report.true_peak_dbtp <= -1
    finish(save(tmp_path / "c.wav", soft), tmp_path / "d.wav")
    assert np.abs(soundfile.read(tmp_path / "d.wav")[0] - soft[0]).max() < 2**-22
    finish(tmp_path / "c.wav", tmp_path / "e.flac", gain_db=6)
    assert np.abs(soundfile.read(tmp_path / "e.flac")[0] - soft[0] * from_decibels(6)).max() < 2**-22


@pytest.mark.parametrize("loudness", [-23.0, -17.0])
def test_what_a_player_gets_out_of_a_video_is_measured_too(tmp_path: Path, loudness: float) -> None:
    # The sharpest of sounds, limited hard: AAC adds up to 1.1 dB to its peaks.
    info = probe(make_clip(tmp_path / "a.mp4", even(50, 10)))
    save(tmp_path / "t.wav", knocks(5, level=0.3))
    finish(tmp_path / "t.wav", tmp_path / "b.wav", loudness_lufs=loudness, ceiling_dbtp=CEILING_DBTP - CODEC_ROOM_DB)
    for suffix in (".mp4", ".mkv"):
        mux(info, tmp_path / "b.wav", tmp_path / f"b{suffix}")
        measured, peak = ebur128(tmp_path / f"b{suffix}")
        assert abs(measured - loudness) < 0.5 or loudness > -20
        assert peak <= -0.8


def test_white_noise_stays_under_the_ceiling_by_another_meter(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal((1, 4 * RATE)).astype(np.float32)
    finish(save(tmp_path / "a.wav", noise), tmp_path / "b.wav")
    assert ebur128(tmp_path / "b.wav")[1] <= -1


def test_short_falls_back_to_the_peak_and_says_so(tmp_path: Path) -> None:
    report = finish(save(tmp_path / "a.wav", knocks(1, level=0.01)), tmp_path / "b.wav", loudness_lufs=-23)
    assert abs(report.true_peak_dbtp + 1.1) < 0.1 and "under 3 s" in report.warnings[0]
    report = finish(
        save(tmp_path / "a.wav", np.zeros((1, 5 * RATE), np.float32)), tmp_path / "b.wav", loudness_lufs=-23
    )
    assert "silent" in report.warnings[0] and not np.any(soundfile.read(tmp_path / "b.wav")[0])


def test_out_of_reach_is_said(tmp_path: Path) -> None:
    clicks = np.zeros((1, 6 * RATE), np.float32)
    clicks[:, :: RATE // 2] = 0.5
    report = finish(save(tmp_path / "a.wav", clicks), tmp_path / "b.wav", loudness_lufs=-14)
    assert "as near to -14" in report.warnings[0] and report.true_peak_dbtp <= -1


def test_another_rate_keeps_length_and_level(tmp_path: Path) -> None:
    samples = knocks(21.3337, rate=32000)
    finish(save(tmp_path / "a.wav", samples, 32000), tmp_path / "b.wav")
    about = soundfile.info(tmp_path / "b.wav")
    assert about.samplerate == RATE and about.frames == round(samples.shape[1] * 1.5)
    assert abs(soundfile.read(tmp_path / "b.wav")[0].std() / samples.std() - 1) < 0.01


def test_mix_adds_and_duck_steps_back(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", even(30, 5), sound=(0, 6))
    info = probe(clip)
    track = np.zeros((1, 6 * RATE), np.float32)
    track[:, 2 * RATE : 3 * RATE] = 0.2 * np.sin(2 * np.pi * 2000 * np.arange(RATE) / RATE)
    save(tmp_path / "t.wav", track)
    before = read_audio(clip, RATE, start=info.start, stop=info.start + info.duration)[0]

    def tone_level(path: Path, start: float, stop: float) -> float:
        wave = np.exp(2j * np.pi * 440 * np.arange(RATE * 6) / RATE)
        span = slice(round(start * RATE), round(stop * RATE))
        sound = before if path == clip else soundfile.read(path)[0]
        return decibels(abs(np.mean(sound[span] * wave[span])))

    finish(tmp_path / "t.wav", tmp_path / "mix.wav", info=info, original="mix")
    finish(tmp_path / "t.wav", tmp_path / "duck.wav", info=info, original="duck")
    mixed = soundfile.read(tmp_path / "mix.wav")[0][: len(before)]
    assert np.abs(mixed - (before + track[0, : len(before)])).max() < 1e-4
    for start, stop, change in ((0.5, 1.5, 0), (2.2, 2.8, -12), (4, 5, 0)):
        assert abs(tone_level(tmp_path / "duck.wav", start, stop) - tone_level(clip, start, stop) - change) < 0.3
        assert abs(tone_level(tmp_path / "mix.wav", start, stop) - tone_level(clip, start, stop)) < 0.3


def test_more_channels_than_a_file_holds_are_mixed_down_and_it_is_said(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "many.wav", np.full((RATE, 12), 0.02, np.float32), RATE)
    silent = make_clip(tmp_path / "a.mp4", even(30))
    arguments = ["-i", str(silent), "-i", str(tmp_path / "many.wav"), "-c:v", "copy", "-c:a", "pcm_s24le"]
    subprocess.run([find_ffmpeg(), "-v", "error", *arguments, str(tmp_path / "many.mov")], check=True)
    info = probe(tmp_path / "many.mov")
    assert info.audio[0].channels == 12
    report = finish(save(tmp_path / "t.wav", knocks(1, level=0.0)), tmp_path / "b.flac", info=info, original="mix")
    mixed, _ = soundfile.read(tmp_path / "b.flac")
    assert mixed.shape[1] == 2 and mixed.mean(0) == pytest.approx([0.091, 0.091], abs=0.005)  # 1 + 0.71 of 5
    assert report.warnings == ("the video's 12 channels of sound are mixed down to 2",)


def test_nothing_to_mix_is_said(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "a.mp4", even(5)))
    report = finish(save(tmp_path / "t.wav", knocks(1)), tmp_path / "b.wav", info=info, original="duck")
    assert report.warnings == ("the video has no sound to duck",)


def test_sounds_that_are_left_out_of_the_mix_are_said(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", even(10), sound=(0, 1))
    three = ["-map", "0", "-map", "0:a", "-map", "0:a", "-c", "copy", str(tmp_path / "three.mkv")]
    subprocess.run([find_ffmpeg(), "-v", "error", "-i", str(clip), *three], check=True)
    info, track = probe(tmp_path / "three.mkv"), save(tmp_path / "t.wav", knocks(1))
    report = finish(track, tmp_path / "b.wav", info=info, original="mix")
    assert report.warnings == ("audio stream 1 is mixed, streams 2, 3 are left out; --original keep-track keeps all",)
    assert not finish(track, tmp_path / "c.wav", info=info).warnings


def test_the_sound_that_players_play_is_mixed(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", even(10), sound=(0, 1))
    quieter = ["-map", "0", "-map", "0:a", "-c:v", "copy", "-c:a", "flac", "-filter:a:0", "volume=0.01"]
    marks = ["-disposition:a:0", "0", "-disposition:a:1", "default", str(tmp_path / "two.mkv")]
    subprocess.run([find_ffmpeg(), "-v", "error", "-i", str(clip), *quieter, *marks], check=True)
    info, track = probe(tmp_path / "two.mkv"), save(tmp_path / "t.wav", knocks(1, level=0.0))
    report = finish(track, tmp_path / "b.wav", info=info, original="mix")
    assert report.warnings == ("audio stream 2 is mixed, stream 1 is left out; --original keep-track keeps all",)
    mixed, own = soundfile.read(tmp_path / "b.wav")[0], read_audio(clip, RATE, layout="mono")
    assert mixed[: RATE // 2].std() == pytest.approx(own[:, : RATE // 2].std(), rel=0.05)
