"""The runner over functions with known answers: order, overlap, failures, interruption."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from foleycli.errors import InputError
from foleycli.types import Progress
from foleycli.workflows.batch import events, runner
from foleycli.workflows.batch.events import Event, Failed
from foleycli.workflows.batch.job import DubJob, Notes
from foleycli.workflows.batch.journal import Journal
from foleycli.workflows.batch.runner import Batch


@pytest.fixture
def jobs(tmp_path: Path) -> tuple[DubJob, ...]:
    for name in "abcde":
        (tmp_path / f"{name}.mp4").write_text(name)
    return tuple(DubJob(tmp_path / f"{name}.mp4", tmp_path / "out" / f"{name}.foley.mp4") for name in "abcde")


def watch(source: Path, progress: Progress) -> tuple[str, Progress]:
    progress("watch", 1, 1)
    return source.read_text(), progress


def deliver(seen: tuple[str, Progress], draft: Path) -> Notes:
    draft.write_text(seen[0].upper())
    seen[1]("perform", 1, 1)
    return Notes(windows=1)


@dataclass(frozen=True)
class Functions:
    """An executor of two functions: one reads a video, one writes its draft."""

    watch: Callable[[Path, Progress], tuple[str, Progress]]
    deliver: Callable[[tuple[str, Progress], Path], Notes]
    workers: int = 1

    def prepare(self, job: DubJob, progress: Progress) -> tuple[str, Progress]:
        return self.watch(job.source, progress)

    def perform(self, job: DubJob, prepared: tuple[str, Progress], drafts: Path) -> Notes:
        return self.deliver(prepared, drafts / job.target.name)


def run(
    jobs: Sequence[DubJob],
    watch: Callable[[Path, Progress], tuple[str, Progress]] = watch,
    deliver: Callable[[tuple[str, Progress], Path], Notes] = deliver,
    *,
    tell: Callable[[Event], object] = lambda event: None,
    workers: int = 1,
    overwrite: bool = False,
) -> tuple[Failed, ...]:
    with Journal(jobs[0].target.parent, "settings") as journal:
        batch = Batch(journal, Functions(watch, deliver, workers), overwrite=overwrite)
        return batch.run(journal.waiting(jobs), lambda event: void(tell(event)))


def void(_: object) -> None:
    return None


def written(jobs: Sequence[DubJob]) -> list[str]:
    return [job.target.read_text() if job.target.exists() else "" for job in jobs]


@pytest.mark.parametrize("workers", [1, 3])
def test_every_video_is_done_once_and_told_in_order(jobs: tuple[DubJob, ...], workers: int) -> None:
    told: list[Event] = []
    assert run(jobs, tell=told.append, workers=workers) == ()
    assert written(jobs) == list("ABCDE")
    for job in jobs:
        kinds = [type(event) for event in told if event.job == job]
        assert kinds == [events.Started, events.Advanced, events.Advanced, events.Done]
    again: list[Event] = []
    assert run(jobs, tell=again.append) == ()
    assert again == []


def test_the_next_is_watched_while_one_is_performed(jobs: tuple[DubJob, ...]) -> None:
    watched = threading.Event()

    def look(source: Path, progress: Progress) -> tuple[str, Progress]:
        if source.stem == "b":
            watched.set()
        return watch(source, progress)

    def perform(seen: tuple[str, Progress], draft: Path) -> Notes:
        if seen[0] == "a":
            assert watched.wait(5), "b was not watched while a was performed"
        return deliver(seen, draft)

    assert run(jobs, look, perform) == ()


def test_what_is_watched_ahead_is_bounded(jobs: tuple[DubJob, ...]) -> None:
    ahead: list[str] = []

    def look(source: Path, progress: Progress) -> tuple[str, Progress]:
        ahead.append(source.stem)
        return watch(source, progress)

    def perform(seen: tuple[str, Progress], draft: Path) -> Notes:
        time.sleep(0.02)
        assert ord(ahead[-1]) - ord(seen[0]) <= 1
        return deliver(seen, draft)

    assert run(jobs, look, perform) == ()


def test_a_bad_video_stops_no_other(jobs: tuple[DubJob, ...]) -> None:
    def look(source: Path, progress: Progress) -> tuple[str, Progress]:
        if source.stem == "b":
            raise InputError("b is no video; try another")
        return watch(source, progress)

    def perform(seen: tuple[str, Progress], draft: Path) -> Notes:
        if seen[0] == "d":
            draft.write_text("half")
            raise ZeroDivisionError("a bug")
        return deliver(seen, draft)

    failures = run(jobs, look, perform)
    assert written(jobs) == ["A", "", "C", "", "E"]
    assert [(one.job.source.stem, one.kind) for one in failures] == [("b", "input"), ("d", "unexpected")]
    assert failures[0].reason == f"{jobs[1].source}: b is no video; try another"  # said whose it is
    assert failures[1].reason == f"{jobs[3].source}: ZeroDivisionError: a bug"
    assert run(jobs) == ()
    assert written(jobs) == list("ABCDE")


def test_a_file_in_the_way_is_kept_unless_it_may_be_replaced(jobs: tuple[DubJob, ...]) -> None:
    jobs[0].target.parent.mkdir()
    jobs[0].target.write_text("mine")
    (failed,) = run(jobs)
    assert failed.kind == "output"
    assert "--overwrite" in failed.reason
    assert written(jobs) == ["mine", *"BCDE"]
    assert run(jobs, overwrite=True) == ()
    assert written(jobs) == list("ABCDE")


def test_a_full_disk_fails_each_video_and_leaves_nothing(
    jobs: tuple[DubJob, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(seen: tuple[str, Progress], draft: Path) -> Notes:
        draft.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    failures = run(jobs, deliver=full)
    assert len(failures) == 5
    assert all(one.kind == "output" and "free some space" in one.reason for one in failures)
    monkeypatch.setattr(runner, "SPARE_BYTES", 2**80)
    failures = run(jobs)
    assert all(one.kind == "output" and "needed; free some space" in one.reason for one in failures)
    assert written(jobs) == [""] * 5


def test_an_interrupt_unwinds_within_a_window_and_the_next_run_goes_on(jobs: tuple[DubJob, ...]) -> None:
    def slow(seen: tuple[str, Progress], draft: Path) -> Notes:
        for window in range(1000 if seen[0] == "c" else 1):
            time.sleep(0.01)
            seen[1]("perform", window, 1000)
        return deliver(seen, draft)

    def interrupt(event: Event) -> None:
        if isinstance(event, events.Advanced) and event.job == jobs[2] and event.done == 3:
            raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(jobs, deliver=slow, tell=interrupt)
    assert time.monotonic() - started < 5
    assert written(jobs) == ["A", "B", "", "", ""]
    assert not list(jobs[0].target.parent.rglob("*.part*"))
    told: list[Event] = []
    run(jobs, tell=told.append)
    assert {event.job for event in told} == set(jobs[2:])


def both(seen: tuple[str, Progress], draft: Path) -> Notes:
    draft.with_name("a.wav").write_text(f"stem of {draft.name}")
    return deliver(seen, draft)


def unread(source: Path, progress: Progress) -> tuple[str, Progress]:
    raise InputError(f"{source} is no video; try another")


@pytest.fixture
def job(jobs: tuple[DubJob, ...], tmp_path: Path) -> DubJob:
    """One video with a stem beside its result, in a folder that is to be made."""
    return DubJob(jobs[0].source, jobs[0].target, beside=(tmp_path / "stems" / "a.wav",))


def test_a_disk_that_is_full_when_the_target_is_put_takes_the_stem_away_and_blocks_no_retry(
    job: DubJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(draft: Path, path: Path) -> None:
        if path == job.target:
            raise OSError(errno.ENOSPC, "No space left on device", str(draft))
        real(draft, path)

    real = os.replace
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        (failed,) = run([job], deliver=both)
    assert failed.reason == f"{job.target}: No space left on device; free some space, then run this again"
    assert not job.beside[0].exists() and not job.target.exists()
    assert run([job], deliver=both) == ()


def test_a_stem_that_was_edited_is_kept_unless_it_may_be_replaced(job: DubJob) -> None:
    assert run([job], deliver=both) == ()
    job.target.unlink()
    assert run([job], deliver=both) == ()  # nobody touched the stem: it is made again
    job.target.unlink()
    job.beside[0].write_text("edited")
    (failed,) = run([job], deliver=both)
    assert f"{job.beside[0]} exists; use --overwrite" in failed.reason
    assert job.beside[0].read_text() == "edited"
    assert run([job], deliver=both, overwrite=True) == ()
    assert job.beside[0].read_text() == "stem of a.foley.mp4"


def test_a_stem_on_another_disk_is_known_again(job: DubJob, monkeypatch: pytest.MonkeyPatch) -> None:
    def far(draft: Path, path: Path) -> None:
        if draft.parent != path.parent and path == job.beside[0]:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(draft, path)

    real = os.replace
    monkeypatch.setattr(os, "replace", far)
    for _ in range(2):
        assert run([job], deliver=both) == ()
        job.target.unlink()
    assert job.beside[0].read_text() == "stem of a.foley.mp4"


def test_a_folder_that_can_not_be_made_is_named(job: DubJob) -> None:
    job.beside[0].parent.write_text("a file")
    inner = DubJob(job.source, job.target, beside=(job.beside[0].parent / "day" / "a.wav",))
    (failed,) = run([inner], deliver=both)
    assert failed.reason.startswith(f"{job.source}: {inner.beside[0].parent}: Not a directory; ")


def test_what_lies_beside_is_there_before_the_target_and_a_kill_between_them_is_mended(
    job: DubJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(draft: Path, path: Path) -> None:
        if path == job.target:
            raise KeyboardInterrupt
        os.replace(draft, path)

    job.beside[0].parent.mkdir()
    job.beside[0].write_text("mine")
    (failed,) = run([job], deliver=both)
    assert f"{job.beside[0]} exists; use --overwrite" in failed.reason and not job.target.exists()
    job.beside[0].unlink()
    with monkeypatch.context() as patched:
        patched.setattr(runner, "_put", killed)
        with Journal(job.target.parent, "settings") as journal, suppress(KeyboardInterrupt):
            Batch(journal, Functions(watch, both))._delivered(job, 0, watch(job.source, lambda *_: None))
    assert job.beside[0].exists() and not job.target.exists()
    assert run([job], watch=unread) and job.beside[0].exists()  # a failure between the kill and the retry
    assert run([job], deliver=both) == ()
    assert (job.target.read_text(), job.beside[0].read_text()) == ("A", "stem of a.foley.mp4")
    told: list[Event] = []
    assert run([job], deliver=both, tell=told.append) == () and not told
