"""Records which video crashed the program (a fault in a C library), so that the next run leaves that video out.

OUT/.foley-batch/crash.txt       what Python's fault handler wrote at the crash: the signal and the thread
OUT/.foley-batch/in_flight.json  the videos that were being read or performed, by thread; which of them are suspected

If several videos were in work and the thread is not known, as after SIGKILL, all of them are suspected. The next child
does each of them alone, so that a second crash shows which one it was.
"""

from __future__ import annotations

import faulthandler
import json
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from foleycli.workflows.batch.supervisor import ENDED, tell_begun

DUMP, STATE = "crash.txt", "in_flight.json"
KILLED = "Killed, as the system does when memory runs out"


@dataclass
class Crashes:
    """The crash record of one output folder; `guilty` maps videos that crashed the last run to the fault."""

    folder: Path
    guilty: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._writing = threading.Lock()
        self._flying: dict[str, int] = {}
        self.suspected: list[str] = []
        self.guilty = self._found()
        if self.guilty or self.suspected:
            self._save()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While the block runs, Python's fault handler writes to the record."""
        before = faulthandler.is_enabled()
        self._save()
        with (self.folder / DUMP).open("w", encoding="utf-8") as dump:
            faulthandler.enable(dump)
            try:
                yield
            finally:
                faulthandler.disable()
                for name in (DUMP, STATE):  # this run did not crash
                    (self.folder / name).unlink(missing_ok=True)
                if before and sys.__stderr__ is not None:
                    with suppress(OSError, ValueError):  # a stream without a file number, as in tests
                        faulthandler.enable(sys.__stderr__)

    @contextmanager
    def flying(self, video: str) -> Iterator[None]:
        """Records that this thread works on a video while the block runs."""
        with self._writing:
            self._flying[video] = threading.get_ident()
            self._save()
        tell_begun(os.environ)
        try:
            yield
        finally:
            with self._writing:
                self._flying.pop(video, None)
                self._save()

    def _found(self) -> dict[str, str]:
        try:
            dump = (self.folder / DUMP).read_text(encoding="utf-8", errors="replace")
            state: Any = json.loads((self.folder / STATE).read_text(encoding="utf-8"))
            flying, self.suspected = dict(state["flying"]), list(state["suspected"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        found = re.search(r"Fatal Python error: (.+)", dump)
        fault = found[1].strip() if found else KILLED if os.environ.get(ENDED) == "SIGKILL" else ""
        if not fault:
            return {}
        thread = re.search(r"Current thread 0x([0-9a-f]+)", dump)
        guilty = [video for video, number in flying.items() if thread and number == int(thread[1], 16)]
        guilty = guilty or (list(flying) if len(flying) == 1 else [])
        if not guilty:
            self.suspected = sorted({*self.suspected, *flying})
        return dict.fromkeys(guilty, fault)

    def _save(self) -> None:
        plain = {"flying": self._flying, "suspected": self.suspected}
        (self.folder / STATE).write_text(json.dumps(plain), encoding="utf-8")
