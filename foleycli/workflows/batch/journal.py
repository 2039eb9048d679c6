"""The journal of a batch: each result is recorded on disk, so that a killed run continues where it was.

One JSON object per line in OUT/.foley-batch/journal.jsonl, appended and fsynced, never rewritten:
    {"output": "a.foley.mp4", "input": "/v/a.mp4", "stamp": [...], "settings": "9c", "state": "begun", "before": null,
     "notes": {"warnings": [], "windows": 2, "cues": [{"time": 0.52, ...}]},
     "beside": {"/stems/a.impacts.wav": [[bytes, nanoseconds], ...]}}
    {"output": "a.foley.mp4", ..., "state": "done"}
    {"output": "b.foley.mp4", ..., "state": "failed", "reason": "/v/b.mp4 is empty ..."}
"before" is the stamp of the file that was at the target. If a kill comes between the rename of an output and its
"done", the changed stamp shows that the output is complete.
"beside" lists the stems and the plot of an output, if it has any, with the stamp of each file that this run, or a run
before it, put there. A file with another stamp was changed by the user and is replaced only with --overwrite. An entry
"failed" keeps "beside". In older journals "beside" is a list of names without stamps; those files count as the user's.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from foleycli.cues.sheet import Cue
from foleycli.errors import OutputError
from foleycli.workflows.batch.crashes import Crashes
from foleycli.workflows.batch.job import DubJob, Notes
from foleycli.workflows.recordings import Heard

FOLDER, NAME = ".foley-batch", "journal.jsonl"
LOCK_SECONDS = 1.0
CRASHED = "{source}: ended the program ({fault}), so it is left out; --overwrite tries it again"
Stamp = list[int] | None  # JSON has no tuples


def stamp(path: Path) -> Stamp:
    """Inode, bytes and time of the last change (ns), which a replaced file changes; None without a file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_ino, found.st_size, found.st_mtime_ns]


def _identity(path: Path) -> Stamp:
    """The stamp without the inode, which a copy of the file keeps."""
    found = stamp(path)
    return found and found[1:]


class Journal:
    """The journal of one output folder, locked so that one batch at a time writes there."""

    def __init__(self, out_dir: Path, settings: str) -> None:
        """`settings` is a hash of all that decides how an output sounds; with another hash an output is made again."""
        self.out_dir, self.settings = out_dir, settings
        self.work = out_dir / FOLDER / "work"  # drafts; a new run deletes what a killed one left
        self._writing = threading.Lock()
        path = out_dir / FOLDER / NAME
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b", buffering=0)
            _lock(self._file.fileno(), out_dir)
            shutil.rmtree(self.work, ignore_errors=True)
            self.work.mkdir()
            self._last = self._read()
            self.crashes = Crashes(path.parent)
        except OSError as error:
            raise OutputError(f"{out_dir}: {error.strerror}; choose a folder that can be written") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        self._file.close()

    def waiting(self, jobs: Iterable[DubJob]) -> tuple[DubJob, ...]:
        """The jobs that are not done; a complete output whose "done" is missing after a kill is recorded as done."""
        left = []
        for job in jobs:
            last = self._last.get(_key(job, self.out_dir), {})
            if _is_moved(job, last, self.settings):
                self.done(job)
            if not _is_done(job, last, self.settings):
                left.append(job)
        return tuple(left)

    def begun(self, job: DubJob, notes: Notes, drafts: Sequence[Path] = ()) -> None:
        """Records that a job's files are about to be moved; `drafts` become `job.beside`, in that order."""
        beside = {}
        for draft, path in zip(drafts, job.beside, strict=True):
            left = [_identity(path)] if self.ours(job, path) else []  # still there if a kill comes before the move
            beside[os.path.abspath(path)] = [_identity(draft), *left]
        more = {"beside": beside} if beside else {}
        self._append(job, state="begun", before=stamp(job.target), notes=asdict(notes), **more)

    def done(self, job: DubJob) -> None:
        self._append(job, state="done")

    def failed(self, job: DubJob, reason: str) -> None:
        self._append(job, state="failed", reason=reason)

    def crashed(self, job: DubJob) -> str | None:
        """Why a job is left out: the same file with the same settings ended the program before; None if it did not."""
        key = _key(job, self.out_dir)
        if fault := self.crashes.guilty.get(key):
            self._append(job, state="failed", reason=CRASHED.format(source=job.source, fault=fault), crash=True)
        last = self._last.get(key, {})
        same = all(last.get(name) == value for name, value in _facts(job, self.settings).items())
        return str(last.get("reason")) if same and last.get("crash") else None

    def key(self, job: DubJob) -> str:
        """The job's name in the journal: the path of its target from the output folder."""
        return _key(job, self.out_dir)

    def ours(self, job: DubJob, path: Path) -> bool:
        """Whether an earlier run wrote `path`, which lies beside the job's target, and nobody changed it since."""
        made: Any = self._last.get(_key(job, self.out_dir), {}).get("beside")
        found = _identity(path)
        return found is not None and isinstance(made, dict) and found in made.get(os.path.abspath(path), ())

    def made_otherwise(self, job: DubJob) -> bool:
        """Whether an earlier run made the target of the job, with other settings."""
        last = self._last.get(_key(job, self.out_dir), {})
        return bool(last.get("state") == "done" and last.get("settings") != self.settings)

    def notes(self, job: DubJob) -> Notes | None:
        """The notes of a job that is done; None if the journal is of an older version, without notes."""
        plain: Any = self._last.get(_key(job, self.out_dir), {}).get("notes")
        try:
            return Notes(
                tuple(plain["warnings"]),
                plain["windows"],
                tuple(Cue(**cue) for cue in plain["cues"]),
                recordings=tuple(Heard(**one) for one in plain.get("recordings", ())),  # not in older journals
            )
        except (KeyError, TypeError):
            return None

    def _append(self, job: DubJob, **more: Any) -> None:
        entry = {"output": _key(job, self.out_dir), **_facts(job, self.settings), **more}
        line = json.dumps(entry).encode() + b"\n"
        with self._writing:
            _keep(self._last, entry)
            try:
                self._file.write(line)
                os.fsync(self._file.fileno())
            except OSError as error:
                raise OutputError(f"{self.out_dir}: {error.strerror}; make room there, then run this again") from error

    def _read(self) -> dict[str, dict[str, Any]]:
        """The last entry of each output; a line that a kill or a full disk cut short is ended and ignored."""
        self._file.seek(0)
        text = self._file.read()
        if text and not text.endswith(b"\n"):
            self._file.write(b"\n")
        return _entries(text)


