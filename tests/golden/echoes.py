"""Golden vectors of Visual Echoes' parts: weights from their published keys, inputs from their names."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file

from tests.golden import FOLDER, _rng, formula_tensor

HERE = FOLDER / "visual_echoes"
PREFIX = "ve-"


@lru_cache(maxsize=8)
def facts(name: str) -> dict[str, Any]:
    """Keys, configuration and slices of a golden file."""
    return dict(json.loads((HERE / f"{name}.json").read_text()))


@lru_cache(maxsize=8)
def vectors(name: str) -> dict[str, torch.Tensor]:
    return dict(load_file(HERE / f"{name}.safetensors"))


def weights(name: str) -> dict[str, torch.Tensor]:
    return {key: formula_tensor(key, tuple(shape)) for key, shape in facts(name)["keys"].items()}


def rng(name: str) -> np.random.Generator:
    return _rng(PREFIX + name)
