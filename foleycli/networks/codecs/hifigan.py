"""HiFi-GAN's generator in the layout of AudioLDM's vocoder (Kong et al. 2020; transformers' SpeechT5HifiGan)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from foleycli.specs import VocoderSpec

_SLOPE = 0.1
_LAST_SLOPE = 0.01  # the published code leaves the last one at torch's default, and its weights were trained so
_EDGE_KERNEL = 7


def _same(channels: int, kernel: int, dilation: int) -> nn.Conv1d:
    return nn.Conv1d(channels, channels, kernel, dilation=dilation, padding=(kernel - 1) * dilation // 2)


class ResBlock(nn.Module):
    """Pairs of convolutions, one dilated and one plain, each pair a residual; (B, C, S) -> the same."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.dilated = nn.ModuleList(_same(channels, kernel, dilation) for dilation in dilations)
        self.plain = nn.ModuleList(_same(channels, kernel, 1) for _ in dilations)

    def forward(self, signal: Tensor) -> Tensor:
        for dilated, plain in zip(self.dilated, self.plain, strict=True):
            signal = signal + plain(F.leaky_relu(dilated(F.leaky_relu(signal, _SLOPE)), _SLOPE))
        return signal


class Stage(nn.Module):
    """One upsampling, then the mean of residual blocks of several kernel sizes; (B, C, S) -> (B, C / 2, S * rate)."""

    def __init__(self, channels: int, rate: int, kernel: int, spec: VocoderSpec) -> None:
        super().__init__()
        half = channels // 2
        self.upsampler = nn.ConvTranspose1d(channels, half, kernel, rate, padding=(kernel - rate) // 2)
        shapes = zip(spec.resblock_kernels, spec.resblock_dilations, strict=True)
        self.blocks = nn.ModuleList(ResBlock(half, kernel, dilations) for kernel, dilations in shapes)

    def forward(self, signal: Tensor) -> Tensor:
        signal = self.upsampler(F.leaky_relu(signal, _SLOPE))
        total = self.blocks[0](signal)
        for block in self.blocks[1:]:  # a running sum: a stack would hold all of them at once
            total = total + block(signal)
        mean: Tensor = total / len(self.blocks)
        return mean


class HifiGan(nn.Module):
    """Log-mel (B, M, K) -> waveform (B, S) in [-1, 1]; S is K hops, and a few samples where kernels overhang."""

    mean: Tensor
    scale: Tensor

    def __init__(self, spec: VocoderSpec) -> None:
        super().__init__()
        self.spec = spec
        self.register_buffer("mean", torch.zeros(spec.mels))
        self.register_buffer("scale", torch.ones(spec.mels))
        self.enter = nn.Conv1d(spec.mels, spec.width, _EDGE_KERNEL, padding=_EDGE_KERNEL // 2)
        rates = enumerate(zip(spec.upsample_rates, spec.upsample_kernels, strict=True))
        self.stages = nn.ModuleList(Stage(spec.width >> i, rate, kernel, spec=spec) for i, (rate, kernel) in rates)
        last = spec.width >> len(spec.upsample_rates)
        self.leave = nn.Conv1d(last, 1, _EDGE_KERNEL, padding=_EDGE_KERNEL // 2)

    def forward(self, mel: Tensor) -> Tensor:
        if self.spec.normalize_before:
            mel = (mel - self.mean[:, None]) / self.scale[:, None]
        signal = self.enter(mel)  # (B, width, K)
        for stage in self.stages:
            signal = stage(signal)
        wav: Tensor = self.leave(F.leaky_relu(signal, _LAST_SLOPE))  # (B, 1, S)
        return wav.squeeze(1).tanh()
