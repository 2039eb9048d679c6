"""Which kind of rendered scene a small picture shows: ImageNet features and ridge regression, independent of the model.

picture -> the model's size (64 x 64) -> 260 x 260 -> EfficientNet-Lite2 -> 1000 logits -> a score for each kind
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleycli.models.sound_namer.efficientnet import EfficientNetNamer, built_in_network, picture_labels

RIDGE = 300.0  # of standardised features; 100 to 1000 differ by a point


@dataclass(frozen=True)
class FrameClassifier:
    """Kinds of scene from pictures; `fit` learns it in some minutes."""

    network: EfficientNetNamer
    middle: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]  # (1001, kinds)

    @staticmethod
    def fit(pictures: npt.NDArray[np.uint8], kinds: npt.NDArray[np.integer], count: int) -> FrameClassifier:
        """Learned on pictures uint8 (N, H, W, 3) and their kinds (N,), 0 to `count` - 1."""
        network = built_in_network()
        seen = picture_labels(network, pictures).double().numpy()
        middle, spread = seen.mean(0), seen.std(0) + 1e-6
        inputs = _with_one((seen - middle) / spread)
        wanted = np.eye(count)[kinds] - 1 / count
        weights = np.linalg.solve(inputs.T @ inputs + RIDGE * np.eye(inputs.shape[1]), inputs.T @ wanted)
        return FrameClassifier(network, middle, spread=spread, weights=weights)

    def scores(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        """Pictures uint8 (N, H, W, 3) -> scores (N, kinds), higher is likelier."""
        result: npt.NDArray[np.float64] = (
            _with_one((picture_labels(self.network, pictures).double().numpy() - self.middle) / self.spread)
            @ self.weights
        )
        return result


def _with_one(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.concatenate([values, np.ones((len(values), 1))], axis=1)
