"""Sound alone in files that ffmpeg encodes: as long as the track, its channels in their places, refused in time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.audio import encoded
from foleycli.audio.decoding import read_audio
from foleycli.audio.encoded import check_sound_file, encode_track
from foleycli.errors import OutputError
from foleycli.video.facts import file_facts
from foleycli.video.ffmpeg import Ffmpeg, chosen_ffmpeg
from foleycli.video.layouts import channel_names

RATE = 48000
CODECS = {".mp3": "mp3", ".m4a": "aac", ".ogg": "vorbis", ".opus": "opus", ".flac": "flac"}


def track(path: Path, layout: str, seconds: float = 2.3) -> np.ndarray:
    """Writes and returns (C, S): a tone of its own in each channel, louder and softer in time."""
    time = np.arange(round(seconds * RATE)) / RATE
    names = channel_names(layout)
    pitches = [60.0 if name == "LFE" else 300.0 + 200 * number for number, name in enumerate(names)]
    swell = 0.1 + 0.1 * np.sin(2 * np.pi * 1.5 * time)
    samples = np.stack([swell * np.sin(2 * np.pi * pitch * time) for pitch in pitches])
    soundfile.write(path, samples.T, RATE, subtype="PCM_24")
    return samples


@pytest.mark.parametrize("suffix", CODECS)
def test_a_track_comes_back_from_each_kind_of_file(tmp_path: Path, suffix: str) -> None:
    before = track(tmp_path / "t.wav", "stereo")
    out = tmp_path / f"o{suffix}"
    assert encode_track(tmp_path / "t.wav", out, "stereo", "model pocket, seed 3") == ()
    after = read_audio(out, RATE)
    assert abs(after.shape[1] - before.shape[1]) <= 0.02 * RATE
    length = min(after.shape[1], before.shape[1])
    settled = slice(RATE // 10, length - RATE // 10)
    for one, other in zip(before, after, strict=True):  # each in its channel, and to the sample where it was
        lags = [float(one[settled] @ other[settled.start + lag : settled.stop + lag]) for lag in range(-40, 41)]
        assert np.argmax(lags) == 40
        assert np.abs(one[settled] - other[settled]).max() < 0.03
    facts = file_facts(out)
    (stream,) = facts.streams
    assert stream.codec == CODECS[suffix]
    assert "model pocket, seed 3" in {**facts.metadata, **stream.metadata}.values()


@pytest.mark.parametrize(
    ("suffix", "layout", "warning"),
    [
        (".mp3", "5.1", "5.1 sound does not go into .mp3: mixed to stereo"),
        (".m4a", "5.1", ""),
        (".m4a", "6.1", "6.1 sound does not go into .m4a: mixed to 7.1"),
        (".ogg", "3.0", ""),
        (".ogg", "5.1(side)", "5.1(side) sound goes into .ogg as flac"),
        (".opus", "7.1", ""),
        (".flac", "7.1(wide)", ""),
    ],
)
def test_layouts_keep_their_names_or_it_is_said(tmp_path: Path, suffix: str, layout: str, warning: str) -> None:
    track(tmp_path / "t.wav", layout)
    out = tmp_path / f"o{suffix}"
    assert encode_track(tmp_path / "t.wav", out, layout) == ((warning,) if warning else ())
    (stream,) = file_facts(out).streams
    assert stream.layout == (warning.split()[-1] if "mixed" in warning else layout)


def without(*encoders: str) -> Ffmpeg:
    used = chosen_ffmpeg()
    return Ffmpeg(used.path, used.source, used.version, used.muxers, used.encoders - set(encoders))


def test_an_ffmpeg_without_the_encoder_is_refused_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "chosen_ffmpeg", lambda: without("libmp3lame", "libvorbis", "libopus"))
    for name, missing in (("o.mp3", "libmp3lame"), ("o.ogg", "libopus"), ("o.opus", "libopus")):
        with pytest.raises(OutputError, match=rf"{name}: the ffmpeg in use \(.*\) has no {missing}; use .wav or .flac"):
            check_sound_file(Path(name))
    check_sound_file(Path("o.wav"))
    check_sound_file(Path("o.m4a"))


def test_ogg_holds_opus_where_there_is_no_vorbis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    track(tmp_path / "t.wav", "mono")
    monkeypatch.setattr(encoded, "chosen_ffmpeg", lambda: without("libvorbis"))
    encode_track(tmp_path / "t.wav", tmp_path / "o.ogg", "mono")
    assert file_facts(tmp_path / "o.ogg").streams[0].codec == "opus"


def test_a_sound_of_another_length_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    track(tmp_path / "t.wav", "mono")
    monkeypatch.setattr(encoded, "relabelled", lambda own, wanted: "atrim=end=1,")
    with pytest.raises(OutputError, match=r"o.mp3: came out 1\.\d+ s long, and the track is 2\.300 s"):
        encode_track(tmp_path / "t.wav", tmp_path / "o.mp3", "mono")
