"""Windows that several threads ask for, generated in common batches.

A thread that finds the model free runs what it asked for, together with what the other threads wait for.

thread a  ask ──> run a ────────────────────────> ask ──> ...
thread b      ask ── waits ──> run b c ─────────>
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
    """Calls `run`, one thread at a time, with up to `size` of what any thread has asked for, oldest first."""

    def __init__(self, run: Callable[[Sequence[Asked]], Sequence[Given]], size: int) -> None:
        self.run, self.size = run, size
        self._waiting: deque[tuple[Asked, Future[Given]]] = deque()
        self._free = Lock()

    def __call__(self, asked: Sequence[Asked]) -> list[Given]:
        """What `run` gives for these, in order; raises what it raises for one of them."""
        mine = [(one, Future[Given]()) for one in asked]
        self._waiting.extend(mine)
        while not all(future.done() for _, future in mine):
            with self._free:
                if not all(future.done() for _, future in mine):
                    self._run_some()
        return [future.result() for _, future in mine]

    def _run_some(self) -> None:
        self._settle([self._waiting.popleft() for _ in range(min(self.size, len(self._waiting)))])

    def _settle(self, batch: Sequence[tuple[Asked, Future[Given]]]) -> None:
        try:
            given = self.run([one for one, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
                return
            for each in batch:  # one of them fails; the others did not ask for it
                self._settle([each])
            return
        for (_, future), result in zip(batch, given, strict=True):
            future.set_result(result)
