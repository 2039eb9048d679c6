"""A function of tensors that is recorded once and then replayed: on a card a CUDA graph, one launch for all its work.

    inputs --copy--> fixed buffers --replay--> fixed output --copy--> result

Recording is the seam: `cuda_graph` makes a graph of the work, `rerun` does the work again. Both keep one contract, so
the tests hold everything but the graph itself on a CPU.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock

import torch
from torch import Tensor

Work = Callable[[], Tensor]
# Does the work once; gives what does it again on the same buffers, and the tensor it always writes to.
Record = Callable[[Work], tuple[Callable[[], None], Tensor]]
MOST_RECORDINGS = 8  # each keeps its buffers and its intermediate results


def cuda_graph(work: Work) -> tuple[Callable[[], None], Tensor]:
    """Records `work` as a CUDA graph. It must not wait for the device, nor copy from or to the host."""
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):  # libraries set themselves up on first use, which a graph can't record
        work()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # other threads may use the card meanwhile
        output = work()
    graph.replay()
    return graph.replay, output


def rerun(work: Work) -> tuple[Callable[[], None], Tensor]:
    """What `cuda_graph` gives, without a graph: each replay does the work again and overwrites the same output."""
    output = work().clone()

    def replay() -> None:
        output.copy_(work())

    return replay, output


class Recording:
    """A function of tensors of these shapes, recorded; calls from several threads take turns."""

    @torch.inference_mode()  # always, as what networks keep for the next call depends on the mode
    def __init__(self, function: Callable[..., Tensor], inputs: Sequence[Tensor], record: Record) -> None:
        self.inputs = tuple(one.clone() for one in inputs)
        self.replay, self.output = record(lambda: function(*self.inputs))
        self._turn = Lock()

    @torch.inference_mode()
    def __call__(self, *inputs: Tensor) -> Tensor:
        """What the function gives for `inputs`, in a tensor that the next call leaves alone."""
        with self._turn:
            for buffer, given in zip(self.inputs, inputs, strict=True):
                buffer.copy_(given)
            self.replay()
            return self.output.clone()


@dataclass
class Recordings:
    """The recordings of one runtime by what they are of, the least recently used dropped."""

    record: Record
    _kept: OrderedDict[Hashable, Recording | None] = field(default_factory=OrderedDict)
    _turn: Lock = field(default_factory=Lock)

    def call(self, key: Hashable, function: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        """`function(*inputs)`, recorded on the first call for `key` and these shapes.

        Equal keys must mean equal functions: what differs between two calls must be in `key` or among `inputs`. What
        cannot be recorded is called as it is, with one warning.
        """
        whole = (key, *((one.shape, one.dtype, one.device) for one in inputs))
        with self._turn:
            if whole not in self._kept:
                self._kept[whole] = self._recorded(function, inputs)
                while len(self._kept) > MOST_RECORDINGS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(whole)
            recording = self._kept[whole]
        return function(*inputs) if recording is None else recording(*inputs)

    def _recorded(self, function: Callable[..., Tensor], inputs: Sequence[Tensor]) -> Recording | None:
        try:
            return Recording(function, inputs, self.record)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
            warnings.warn(f"no CUDA graph here ({reason}); each step is launched by itself, slower", stacklevel=3)
            return None

    def poison(self) -> None:
        """Fills every output with NaN, so that a replay that does nothing is found out; for checks."""
        with torch.inference_mode():
            for recording in self._kept.values():
                if recording is not None:
                    recording.output.fill_(float("nan"))
