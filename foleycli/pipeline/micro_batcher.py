"""Windows that several threads ask for, performed together: whoever finds the model free takes along those that wait.

thread a  ask ──> perform a ────────────────────> ask ──> ...
thread b      ask ── waits ──> perform b c ─────>
thread c        ask ─ waits ─────────────────────> has its own already
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Given = TypeVar("Given")


class MicroBatcher(Generic[Asked, Given]):
    """Calls `perform`, one thread at a time, with up to `size` of what any thread has asked for, oldest first."""

    def __init__(self, perform: Callable[[Sequence[Asked]], Sequence[Given]], size: int) -> None:
        self.perform, self.size = perform, size
        self._waiting: deque[tuple[Asked, Future[Given]]] = deque()
        self._free = Lock()

    def __call__(self, asked: Sequence[Asked]) -> list[Given]:
        """What `perform` gives for these, in order; raises what it raises for one of them."""
        mine = [(one, Future[Given]()) for one in asked]
        self._waiting.extend(mine)
        while not all(future.done() for _, future in mine):
            with self._free:
                if not all(future.done() for _, future in mine):
                    self._perform_some()
        return [future.result() for _, future in mine]

    def _perform_some(self) -> None:
        self._settle([self._waiting.popleft() for _ in range(min(self.size, len(self._waiting)))])

    def _settle(self, batch: Sequence[tuple[Asked, Future[Given]]]) -> None:
        try:
            given = self.perform([one for one, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for each in batch:  # whoever is at fault, the others did not ask for it
                self._settle([each])
            return
        for (_, future), result in zip(batch, given, strict=True):
            future.set_result(result)