def done_before(out_dir: Path, settings: str, jobs: Iterable[DubJob]) -> frozenset[DubJob]:
    """The jobs that a run with these settings would find done; changes nothing on disk."""
    try:
        entries = _entries((out_dir / FOLDER / NAME).read_bytes())
    except OSError:
        return frozenset()
    return frozenset(job for job in jobs if _is_done(job, entries.get(_key(job, out_dir), {}), settings))


def _is_same(job: DubJob, last: dict[str, Any], settings: str) -> bool:
    return all(last.get(key) == value for key, value in _facts(job, settings).items()) and job.target.exists()


def _is_moved(job: DubJob, last: dict[str, Any], settings: str) -> bool:
    """Whether the output is complete though a kill came before its "done"."""
    moved = last.get("state") == "begun" and stamp(job.target) != last.get("before")
    return moved and _is_same(job, last, settings)


def _is_done(job: DubJob, last: dict[str, Any], settings: str) -> bool:
    done = last.get("state") == "done" and _is_same(job, last, settings)
    return (done or _is_moved(job, last, settings)) and all(path.exists() for path in job.beside)


def _key(job: DubJob, out_dir: Path) -> str:
    return os.path.relpath(job.target, out_dir)


def _facts(job: DubJob, settings: str) -> dict[str, Any]:
    return {
        "input": os.path.abspath(job.source),
        "stamp": _identity(job.source),
        "settings": settings,
    }


def _entries(text: bytes) -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for line in text.split(b"\n"):
        try:
            entry = json.loads(line)
            if entry["state"] in ("begun", "done", "failed"):
                _keep(entries, entry)
        except (ValueError, KeyError, TypeError):
            continue
    return entries


def _keep(entries: dict[str, dict[str, Any]], entry: dict[str, Any]) -> None:
    """Makes `entry` the last of its output. "done" keeps the facts of "begun"; "failed" keeps "beside".

    A run that was killed before the failure may have left the files of "beside" there.
    """
    key = str(entry["output"])
    before = entries.get(key, {})
    if entry["state"] == "failed" and before.get("state") == "done":
        return  # the failed run had other settings and left the finished output as it was
    kept = {"begun": (), "failed": ("beside",), "done": tuple(before)}[entry["state"]]
    entries[key] = {**{name: before[name] for name in kept if name in before}, **entry}


def _lock(handle: int, out_dir: Path) -> None:
    try:
        import fcntl
    except ImportError:  # Windows has no flock: there two batches into one folder are not prevented
        return
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system releases it when the process ends
            return
        except BlockingIOError:
            if time.monotonic() > until:
                wait = "wait for it, or use another --out-dir"
                raise OutputError(f"{out_dir}: another batch is at work there; {wait}") from None
            time.sleep(0.05)  # a batch that was killed may need a moment to end
