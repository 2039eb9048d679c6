"""A folder as a library: names to sounds, contents, the index, files that can't be used."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from foleycli.errors import InputError
from foleycli.library import index
from foleycli.library.analysis import analyse
from foleycli.library.index import NAME, open_library
from foleycli.library.naming import group_of
from tests.library.recordings import noise, small_library, taps, write


@pytest.mark.parametrize(("rate", "suffix"), [(44_100, ".wav"), (96_000, ".flac"), (22_050, ".aiff"), (48_000, ".ogg")])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_attacks_are_found_to_2_ms_at_any_rate_and_with_any_channels(
    tmp_path: Path, rate: int, suffix: str, channels: int
) -> None:
    times = [0.0, 0.5003, 1.2, 2.0007]
    file = write(tmp_path / f"a{suffix}", np.stack([taps(times, 3.0, rate)] * channels), rate)
    content = analyse(file)
    assert (content.rate, content.samples) == (rate, 3 * rate)
    assert [hit.start / rate for hit in content.hits] == pytest.approx(times, abs=0.002)
    assert all(hit.stop > hit.start + 0.1 * rate for hit in content.hits)


def test_channels_that_cancel_each_other_are_not_mixed(tmp_path: Path) -> None:
    wave = taps([0.5], 1.0)
    content = analyse(write(tmp_path / "a.wav", np.stack([0.5 * wave, -wave])))
    assert content.channel == 1 and len(content.hits) == 1


def test_what_does_not_decay_is_no_hit_and_silence_at_the_ends_is_left_out(tmp_path: Path) -> None:
    wave = np.concatenate([np.zeros(24_000, np.float32), noise(3.0), np.zeros(48_000, np.float32)])
    content = analyse(write(tmp_path / "a.wav", wave))
    assert content.hits == ()
    assert content.body == pytest.approx((24_000, 24_000 + 3 * 48_000), abs=100)


def test_sounds_are_named_by_folders_files_and_a_manifest(tmp_path: Path) -> None:
    for file in ("Dog Barks/deep/1.wav", "door slam 03.wav", "x/1.wav", "x/2.wav"):
        write(tmp_path / file, taps([0.1], 0.6))
    (tmp_path / "manifest.csv").write_text("file,sound\nx/1.wav,gunshot\n")
    library = open_library(tmp_path)
    assert {one.file: one.sound for one in library.recordings} == {
        "Dog Barks/deep/1.wav": "animal_dog",
        "door slam 03.wav": "door_open_close",
        "x/1.wav": "explosion_gun",
    }
    assert library.warnings == (f"{tmp_path}: 1 recording without the name of a sound (x/2.wav); left out",)
    (tmp_path / "manifest.csv").write_text("file,sound\nx/1.wav,gunshto\n")
    with pytest.raises(InputError, match=r"manifest.csv line 2: no sound called 'gunshto'"):
        open_library(tmp_path)
    (tmp_path / "manifest.csv").write_text("name\nx/1.wav\n")
    with pytest.raises(InputError, match="needs the columns file and sound"):
        open_library(tmp_path)


def test_takes_of_one_thing_are_a_group() -> None:
    assert len({group_of(name) for name in ("a/step_wood_01.wav", "a/step_wood_02.wav", "a/step_wood_3_e2d1.ogg")}) == 1
    assert len({group_of(name) for name in ("a/step.wav", "b/step.wav", "a/knock.wav", "a/7.wav")}) == 4


def test_only_new_and_changed_files_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = small_library(tmp_path / "own")
    read: list[str] = []

    def counted(path: Path) -> object:
        read.append(path.name)
        return analyse(path)

    monkeypatch.setattr(index, "analyse", counted)
    first = open_library(folder)
    assert sorted(read) == ["roof.flac", "table_1.wav", "table_2.wav"] and (folder / NAME).is_file()
    read.clear()
    assert open_library(folder).sha256 == first.sha256 and read == []
    write(folder / "wood" / "table_2.wav", taps([0.3], 1.0, seed=9))
    os.utime(folder / "wood" / "table_2.wav", ns=(1, 1))
    changed = open_library(folder)
    assert read == ["table_2.wav"] and changed.sha256 != first.sha256
    (folder / NAME).write_text('{"format": 1, "files": {"rain/roof.flac": 3}}')
    assert open_library(folder).sha256 == changed.sha256


def test_a_folder_that_cannot_be_written_has_its_index_in_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small_library(tmp_path / "own")
    places = (tmp_path / "missing" / NAME, tmp_path / "cache" / "1.json")
    monkeypatch.setattr(index, "_places", lambda folder: places)
    first = open_library(folder)
    assert places[1].is_file() and not (folder / NAME).exists()
    assert open_library(folder).sha256 == first.sha256


def test_bad_files_are_left_out_with_one_warning(tmp_path: Path) -> None:
    folder = small_library(tmp_path / "own")
    (folder / "wood" / "broken.wav").write_bytes(b"RIFF nothing")
    write(folder / "wood" / "silent.wav", np.zeros(48_000, np.float32))
    (folder / "wood" / "._table_1.wav").write_bytes(b"what macOS leaves")
    library = open_library(folder)
    assert len(library.recordings) == 3
    (warning,) = library.warnings
    assert warning.startswith(f"{folder}: 2 recordings can't be read (wood/broken.wav: ")
    assert "wood/silent.wav: silence" in warning and warning.endswith("; left out")


def test_a_dangling_link_and_a_file_that_goes_meanwhile_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = small_library(tmp_path / "own")
    listed = index.find_files(folder)
    monkeypatch.setattr(index, "find_files", lambda folder: [*listed, "wood/gone.wav"])
    for _ in range(2):  # without an index, and with one
        library = open_library(folder)
        assert len(library.recordings) == 3
        assert library.warnings == (
            f"{folder}: 1 recording can't be read (wood/gone.wav: No such file or directory); left out",
        )
    monkeypatch.undo()
    (folder / "wood" / "link.wav").symlink_to(tmp_path / "nowhere.wav")
    assert "wood/link.wav: No such file" in open_library(folder).warnings[0]


def test_a_library_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        open_library(tmp_path / "none")
    with pytest.raises(InputError, match="no recordings in it"):
        open_library(tmp_path)
    write(tmp_path / "x" / "1.wav", np.zeros(48_000, np.float32))
    with pytest.raises(InputError, match="nothing in it can be played"):
        open_library(tmp_path)
    with pytest.raises(InputError, match="not a folder"):
        open_library(tmp_path / "x" / "1.wav")
