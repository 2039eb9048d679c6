"""Griffin-Lim: a waveform from a log-mel with no trained part, the reference that a vocoder must beat."""

from __future__ import annotations

import torch
from torch import Tensor

from foleycli.models.mel import linear_mel, mel_bank
from foleycli.specs import MelSpec

_TINY = 1e-8
_INVERSION_STEPS = 20


def magnitude_of(log: Tensor, spec: MelSpec) -> Tensor:
    """Non-negative |X| (B, n_fft / 2 + 1, K) whose mel is `log` (B, M, K), by multiplicative least squares.

    Lee and Seung's update keeps |X| >= 0; it starts from the mel spread back over its own triangles, so that the
    many |X| with the same mel are resolved towards the smoothest.
    """
    bank = mel_bank(spec, log.device)  # (M, bins)
    mel = linear_mel(log.float(), spec)
    rows, columns = bank.sum(dim=1, keepdim=True), bank.sum(dim=0)[:, None]
    found = bank.T @ (mel / (rows + _TINY)) / (columns + _TINY)  # (B, bins, K)
    wanted = bank.T @ mel
    for _ in range(_INVERSION_STEPS):
        found = found * wanted / (bank.T @ (bank @ found) + _TINY)
    return found * (columns > 0)


def griffin_lim(
    log: Tensor, spec: MelSpec, generator: torch.Generator, iterations: int = 32, momentum: float = 0.99
) -> Tensor:
    """log-mel (B, M, K) -> wav (B, S), S = K * hop, or (K - 1) * hop where the spec keeps its last frame.

    Fast Griffin-Lim (Perraudin et al. 2013): each projection is pushed on by `momentum` times its last change.
    """
    frames, hop = log.shape[-1], spec.hop_samples
    if spec.scale == "ln":
        log = torch.cat([log, log[..., -1:]], dim=-1)  # the frame that `log_mel` dropped
    samples = (frames if spec.scale == "ln" else frames - 1) * hop
    window = torch.hann_window(spec.n_fft, device=log.device)
    magnitude = magnitude_of(log, spec)
    angles = torch.rand(magnitude.shape, generator=generator).to(log.device) * (2.0 * torch.pi)
    phase, before = torch.polar(torch.ones_like(angles), angles), torch.zeros((), dtype=torch.cfloat, device=log.device)
    for _ in range(iterations):
        wav = torch.istft(magnitude * phase, spec.n_fft, hop, window=window, length=samples)
        now = torch.stft(wav, spec.n_fft, hop, window=window, return_complex=True)
        pushed = now - momentum / (1.0 + momentum) * before
        phase, before = pushed / (pushed.abs() + _TINY), now
    return torch.istft(magnitude * phase, spec.n_fft, hop, window=window, length=samples)
