"""Which device the networks run on."""

from __future__ import annotations

import torch

from foleycli.errors import UsageError


def pick_device(name: str) -> torch.device:
    """The named device, or for "auto" the best there is: cuda, then mps, then cpu."""
    usable = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, ready in usable.items() if ready))
    if not usable.get(name.split(":")[0], False):
        ready = ", ".join(kind for kind, is_ready in usable.items() if is_ready)
        raise UsageError(f"--device {name}: not there on this machine; try one of: auto, {ready}")
    return torch.device(name)
