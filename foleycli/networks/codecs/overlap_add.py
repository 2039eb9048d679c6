"""The inverse of `torch.stft` in half the time of `torch.istft`, which adds up the windows anew in every call."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as nnf
from torch import Tensor


def inverse_stft(spectrum: Tensor, samples: int, *, size: int, hop: int) -> Tensor:
    """STFT (B, size / 2 + 1, K) with Hann windows, centred as `torch.stft` does it -> sound (B, samples).

    Least squares, as Griffin and Lim (1984): windowed frames are added and divided by the sum of the squared windows.
    """
    frames = spectrum.shape[-1]
    window, weight = _window(size, spectrum.device), _weight(size, hop, frames=frames, device=spectrum.device)
    parts = torch.fft.irfft(spectrum.transpose(1, 2), size) * window  # (B, K, size)
    total = _added(parts, hop)[:, size // 2 :][:, :samples] * weight[:samples]
    return nnf.pad(total, (0, samples - total.shape[-1]))


def _added(parts: Tensor, hop: int) -> Tensor:
    """Frames (B, K, size), each a hop after the one before, added up: (B, S)."""
    batch, frames, size = parts.shape
    hops = -(-size // hop)
    blocks = nnf.pad(parts, (0, hops * hop - size)).view(batch, frames, hops, hop)
    total = parts.new_zeros(batch, frames + hops - 1, hop)
    for number in range(hops):
        total[:, number : number + frames] += blocks[:, :, number]
    return total.flatten(1)


@lru_cache(maxsize=8)
@torch.inference_mode(False)  # or training could not use what a dub has left here
def _window(size: int, device: torch.device) -> Tensor:
    return torch.hann_window(size, device=device)


@lru_cache(maxsize=8)
@torch.inference_mode(False)
def _weight(size: int, hop: int, *, frames: int, device: torch.device) -> Tensor:
    """1 over the sum of the squared windows at each sample from the centre of the first frame on."""
    squared = _window(size, device).square().expand(1, frames, size)
    return 1 / _added(squared, hop)[0, size // 2 :].clamp_min(1e-11)
