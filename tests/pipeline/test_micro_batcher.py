"""Threads that ask at once are served together, each with its own, and one's fault is not the others'."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from foleycli.pipeline.micro_batcher import MicroBatcher


def test_who_waits_is_taken_along_and_everyone_gets_the_own() -> None:
    batches: list[list[int]] = []
    first, all_wait = threading.Event(), threading.Event()

    def square(asked: Sequence[int]) -> list[int]:
        batches.append(list(asked))
        if not first.is_set():
            first.set()
            assert all_wait.wait(5)
        return [one**2 for one in asked]

    batcher = MicroBatcher(square, 4)
    with ThreadPoolExecutor(7) as pool:
        alone = pool.submit(batcher, [0])
        assert first.wait(5)
        others = [pool.submit(batcher, [2 * k, 2 * k + 1]) for k in range(1, 7)]
        while len(batcher._waiting) < 12:
            pass
        all_wait.set()
        assert alone.result() == [0]
        assert [other.result() for other in others] == [[(2 * k) ** 2, (2 * k + 1) ** 2] for k in range(1, 7)]
    assert [len(batch) for batch in batches] == [1, 4, 4, 4]


def test_a_fault_is_told_to_the_one_whose_it_is() -> None:
    def inverse(asked: Sequence[int]) -> list[float]:
        return [1 / one for one in asked]

    batcher = MicroBatcher(inverse, 3)
    with pytest.raises(ZeroDivisionError):
        batcher([1, 0, 2])
    gate = threading.Barrier(2)

    def ask(one: int) -> list[float]:
        gate.wait(5)
        return batcher([one])

    with ThreadPoolExecutor(2) as pool:
        bad, good = pool.submit(ask, 0), pool.submit(ask, 4)
        assert good.result() == [0.25]
        assert isinstance(bad.exception(), ZeroDivisionError)
