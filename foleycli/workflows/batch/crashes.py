"""Which video ended the program: libraries of C can, and the next run must not begin with the same one for ever.

OUT/.foley-batch/crash.txt       what Python's fault handler wrote when the program was ended: the signal, the thread
OUT/.foley-batch/in_flight.json  the videos that were being read or performed, by thread; how often each was suspected
"""

from __future__ import annotations

import faulthandler
import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DUMP, STATE = "crash.txt", "in_flight.json"
MOST_SUSPICIONS = 2  # where the thread is not known: a video that is there twice is left out


@dataclass
class Crashes:
    """The record of one output folder; `guilty` says how the last run ended, by video."""

    folder: Path
    guilty: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._writing = threading.Lock()
        self._flying: dict[str, int] = {}
        self._suspected: dict[str, int] = {}
        self.guilty = self._found()
        if self.guilty or self._suspected:
            self._save()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Has the fault handler write to the record while the block runs."""
        before = faulthandler.is_enabled()
        self._save()
        with (self.folder / DUMP).open("w", encoding="utf-8") as dump:
            faulthandler.enable(dump)
            try:
                yield
            finally:
                faulthandler.disable()
                for name in (DUMP, STATE):  # a run that ends by itself was ended by no video
                    (self.folder / name).unlink(missing_ok=True)
                if before and sys.__stderr__ is not None:
                    with suppress(OSError, ValueError):  # a stream without a number, as tests have them
                        faulthandler.enable(sys.__stderr__)

    @contextmanager
    def flying(self, video: str) -> Iterator[None]:
        """Notes that this thread is at work on a video while the block runs."""
        with self._writing:
            self._flying[video] = threading.get_ident()
            self._save()
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
            flying, suspected = dict(state["flying"]), dict(state["suspected"])
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        fault = re.search(r"Fatal Python error: (.+)", dump)
        if fault is None:
            return {}
        thread = re.search(r"Current thread 0x([0-9a-f]+)", dump)
        guilty = [video for video, number in flying.items() if thread and number == int(thread[1], 16)]
        guilty = guilty or (list(flying) if len(flying) == 1 else [])
        if not guilty:
            self._suspected = {**suspected, **{video: suspected.get(video, 0) + 1 for video in flying}}
            guilty = [video for video in flying if self._suspected[video] >= MOST_SUSPICIONS]
        return dict.fromkeys(guilty, fault[1].strip())

    def _save(self) -> None:
        plain = {"flying": self._flying, "suspected": self._suspected}
        (self.folder / STATE).write_text(json.dumps(plain), encoding="utf-8")
