"""Golden vectors of the published code, and the formula that makes its weights and inputs from a name (facts.md, 3).

Outputs are stored subsampled, in files under 100 kB; the weights are drawn again by each test.
"""

from __future__ import annotations

import json
import math
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

FOLDER = Path(__file__).parent


def _rng(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


@lru_cache(maxsize=8)
def golden(name: str) -> dict[str, torch.Tensor]:
    return dict(load_file(FOLDER / f"{name}.safetensors"))


def formula_inputs(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.from_numpy(_rng(name).standard_normal(shape).astype(np.float32))


def formula_uniform(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    return torch.from_numpy(_rng(name).random(shape).astype(np.float32))


def formula_tensor(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The weight that the golden run had under this key."""
    if key.endswith("running_var"):
        return torch.from_numpy((0.5 + _rng(key).random(shape)).astype(np.float32))
    drawn = _rng(key).standard_normal(shape)
    if key.endswith("bias") or len(shape) <= 1 or "pos_embed" in key or "token" in key:
        drawn = 0.1 * drawn + (1.0 if len(shape) == 1 and key.endswith("weight") else 0.0)
    else:
        drawn = drawn / math.sqrt(math.prod(shape[1:]))
    return torch.from_numpy(np.asarray(drawn, dtype=np.float32))


def formula_state(name: str, part: str = "") -> dict[str, torch.Tensor]:
    """Formula weights for the keys of `<name>_keys.json` that start with `part`; integer entries are zero."""
    keys = json.loads((FOLDER / f"{name}_keys.json").read_text())
    keys = {key: entry for key, entry in keys.items() if key.startswith(part)}
    return {
        key: formula_tensor(key, tuple(shape)) if "float" in kind else torch.zeros(shape, dtype=torch.int64)
        for key, (shape, kind) in keys.items()
    }
