"""How the transformer is run: in which arithmetic, and as it is or compiled. What it computes stays the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from foleycli.errors import UsageError
from foleycli.networks.mdsgen.dit import Condition, MDSGen

Run = Callable[[Tensor, Tensor, Condition], Tensor]


@dataclass(frozen=True)
class Runtime:
    """`run(dit)` is dit.denoise in `dtype`, its output (B, 2C, ...) float32; compiled on first use if so asked."""

    device: torch.device
    dtype: torch.dtype
    compiled: bool = False

    @classmethod
    def of(cls, device: torch.device, precision: str, compiled: bool = False) -> Runtime:
        """For the words of --precision: "auto" is bfloat16 on a card that multiplies it.

        On a CPU it stays float32: a whole track gains 5 %, and would depend on the instructions of the machine.
        """
        card = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        bf16 = precision == "bf16" or (precision == "auto" and card)
        return cls(device, torch.bfloat16 if bf16 else torch.float32, compiled)

    def run(self, dit: MDSGen) -> Run:
        denoise = _compiled(dit, self.device.type) if self.compiled else dit.denoise

        def run(latent: Tensor, t: Tensor, condition: Condition) -> Tensor:
            with torch.autocast(self.device.type, dtype=self.dtype, enabled=self.dtype != torch.float32):
                return denoise(latent, t, condition).float()

        return run


@lru_cache(maxsize=2)  # a model and its successor: what is compiled is worth keeping
def _compiled(dit: MDSGen, device: str) -> Run:
    """The whole of `denoise` as one graph; on a card it is captured (CUDA graphs), so that a step is one launch."""
    graphs = device == "cuda"
    run = torch.compile(dit.denoise, fullgraph=True, dynamic=False, mode="reduce-overhead" if graphs else None)

    def denoise(latent: Tensor, t: Tensor, condition: Condition) -> Tensor:
        try:
            # A captured graph writes each output over the last one, which the solver still needs.
            return run(latent, t, condition).clone() if graphs else run(latent, t, condition)
        except torch._dynamo.exc.BackendCompilerFailed as error:
            reason = str(error).strip().splitlines()[0][:120]
            raise UsageError(f"--compile: no compiler that works here ({reason}); leave it out") from error

    return denoise
