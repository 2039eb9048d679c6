"""Files are whole or not there, through links, and when the disk says no."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.atomic import atomic_file, scratch_folder
from foleycli.audio.files import AudioWriter
from foleycli.errors import OutputError


def test_a_link_stays_and_what_it_points_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    for name, there in (("old.wav", True), ("new.wav", False)):
        real, link = tmp_path / "far" / name, tmp_path / name
        if there:
            real.write_text("old")
        link.symlink_to(real)
        with atomic_file(link, overwrite=there) as draft:
            assert draft.parent == real.parent
            draft.write_text("new")
        assert link.is_symlink() and real.read_text() == "new"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["far", "new.wav", "new.wav", "old.wav", "old.wav"]


def test_what_goes_wrong_is_said_of_the_file_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out.wav"
    with pytest.raises(OutputError) as caught, atomic_file(target) as draft, AudioWriter(draft, 48000) as writer:
        full = soundfile.SoundFile("/dev/full", "w", 48000, 1, format="RAW", subtype="PCM_24")
        monkeypatch.setattr(writer, "_file", full)
        writer.write(np.zeros(1 << 20, np.float32))
    assert str(caught.value).startswith(f"{target}: can't be written") and "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal
from foleycli.atomic import atomic_file, scratch_folder
with atomic_file("a.mp4") as draft, scratch_folder() as folder:
    draft.write_text("half"); open(folder + "/track.wav", "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_goes_with_the_next_and_what_is_held_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, env=environment, check=False)
    assert len(list(tmp_path.glob(".foley-*.part.mp4"))) == len(list(temporary.glob("foley-*"))) == 1
    (tmp_path / ".foley-mine").write_text("no process is named")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with atomic_file(tmp_path / "b.mp4") as held, scratch_folder() as folder:
        assert {path.name for path in tmp_path.glob(".foley-*")} == {held.name, ".foley-mine"}
        assert [str(path) for path in temporary.iterdir()] == [folder]
        # The number of a process of another machine says nothing here, but the file is held.
        foreign = held.with_name(".foley-999999999-x.part.mp4")
        os.rename(held, foreign)
        with atomic_file(tmp_path / "c.mp4"):
            assert foreign.exists()
        os.rename(foreign, held)
