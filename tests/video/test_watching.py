"""Chunks of a film, read ahead in a thread: the same pictures, and nothing left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from foleycli.errors import InputError
from foleycli.video import watching
from foleycli.video.frames import FrameReader
from foleycli.video.probe import probe
from foleycli.video.watching import Chunk, View, begun, read_chunks, watched
from tests.video.clips import make_clip


@pytest.fixture
def view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> View:
    monkeypatch.setattr(watching, "CHUNK_SECONDS", Fraction(12, 25))
    monkeypatch.setattr(watching, "HALO_SECONDS", Fraction(5, 25))
    info = probe(make_clip(tmp_path / "clip.mp4", [Fraction(k, 30) for k in range(45)]))
    return View(info, Fraction(1, 10), info.duration)


def threads() -> int:
    return sum(thread.is_alive() and thread.name.startswith("Thread-") for thread in threading.enumerate())


def settled(before: int) -> bool:
    deadline = time.monotonic() + 10
    while threads() > before and time.monotonic() < deadline:
        time.sleep(0.02)
    return threads() <= before


def test_chunks_cover_the_part_once_with_the_pictures_that_are_shown(view: View) -> None:
    with watched(view) as chunks:
        got = list(chunks)
    assert len(got) >= 2 and got[0].start == view.start and got[-1].stop == view.stop
    assert all(one.stop == other.start for one, other in pairwise(got))
    whole = np.concatenate([chunk.frames[chunk.first : chunk.first + chunk.count] for chunk in got])
    with FrameReader(view.info, 25, (64, 64), grey=True) as reader:
        assert np.array_equal(whole, reader.read(view.start, view.stop)[: len(whole)])


def test_what_was_begun_is_gone_on_with_once(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[View] = []

    def counted(one: View) -> Iterator[Chunk]:
        reads.append(one)
        yield from read_chunks(one)

    monkeypatch.setattr(watching, "read_chunks", counted)
    with begun(view):
        for expected in (1, 2):
            with watched(view) as chunks:
                assert sum(chunk.count for chunk in chunks) > 0
            assert len(reads) == expected
        with watched(replace(view, start=Fraction(0))) as chunks:
            next(chunks)
        assert len(reads) == 3
    assert not watching._begun


@pytest.mark.parametrize("used", [False, True])
def test_a_film_that_is_given_up_is_let_go(view: View, used: bool) -> None:
    before = threads()
    with pytest.raises(KeyError), begun(view):
        if used:
            with watched(view) as chunks:
                next(chunks)
                raise KeyError
        raise KeyError
    assert settled(before)
    assert not watching._begun


def test_an_error_in_the_thread_is_raised_where_the_chunks_are_read(view: View) -> None:
    view.info.path.write_bytes(b"no video any more")
    with pytest.raises(InputError), watched(view) as chunks:
        list(chunks)
