"""What a journal remembers, and what it forgets rightly."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from foleycli.cues.sheet import Cue
from foleycli.errors import OutputError
from foleycli.workflows.batch.job import DubJob, Notes
from foleycli.workflows.batch.journal import FOLDER, Journal
from foleycli.workflows.recordings import Heard

CUES = (Cue(0.5, sound="clap"), Cue(1.0, stop=2.5))
NOTES = Notes(("a stream was dropped",), 2, CUES, (Heard("a/b.wav", "clap", "hit", 3),))


@pytest.fixture
def job(tmp_path: Path) -> DubJob:
    (tmp_path / "a.mp4").write_bytes(b"video")
    (tmp_path / "out").mkdir()
    return DubJob(tmp_path / "a.mp4", tmp_path / "out" / "a.foley.mp4")


def journal(job: DubJob, settings: str = "one") -> Journal:
    return Journal(job.target.parent, settings)


def finish(job: DubJob) -> None:
    with journal(job) as book:
        book.begun(job, NOTES)
        job.target.write_bytes(b"dubbed")
        book.done(job)


def is_done(job: DubJob, settings: str = "one") -> bool:
    with journal(job, settings) as book:
        return book.waiting([job]) == ()


def test_done_is_done_for_these_settings_this_video_and_while_the_output_is_there(job: DubJob) -> None:
    assert not is_done(job)
    finish(job)
    assert is_done(job)
    assert not is_done(job, "others")
    content = job.target.read_bytes()
    job.target.unlink()
    assert not is_done(job)
    job.target.write_bytes(content)
    assert is_done(job)
    job.source.write_bytes(b"another cut")
    assert not is_done(job)


def test_a_failure_with_other_settings_undoes_nothing(job: DubJob) -> None:
    finish(job)
    with journal(job, "others") as book:
        assert book.waiting([job]) == (job,)
        book.failed(job, "exists; use --overwrite")
        assert book.waiting([job]) == (job,)
    assert is_done(job) and not is_done(job, "others")


def test_a_failure_is_tried_again(job: DubJob) -> None:
    with journal(job) as book:
        book.failed(job, "no reason")
    assert not is_done(job)


def test_a_kill_between_the_output_and_its_line_loses_nothing(job: DubJob) -> None:
    with journal(job) as book:
        book.begun(job, NOTES)
    assert not is_done(job)
    job.target.write_bytes(b"dubbed")
    assert is_done(job)


def test_what_was_noted_of_a_dub_is_there_in_the_next_run(job: DubJob) -> None:
    finish(job)
    with journal(job) as book:
        assert book.notes(job) == NOTES
    path = job.target.parent / FOLDER / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"notes"', b'"nothing"'))  # as written before there were notes
    with journal(job) as book:
        assert book.waiting([job]) == ()
        assert book.notes(job) is None


def test_an_output_from_before_is_not_taken_for_the_new_one(job: DubJob) -> None:
    job.target.write_bytes(b"old")
    with journal(job) as book:
        book.begun(job, NOTES)
    assert not is_done(job)
    fresh = job.target.with_name("fresh")
    fresh.write_bytes(b"new")
    os.replace(fresh, job.target)
    assert is_done(job)


@pytest.fixture
def stemmed(job: DubJob, tmp_path: Path) -> DubJob:
    return DubJob(job.source, job.target, beside=(tmp_path / "a.wav",))


def lay(job: DubJob, text: str, *, put: bool = True) -> None:
    """A run that is killed before it puts its stem, or just after."""
    draft = job.target.with_name("draft")
    draft.write_text(text)
    with journal(job) as book:
        book.begun(job, NOTES, [draft])
        if put:
            os.replace(draft, job.beside[0])


def is_ours(job: DubJob) -> bool:
    with journal(job) as book:
        return book.ours(job, job.beside[0])


def test_a_stem_is_ours_after_kills_and_failures_until_somebody_changes_it(stemmed: DubJob) -> None:
    lay(stemmed, "first")
    lay(stemmed, "the second try", put=False)
    assert is_ours(stemmed)
    with journal(stemmed) as book:
        book.failed(stemmed, "no reason")
        assert book.ours(stemmed, stemmed.beside[0])
    assert is_ours(stemmed)
    lay(stemmed, "a third")
    assert is_ours(stemmed)
    stemmed.beside[0].write_text("mine")
    assert not is_ours(stemmed)
    lay(stemmed, "with --overwrite, killed before it", put=False)
    assert not is_ours(stemmed)
    stemmed.beside[0].unlink()
    assert not is_ours(stemmed)


def test_a_stem_of_a_journal_that_kept_names_alone_is_nobodys(stemmed: DubJob) -> None:
    lay(stemmed, "old")
    path = stemmed.target.parent / FOLDER / "journal.jsonl"
    entry = json.loads(path.read_text())
    path.write_text(json.dumps({**entry, "beside": list(entry["beside"])}) + "\n")
    assert not is_ours(stemmed)


@pytest.mark.parametrize("torn", [b'{"output": "a.fol', b"\xff\x00", b"[]\n", b"null\n", b'{"state": "done"}\n'])
def test_a_torn_last_line_counts_for_nothing_and_spoils_nothing(job: DubJob, torn: bytes) -> None:
    finish(job)
    path = job.target.parent / FOLDER / "journal.jsonl"
    with path.open("ab") as file:
        file.write(torn)
    assert is_done(job)
    with journal(job) as book:
        book.done(job)
    assert is_done(job)


def test_every_cut_of_the_journal_can_be_read(job: DubJob) -> None:
    finish(job)
    path = job.target.parent / FOLDER / "journal.jsonl"
    text = path.read_bytes()
    for length in range(1, len(text), 29):
        path.write_bytes(text[:length])
        with journal(job) as book:
            book.waiting([job])


def test_one_batch_at_a_time(job: DubJob) -> None:
    with journal(job), pytest.raises(OutputError, match="another batch"):
        journal(job)
    assert not is_done(job)


def test_drafts_left_by_a_kill_are_swept(job: DubJob) -> None:
    left = job.target.parent / FOLDER / "work"
    left.mkdir(parents=True)
    (left / "0.mp4").write_bytes(b"half")
    with journal(job):
        assert not any(left.iterdir())
    assert not left.exists()
