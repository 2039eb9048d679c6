"""How the transformer is run: in which arithmetic, compiled or not, its loop recorded or not.

What it computes stays the same.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache

import torch
from torch import Tensor, nn

from foleycli.errors import UsageError
from foleycli.networks.mdsgen.dit import Condition, MDSGen
from foleycli.sampling.graphs import Recordings, cuda_graph

Run = Callable[[Tensor, Tensor, Condition], Tensor]


@dataclass(frozen=True)
class Runtime:
    """`run(dit)` is dit.denoise in `dtype`, its output (B, 2C, ...) float32; compiled on first use if so asked.

    `repeated` is for whatever is called again and again in one shape: on a card it becomes one CUDA graph.
    """

    device: torch.device
    dtype: torch.dtype
    compiled: bool = False
    recordings: Recordings | None = field(default=None, compare=False)

    @classmethod
    def of(cls, device: torch.device, precision: str, compiled: bool = False) -> Runtime:
        """For the words of --precision: "auto" is bfloat16 on a card that multiplies it.

        On a CPU it stays float32: a whole track gains 5 %, and would depend on the instructions of the machine.
        """
        card = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        bf16 = precision == "bf16" or (precision == "auto" and card)
        recordings = Recordings(cuda_graph) if device.type == "cuda" else None
        return cls(device, torch.bfloat16 if bf16 else torch.float32, compiled, recordings)

    def run(self, dit: MDSGen) -> Run:
        narrow = self.dtype != torch.float32
        model = _narrowed(dit, self.dtype) if narrow else dit
        denoise = _compiled(model) if self.compiled else model.denoise

        def run(latent: Tensor, t: Tensor, condition: Condition) -> Tensor:
            with torch.autocast(self.device.type, dtype=self.dtype) if narrow else nullcontext():
                return denoise(latent, t, condition).float()

        return run

    def repeated(self, key: Hashable, function: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
        """`function(*inputs)`. On a card it is recorded once for `key`, which must say all that `inputs` don't."""
        return function(*inputs) if self.recordings is None else self.recordings.call(key, function, *inputs)


@lru_cache(maxsize=2)
def _narrowed(dit: MDSGen, dtype: torch.dtype) -> MDSGen:
    """A copy whose products have their weights in `dtype` already: autocast would convert them in every call.

    The numbers are those of autocast; the model's weights must not change afterwards.
    """
    narrow = copy.deepcopy(dit)
    for module in narrow.modules():
        if isinstance(module, nn.Linear):
            module.to(dtype)
    return narrow


@lru_cache(maxsize=2)  # a model and its successor: what is compiled is worth keeping
def _compiled(dit: MDSGen) -> Run:
    """The whole of `denoise` as one compiled function; on a card the loop round it is recorded, not each call."""
    run = torch.compile(dit.denoise, fullgraph=True, dynamic=False)

    def denoise(latent: Tensor, t: Tensor, condition: Condition) -> Tensor:
        try:
            return run(latent, t, condition)
        except torch._dynamo.exc.BackendCompilerFailed as error:
            reason = str(error).strip().splitlines()[0][:120]
            raise UsageError(f"--compile: no compiler that works here ({reason}); leave it out") from error

    return denoise
