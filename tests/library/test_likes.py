"""Recordings to imitate: which sound and kind they are for, and what is heard of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foleycli.cues.sheet import Cue
from foleycli.errors import InputError, UsageError
from foleycli.library.likes import hits_of, open_likes, texture_of
from foleycli.library.own import open_own
from foleycli.specs.settings import Generation
from tests.library.recordings import noise, small_library, taps, write

HIT, KNOCK, SPAN = Cue(1.0, 0.7, "glass"), Cue(1.0, 0.7, "impact_wood"), Cue(1.0, 0.7, "rain", stop=2.0)


def names(*texts: str, cue: Cue) -> list[str]:
    return [Path(one.file).name for one in open_likes(texts).of(cue)]


def test_a_recording_is_for_all_hits_or_all_spans_unless_a_sound_is_named(tmp_path: Path) -> None:
    tap = str(write(tmp_path / "tap.wav", taps([0.2], 2.0)))
    hum = str(write(tmp_path / "hum.wav", noise(2.0)))
    assert names(tap, hum, cue=HIT) == ["tap.wav"] and names(tap, hum, cue=SPAN) == ["hum.wav"]
    assert names(f"wood={tap}", cue=HIT) == [] and names(f"wood={tap}", cue=KNOCK) == ["tap.wav"]
    assert names(f"impact_wood={tap}", tap, cue=KNOCK) == ["tap.wav"]


def test_a_folder_is_named_by_its_folders(tmp_path: Path) -> None:
    own = str(small_library(tmp_path / "own"))
    assert names(own, cue=KNOCK) == ["table_1.wav", "table_2.wav"] and names(own, cue=SPAN) == ["roof.flac"]
    assert names(own, cue=HIT) == []
    assert len(names(f"glass={own}", cue=HIT)) == 2


def test_hits_and_textures_are_read_at_the_models_rate(tmp_path: Path) -> None:
    (one,) = open_likes([str(write(tmp_path / "tap.wav", taps([0.2, 0.9], 1.6, 44_100), 44_100))]).recordings
    waves = list(hits_of(one, 32_000))
    assert len(waves) == 2
    assert all(np.argmax(np.abs(wave) > np.abs(wave).max() / 4) < 0.002 * 32_000 for wave in waves)
    (two,) = open_likes([str(write(tmp_path / "hum.flac", noise(12.0)))]).recordings
    assert texture_of(two, 32_000).shape == (8 * 32_000,)


def test_what_cannot_be_imitated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--like .*none\.wav: No such file"):
        open_likes(["none.wav"])
    with pytest.raises(UsageError, match="--like: no sound called 'xyzzy'"):
        open_likes([f"xyzzy={write(tmp_path / 'a.wav', taps([0.1], 1.0))}"])
    with pytest.raises(InputError, match="silence"):
        open_likes([str(write(tmp_path / "b.wav", np.zeros(48_000, np.float32)))])


def test_the_hash_of_all_recordings_is_of_their_contents(tmp_path: Path) -> None:
    assert open_own(Generation()).sha256 == ""
    file = write(tmp_path / "a.wav", taps([0.1], 1.0))
    first = open_own(Generation(likes=(str(file),))).sha256
    write(file, taps([0.1], 1.0, seed=2))
    assert open_own(Generation(likes=(str(file),))).sha256 not in ("", first)
