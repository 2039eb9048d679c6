"""Files are whole or not there, through links, and when the disk says no."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleycli.atomic import atomic_file
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
