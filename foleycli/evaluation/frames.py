"""Which kind of rendered scene a small picture shows: ImageNet features and ridge regression, independent of the model.

picture -> the model's size (64 x 64) -> 260 x 260 -> EfficientNet-Lite2 -> 1000 logits -> a score for each kind
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from foleycli.errors import ModelError
from foleycli.models.sound_namer.efficientnet import EfficientNetNamer
from foleycli.models.sound_namer.published import weights_file
from foleycli.networks.vision.efficientnet_lite import SIZE_PIXELS
from foleycli.video.pictures import Picture, resized

AT_ONCE = 16
RIDGE = 300.0  # of standardised features; 100 to 1000 differ by a point


@dataclass(frozen=True)
class FrameClassifier:
    """Kinds of scene from pictures; `fit` learns it in some minutes."""

    network: torch.nn.Module
    middle: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]  # (1001, kinds)

    @staticmethod
    def fit(pictures: npt.NDArray[np.uint8], kinds: npt.NDArray[np.integer], count: int) -> FrameClassifier:
        """Learned on pictures uint8 (N, H, W, 3) and their kinds (N,), 0 to `count` - 1."""
        path = weights_file()
        if path is None:
            raise ModelError("the weights of EfficientNet-Lite2 are not installed; install foleycli again")
        network = EfficientNetNamer(path).network
        seen = features(network, pictures)
        middle, spread = seen.mean(0), seen.std(0) + 1e-6
        inputs = _with_one((seen - middle) / spread)
        wanted = np.eye(count)[kinds] - 1 / count
        weights = np.linalg.solve(inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1]), inputs.T @ wanted)
        return FrameClassifier(network, middle, spread=spread, weights=weights)

    def scores(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Pictures uint8 (N, H, W, 3) -> scores (N, kinds), higher is likelier."""
        result: npt.NDArray[np.float64] = (
            _with_one((features(self.network, pictures) - self.middle) / self.spread) @ self.weights
        )
        return result


@torch.inference_mode()
def features(network: torch.nn.Module, pictures: npt.NDArray[np.uint8] | list[Picture]) -> npt.NDArray[np.float64]:
    """Logits (N, 1000) of pictures uint8 (N, H, W, 3)."""
    large = np.stack([resized(picture, (SIZE_PIXELS, SIZE_PIXELS)) for picture in pictures])
    parts = [_logits(network, large[first : first + AT_ONCE]) for first in range(0, len(large), AT_ONCE)]
    return torch.cat(parts).double().numpy()


def _logits(network: torch.nn.Module, pictures: npt.NDArray[np.uint8]) -> torch.Tensor:
    logits: torch.Tensor = network((torch.from_numpy(pictures).permute(0, 3, 1, 2).float() - 127) / 128)
    return logits


def _with_one(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.concatenate([values, np.ones((len(values), 1))], axis=1)
