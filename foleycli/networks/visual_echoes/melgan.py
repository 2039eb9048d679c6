"""MelGAN's generator (Kumar et al. 2019), SpecVQGAN's vocoder: mel (B, M, K) in 0..1 -> waveform (B, K * 256)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from foleycli.specs.visual_echoes import MelganSpec

_SLOPE = 0.2
_EDGE = 3  # reflected on both sides by the first and the last convolution, of 7 taps


class DilatedBlock(nn.Module):
    """shortcut(x) + conv1(act(dilated conv3(act(x)))): (B, C, S) -> same."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        reflect = nn.ReflectionPad1d(dilation)
        dilated, mix = nn.Conv1d(width, width, 3, dilation=dilation), nn.Conv1d(width, width, 1)
        self.block = nn.Sequential(nn.LeakyReLU(_SLOPE), reflect, dilated, nn.LeakyReLU(_SLOPE), mix)
        self.shortcut = nn.Conv1d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.shortcut(x) + self.block(x)
        return out


class Melgan(nn.Module):
    """Keys are the published ones with their weight norm folded in (`fold_weight_norm`)."""

    def __init__(self, spec: MelganSpec) -> None:
        super().__init__()
        self.spec = spec
        width = spec.width << len(spec.ratios)
        layers: list[nn.Module] = [nn.ReflectionPad1d(_EDGE), nn.Conv1d(spec.mels, width, 2 * _EDGE + 1)]
        for ratio in spec.ratios:
            layers.append(nn.LeakyReLU(_SLOPE))
            layers.append(
                nn.ConvTranspose1d(
                    width, width // 2, 2 * ratio, ratio, padding=ratio // 2 + ratio % 2, output_padding=ratio % 2
                )
            )
            width //= 2
            layers += [DilatedBlock(width, 3**layer) for layer in range(spec.residual_layers)]
        layers += [nn.LeakyReLU(_SLOPE), nn.ReflectionPad1d(_EDGE), nn.Conv1d(width, 1, 2 * _EDGE + 1), nn.Tanh()]
        self.model = nn.Sequential(*layers)

    def forward(self, mel: Tensor) -> Tensor:
        wav: Tensor = self.model(mel)[:, 0]
        return wav


def fold_weight_norm(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict with every `weight_g`, `weight_v` pair made one `weight` = g v / |v|."""
    folded = {key: value for key, value in state.items() if not key.endswith((".weight_g", ".weight_v"))}
    for key, direction in state.items():
        if key.endswith(".weight_v"):
            stem = key.removesuffix("_v")
            unit = F.normalize(direction.flatten(1), dim=1, eps=torch.finfo(direction.dtype).tiny)
            folded[stem] = state[f"{stem}_g"] * unit.view_as(direction)
    return folded
