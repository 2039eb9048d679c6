"""The table of what is kept in which kind of file is what is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleycli.video.ffmpeg import chosen_ffmpeg
from tests.video.kept import table

DOC = Path(__file__).parents[2] / "docs" / "reliability.md"


@pytest.mark.skipif(chosen_ffmpeg().source != "bundled", reason="the table is of the ffmpeg that comes with foley")
def test_the_table_in_the_docs_is_what_is_measured() -> None:
    assert table() in DOC.read_text(encoding="utf-8"), "write it anew: python -m tests.video.kept"
