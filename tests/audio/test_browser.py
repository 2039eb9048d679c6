"""Small copies in memory: still on time, still as long, still the same picture."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from foleycli.audio.browser import OPUS_RATE, OpusEncoder, webp
from foleycli.audio.decoding import read_audio


@pytest.mark.parametrize("channels", [1, 2])
def test_opus_is_on_time_and_small_however_it_is_fed(channels: int, tmp_path: Path) -> None:
    times = (0.25, 1.0, 1.75)
    track = np.zeros((channels, 2 * OPUS_RATE), np.float32)
    for time in times:
        track[:, round(time * OPUS_RATE)] = 0.8
    encoder = OpusEncoder(channels)
    for at in range(0, track.shape[1], 7001):
        encoder.write(track[:, at : at + 7001])
    (tmp_path / "track.ogg").write_bytes(encoder.finish())
    heard = read_audio(tmp_path / "track.ogg", OPUS_RATE, start=Fraction(0), stop=Fraction(2))
    assert heard.shape == track.shape
    for time in times:
        near = slice(round((time - 0.1) * OPUS_RATE), round((time + 0.1) * OPUS_RATE))
        assert np.abs(heard[0, near]).argmax() == pytest.approx(0.1 * OPUS_RATE, abs=0.001 * OPUS_RATE)
    assert (tmp_path / "track.ogg").stat().st_size < 2 * 8_000 * 1.5


def test_webp_is_the_picture(tmp_path: Path) -> None:
    pixels = np.zeros((30, 51, 3), np.uint8)
    pixels[:, 20:] = (200, 60, 20)
    content = webp(pixels)
    assert content[:4] == b"RIFF"
    assert content[8:12] == b"WEBP"

    with av.open(BytesIO(content)) as container:
        (picture,) = container.decode(video=0)
    seen = picture.to_ndarray(format="rgb24")
    assert seen.shape == pixels.shape
    assert np.abs(seen[:, 30:].astype(int) - (200, 60, 20)).max() < 12
