"""A spliced track is the old one outside the span and the new one inside it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.audio import splice as module
from foleycli.audio.splice import FADE_SECONDS, copy_track, splice
from foleycli.errors import InputError

RATE = 48000


def noise(path: Path, seed: int, seconds: float = 1.0, channels: int = 2) -> np.ndarray:
    samples = np.random.default_rng(seed).integers(-(2**22), 2**22, (int(seconds * RATE), channels)) << 8
    soundfile.write(path, samples.astype(np.int32), RATE, subtype="PCM_24")
    return samples


def read(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="int32", always_2d=True)[0]


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("block", [1 << 18, 1000])
def test_outside_the_span_nothing_changes_and_inside_it_everything(
    tmp_path: Path, suffix: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK_SAMPLES", block)
    old, new = noise(tmp_path / f"old{suffix}", 1), noise(tmp_path / "new.wav", 2)
    splice(tmp_path / f"old{suffix}", tmp_path / "new.wav", tmp_path / f"out{suffix}", Fraction(1, 4), Fraction(3, 4))
    out = read(tmp_path / f"out{suffix}")
    first, last, fade = RATE // 4, 3 * RATE // 4, int(FADE_SECONDS * RATE)
    assert np.array_equal(out[:first], old[:first])
    assert np.array_equal(out[last:], old[last:])
    assert np.array_equal(out[first + fade : last - fade], new[first + fade : last - fade])
    for edge in (out[first : first + fade], out[last - fade : last]):
        assert 0.8 < edge.std() / old.std() < 1.2  # even power through the fade


@pytest.mark.parametrize("block", [1 << 18, 1000])
def test_where_both_are_equal_nothing_is_faded(tmp_path: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_SAMPLES", block)
    old = noise(tmp_path / "old.wav", 1)
    new = old.copy()
    new[RATE // 2 :] //= 2**9  # still 24 bit
    soundfile.write(tmp_path / "new.wav", new.astype(np.int32), RATE, subtype="PCM_24")
    splice(tmp_path / "old.wav", tmp_path / "new.wav", tmp_path / "out.wav", Fraction(1, 4), Fraction(3, 4))
    assert np.array_equal(read(tmp_path / "out.wav")[: RATE // 2], old[: RATE // 2])


def test_a_span_may_reach_past_the_end(tmp_path: Path) -> None:
    old, new = noise(tmp_path / "old.wav", 1), noise(tmp_path / "new.wav", 2)
    splice(tmp_path / "old.wav", tmp_path / "new.wav", tmp_path / "out.wav", Fraction(9, 10), Fraction(5))
    out = read(tmp_path / "out.wav")
    assert out.shape == old.shape
    assert np.array_equal(out[: 9 * RATE // 10], old[: 9 * RATE // 10])
    middle = 95 * RATE // 100
    assert np.array_equal(out[middle], new[middle])


def test_a_copy_holds_the_same_samples_in_either_kind_of_file(tmp_path: Path) -> None:
    old = noise(tmp_path / "old.wav", 1)
    for name in ("copy.flac", "copy.wav"):
        copy_track(tmp_path / "old.wav", tmp_path / name)
        assert np.array_equal(read(tmp_path / name), old)


def test_tracks_of_different_length_are_refused(tmp_path: Path) -> None:
    noise(tmp_path / "old.wav", 1)
    noise(tmp_path / "new.wav", 2, seconds=0.9)
    with pytest.raises(InputError, match="not the track it was"):
        splice(tmp_path / "old.wav", tmp_path / "new.wav", tmp_path / "out.wav", Fraction(0), Fraction(1))
