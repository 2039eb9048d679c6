"""Adan, the optimizer of MDSGen's training, and the learning-rate curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class Adan(torch.optim.Optimizer):
    """Adaptive Nesterov momentum (Xie et al. 2022, Algorithm 1), with decoupled weight decay.

    `betas` are the keep rates of the gradient, of its difference, and of the squared Nesterov gradient.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 5e-4,
        betas: tuple[float, float, float] = (0.98, 0.92, 0.99),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient."""
        if closure is not None:
            raise ValueError("Adan takes no closure")
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            if params:
                self._update(params, group)

    def _update(self, params: list[Tensor], group: dict[str, Any]) -> None:
        lr, eps, decay = group["lr"], group["eps"], group["weight_decay"]
        keep1, keep2, keep3 = group["betas"]
        grads = [p.grad for p in params if p.grad is not None]
        for p, grad in zip(params, grads, strict=True):
            if not self.state[p]:
                zeros = torch.zeros_like(p)
                self.state[p] = {
                    "step": 0,
                    "mean": zeros,
                    "difference": zeros.clone(),
                    "square": zeros.clone(),
                    "previous": grad.clone(),
                }
            self.state[p]["step"] += 1
        step = self.state[params[0]]["step"]
        mean, difference, square, previous = (
            [self.state[p][key] for p in params] for key in ("mean", "difference", "square", "previous")
        )
        change = torch._foreach_sub(grads, previous)
        nesterov = torch._foreach_add(grads, change, alpha=keep2)
        torch._foreach_lerp_(mean, grads, 1 - keep1)
        torch._foreach_lerp_(difference, change, 1 - keep2)
        torch._foreach_mul_(square, keep3)
        torch._foreach_addcmul_(square, nesterov, nesterov, 1 - keep3)
        denominator = torch._foreach_sqrt(square)
        torch._foreach_div_(denominator, math.sqrt(1 - keep3**step))
        torch._foreach_add_(denominator, eps)
        torch._foreach_addcdiv_(params, mean, denominator, -lr / (1 - keep1**step))
        torch._foreach_addcdiv_(params, difference, denominator, -lr * keep2 / (1 - keep2**step))
        torch._foreach_div_(params, 1 + lr * decay)
        torch._foreach_copy_(previous, grads)


def learning_rate(step: float, peak: float, warmup_steps: int, steps: int, floor: float = 0.02) -> float:
    """Linear warm-up to `peak`, then half a cosine down to `floor` times it at the last of `steps`."""
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    done = (step - warmup_steps) / max(1, steps - warmup_steps)
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))
