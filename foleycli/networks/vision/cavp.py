"""CAVP, Diff-Foley's contrastive pair: a video encoder at 4 fps and a spectrogram encoder that agree in time.

Both are frozen in MDSGen. Where the published networks normalise after a convolution, ours have the normalisation
folded into the convolution (`bundles.convert`): equal in eval, a third of the passes over memory.
"""

from __future__ import annotations

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

FEATURES = 512
FRAMES_PER_SECOND = 4
FRAME_PIXELS = 224  # square, squashed: no crop, no mean and deviation

_STAGES = (
    (3, 64, 1, False),
    (4, 128, 2, False),
    (6, 256, 2, True),
    (3, 512, 2, True),
)  # blocks, width, stride, in time
_EXPANSION = 4
_CNN14_WIDTHS = (64, 128, 256, 512, 1024, 2048)
_CNN14_POOLS = ((2, 2), (2, 2), (2, 2), (2, 2), (1, 2), (1, 1))  # (time, mel): 512 frames -> 32


def _conv(inside: int, outside: int, kernel: tuple[int, int, int], stride: int = 1) -> nn.Conv3d:
    frames, height, width = kernel
    return nn.Conv3d(inside, outside, kernel, (1, stride, stride), (frames // 2, height // 2, width // 2))


class Bottleneck(nn.Module):
    """Narrow, look around, widen, add; the first convolution also sees the frame before and after where `in_time`."""

    def __init__(self, inside: int, width: int, stride: int, in_time: bool) -> None:
        super().__init__()
        outside = _EXPANSION * width
        self.narrow = _conv(inside, width, (3 if in_time else 1, 1, 1))
        self.look = _conv(width, width, (1, 3, 3), stride=stride)
        self.widen = _conv(width, outside, (1, 1, 1))
        self.shortcut = _conv(inside, outside, (1, 1, 1), stride=stride) if inside != outside else nn.Identity()

    def forward(self, video: Tensor) -> Tensor:
        changed = self.widen(self.look(self.narrow(video).relu_()).relu_())
        both: Tensor = self.shortcut(video) + changed
        return both.relu_()


class CavpVideoEncoder(nn.Module):
    """SlowOnly ResNet-50, pooled over space, projected per frame: 32.7 M parameters (Diff-Foley, section 3.1)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv(3, 64, (1, 7, 7), stride=2)
        blocks, inside = [], 64
        for count, width, stride, in_time in _STAGES:
            for index in range(count):
                blocks.append(Bottleneck(inside, width, stride if index == 0 else 1, in_time=in_time))
                inside = _EXPANSION * width
        self.blocks = nn.Sequential(*blocks)
        self.project = nn.Linear(inside, FEATURES)

    def encode(self, frames: Tensor) -> Tensor:
        """frames (B, T, 3, H, W) in [0, 1], RGB -> (B, T, 512), each row of length 1."""
        return F.normalize(self(frames), dim=-1)

    def forward(self, frames: Tensor) -> Tensor:
        video = self.stem(rearrange(frames, "b t c h w -> b c t h w")).relu_()
        video = F.max_pool3d(video, (1, 3, 3), (1, 2, 2), (0, 1, 1))
        video = self.blocks(video)  # (B, 2048, T, H / 32, W / 32)
        features: Tensor = self.project(video.mean(dim=(3, 4)).transpose(1, 2))
        return features


class CavpSpectrogramEncoder(nn.Module):
    """Cnn14 over Diff-Foley's mel, one row for every 16 mel frames (PANNs, with time kept)."""

    def __init__(self, mels: int = 128) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(mels)  # before a padded convolution, so not foldable
        pairs = zip((1, *_CNN14_WIDTHS[:-1]), _CNN14_WIDTHS, strict=True)
        self.convolutions = nn.ModuleList(
            nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())
            for i, o in pairs
        )
        self.hidden = nn.Linear(_CNN14_WIDTHS[-1], _CNN14_WIDTHS[-1])
        self.project = nn.Linear(_CNN14_WIDTHS[-1], FEATURES)

    def encode(self, mel: Tensor) -> Tensor:
        """mel (B, 128, K) in [0, 1] -> (B, K // 16, 512), each row of length 1."""
        return F.normalize(self(mel), dim=-1)

    def forward(self, mel: Tensor) -> Tensor:
        image = rearrange(self.norm(mel), "b m k -> b 1 k m")
        for pair, pool in zip(self.convolutions, _CNN14_POOLS, strict=True):
            image = F.avg_pool2d(pair(image), pool)
        rows = image.mean(dim=3)  # (B, 2048, K // 16)
        rows = F.max_pool1d(rows, 3, 1, 1) + F.avg_pool1d(rows, 3, 1, 1)
        rows = self.hidden(rows.transpose(1, 2)).relu()
        rows = self.hidden(rows).relu()  # the published code applies the same layer twice
        features: Tensor = self.project(rows)
        return features
