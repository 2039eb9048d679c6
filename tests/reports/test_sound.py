"""What is measured in a track with a known answer, whole or in blocks."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.reports.page import sound as hearing
from foleycli.reports.page.sound import measure_sound

RATE = 32_000
HITS = (0.4, 1.0, 1.999, 3.1)


@pytest.fixture
def track(tmp_path: Path) -> Path:
    """Four seconds of soft noise with struck tones in it, the third across the second second."""
    chance = np.random.default_rng(0)
    samples = 0.001 * chance.standard_normal(4 * RATE)
    times = np.arange(4 * RATE) / RATE
    for hit in HITS:
        after = times - hit
        samples += np.where(after >= 0, 0.5 * np.exp(-np.maximum(after, 0) * 30) * np.sin(2 * np.pi * 900 * after), 0)
    soundfile.write(tmp_path / "track.wav", samples, RATE, subtype="PCM_24")
    return tmp_path / "track.wav"


def test_blocks_leave_no_trace(track: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measure_sound(track, Fraction(0), Fraction(4))
    monkeypatch.setattr(hearing, "BLOCK_SECONDS", Fraction(1))
    blocks = measure_sound(track, Fraction(0), Fraction(4), keep=False)
    assert whole.onset_seconds == pytest.approx(HITS, abs=0.02)
    assert blocks.onset_seconds == pytest.approx(whole.onset_seconds, abs=0.006)
    assert blocks.loudness_lufs == pytest.approx(whole.loudness_lufs, abs=0.01)
    assert blocks.true_peak_dbtp == pytest.approx(whole.true_peak_dbtp, abs=0.01)
    assert whole.true_peak_dbtp == pytest.approx(20 * np.log10(np.abs(soundfile.read(track)[0]).max()), abs=0.3)
    assert np.abs(blocks.outline - whole.outline).max() < 1e-3
    assert whole.outline.shape == (2, 4 * 200)
    assert blocks.opus is None
    assert whole.opus is not None
    assert whole.opus[:4] == b"OggS"


def test_silence_has_no_loudness_and_no_onsets(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.flac", np.zeros((RATE, 2)), RATE)
    heard = measure_sound(tmp_path / "silent.flac", Fraction(0), Fraction(1))
    assert heard.loudness_lufs is None
    assert heard.onset_seconds == ()
    assert heard.true_peak_dbtp < -100
    assert not heard.outline.any()


def test_six_channels_are_played_on_two(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "six.wav", np.full((RATE, 6), 0.1), RATE)
    assert measure_sound(tmp_path / "six.wav", Fraction(0), Fraction(1)).opus is not None
