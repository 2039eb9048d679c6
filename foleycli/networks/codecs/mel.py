"""Log-mel spectrograms as the published models were trained on them, in torch alone.

All three specs centre their frames: frame k is at k * hop samples, so S samples give S // hop + 1 of them.
Diff-Foley ("db01") pads the ends with zeros and keeps every frame (131072 samples -> 513). The "ln" specs reflect
the ends and drop the last frame, as AudioLDM does: a window is a whole number of latent columns (262144 -> 512).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from foleycli.specs import MelSpec

_LINEAR_HZ_PER_MEL = 200.0 / 3.0  # Slaney's scale: linear up to 1 kHz, then 27 mels per factor of 6.4
_BREAK_HZ = 1000.0
_MELS_PER_E_FOLD = 27.0 / float(np.log(6.4))
_BREAK_MEL = _BREAK_HZ / _LINEAR_HZ_PER_MEL

_DB_TOP = 20.0  # Diff-Foley: (20 log10 m - 20 + 100) / 100, so that 0..1 is -80..20 dB
_DB_RANGE = 100.0


def hz_to_mel(hz: np.ndarray) -> np.ndarray:
    """Frequencies in Hz on Slaney's mel scale (Auditory Toolbox, 1998)."""
    above = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) * _MELS_PER_E_FOLD
    return np.asarray(np.where(hz < _BREAK_HZ, hz / _LINEAR_HZ_PER_MEL, above))


def mel_to_hz(mel: np.ndarray) -> np.ndarray:
    """Slaney mels in Hz; inverse of `hz_to_mel`."""
    above = _BREAK_HZ * np.exp((np.maximum(mel, _BREAK_MEL) - _BREAK_MEL) / _MELS_PER_E_FOLD)
    return np.asarray(np.where(mel < _BREAK_MEL, mel * _LINEAR_HZ_PER_MEL, above))


@lru_cache(maxsize=16)
@torch.inference_mode(False)  # what is kept must be good for training, whoever asked first
def mel_bank(spec: MelSpec, device: torch.device = torch.device("cpu")) -> Tensor:
    """Triangles of unit area over the FFT bins, (M, n_fft / 2 + 1), float32."""
    bins_hz = np.linspace(0.0, spec.sample_rate / 2, spec.n_fft // 2 + 1)
    lowest, highest = hz_to_mel(np.array([spec.f_min_hz, spec.f_max_hz]))
    corners_hz = mel_to_hz(np.linspace(lowest, highest, spec.mels + 2))
    widths_hz = np.diff(corners_hz)
    above_hz = bins_hz[None] - corners_hz[:, None]  # how far each bin is above each corner
    rising = above_hz[:-2] / widths_hz[:-1, None]
    falling = -above_hz[2:] / widths_hz[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    unit_area = 2.0 / (corners_hz[2:] - corners_hz[:-2])
    return torch.from_numpy((triangles * unit_area[:, None]).astype(np.float32)).to(device)


@lru_cache(maxsize=16)
@torch.inference_mode(False)  # what is kept must be good for training, whoever asked first
def _hann(samples: int, device: torch.device) -> Tensor:
    return torch.hann_window(samples, device=device)


def edge_padding(spec: MelSpec) -> str:
    """What lies beyond the ends of a sound: nothing for Diff-Foley, its mirror image for the others."""
    return "constant" if spec.scale == "db01" else "reflect"


def magnitude(wav: Tensor, spec: MelSpec) -> Tensor:
    """|STFT| of wav (B, S), centred: (B, n_fft / 2 + 1, S // hop + 1)."""
    window = _hann(spec.n_fft, wav.device)
    return torch.stft(
        wav.float(), spec.n_fft, spec.hop_samples, window=window, pad_mode=edge_padding(spec), return_complex=True
    ).abs()


def log_mel(wav: Tensor, spec: MelSpec) -> Tensor:
    """wav (B, S) in [-1, 1] -> log-mel (B, M, K): K = S // hop, one more for Diff-Foley's; differentiable."""
    with torch.autocast(wav.device.type, enabled=False):  # a bf16 mel bank loses the quiet bins
        mel = mel_bank(spec, wav.device) @ magnitude(wav, spec)
    if spec.scale == "db01":
        decibels = 20.0 * torch.log10(mel.clamp_min(spec.floor))
        return ((decibels - _DB_TOP + _DB_RANGE) / _DB_RANGE).clamp(0.0, 1.0)
    return mel[..., : wav.shape[-1] // spec.hop_samples].clamp_min(spec.floor).log()


def linear_mel(log: Tensor, spec: MelSpec) -> Tensor:
    """Log-mel (..., K) back to mel magnitudes: what a Griffin-Lim inverts. Diff-Foley's is clipped to 0..1 first."""
    if spec.scale == "db01":
        log = log.clamp(0.0, 1.0)  # a decoded picture overshoots
        return torch.pow(10.0, (log * _DB_RANGE - _DB_RANGE + _DB_TOP) / 20.0)
    return log.exp()
