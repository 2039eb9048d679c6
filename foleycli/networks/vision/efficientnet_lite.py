"""EfficientNet-Lite2, an image classifier without squeeze-and-excitation: Tan and Le 2019, arXiv:1905.11946.

frame (B, 3, 260, 260) -> stem, 21 inverted bottlenecks -> (B, 352, 9, 9) -> head -> mean -> (B, 1000) logits

For inference only: the batch norms of the published weights are folded into the convolutions before them.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIZE_PIXELS = 260
LABELS = 1000  # of ImageNet-1k
STEM_WIDTH, HEAD_WIDTH = 32, 1280
NORM_EPSILON = 1e-3
# (blocks, kernel, stride of the first block, expansion, width out): the base network, 1.1 wider and 1.2 deeper
STAGES = (
    (1, 3, 1, 1, 16),
    (3, 3, 2, 6, 24),
    (3, 5, 2, 6, 48),
    (4, 3, 2, 6, 88),
    (4, 5, 1, 6, 120),
    (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
)


class SameConv(nn.Conv2d):
    """Convolution padded as TensorFlow's SAME: ceil(size / stride) out, an odd pixel of padding at the far edge."""

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        pads = [max(0, (-(-size // stride) - 1) * stride + kernel - size) for size in x.shape[-2:]]
        if all(pad % 2 == 0 for pad in pads):  # no copy for the pad
            return F.conv2d(x, self.weight, self.bias, stride, (pads[0] // 2, pads[1] // 2), 1, self.groups)
        down, across = pads
        x = F.pad(x, (across // 2, across - across // 2, down // 2, down - down // 2))
        return F.conv2d(x, self.weight, self.bias, stride, 0, 1, self.groups)


class Bottleneck(nn.Module):
    """Expand by 1 x 1, convolve each channel alone, project by 1 x 1; the input is added where the shapes allow."""

    def __init__(self, width: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = width * expansion
        self.expand = SameConv(width, inner, 1) if expansion > 1 else None
        self.each = SameConv(inner, inner, kernel, stride=stride, groups=inner)
        self.project = SameConv(inner, out, 1)
        self.adds = stride == 1 and width == out

    def forward(self, x: Tensor) -> Tensor:
        inner = x if self.expand is None else F.relu6(self.expand(x), inplace=True)
        out: Tensor = self.project(F.relu6(self.each(inner), inplace=True))
        return out + x if self.adds else out


class EfficientNetLite2(nn.Module):
    """RGB frames (B, 3, H, W), scaled to (value - 127) / 128, -> logits (B, 1000) of ImageNet's labels."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv(3, STEM_WIDTH, 3, stride=2)
        blocks, width = [], STEM_WIDTH
        for count, kernel, first_stride, expansion, out in STAGES:
            for number in range(count):
                blocks.append(
                    Bottleneck(width, out, kernel, stride=first_stride if number == 0 else 1, expansion=expansion)
                )
                width = out
        self.blocks = nn.ModuleList(blocks)
        self.head = SameConv(width, HEAD_WIDTH, 1)
        self.labels = nn.Linear(HEAD_WIDTH, LABELS)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # three times as fast on a CPU

    def forward(self, frames: Tensor) -> Tensor:
        x = F.relu6(self.stem(frames.contiguous(memory_format=torch.channels_last)))  # (B, 32, H / 2, W / 2)
        for block in self.blocks:
            x = block(x)
        x = F.relu6(self.head(x))  # (B, 1280, H / 32, W / 32)
        logits: Tensor = self.labels(x.mean(dim=(2, 3)))
        return logits


def from_published(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of `EfficientNetLite2` from that of the package efficientnet-lite-pytorch, norms folded.

    Raises KeyError for a state dict of another network.
    """
    state = {f"labels.{kind}": weights[f"_fc.{kind}"] for kind in ("weight", "bias")}
    pairs = [("stem", "_conv_stem", "_bn0"), ("head", "_conv_head", "_bn1")]
    blocks = sum(count for count, *_ in STAGES)
    for index in range(blocks):
        ours, theirs = f"blocks.{index}", f"_blocks.{index}"
        if index > 0:  # the first does not expand
            pairs.append((f"{ours}.expand", f"{theirs}._expand_conv", f"{theirs}._bn0"))
        pairs.append((f"{ours}.each", f"{theirs}._depthwise_conv", f"{theirs}._bn1"))
        pairs.append((f"{ours}.project", f"{theirs}._project_conv", f"{theirs}._bn2"))
    for ours, conv, norm in pairs:
        gain = weights[f"{norm}.weight"] / (weights[f"{norm}.running_var"] + NORM_EPSILON).sqrt()
        state[f"{ours}.weight"] = weights[f"{conv}.weight"] * gain[:, None, None, None]
        state[f"{ours}.bias"] = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * gain
    return state
