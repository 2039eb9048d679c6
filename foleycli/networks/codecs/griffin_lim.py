"""Griffin-Lim: a waveform from a log-mel with no trained part, the reference that a vocoder must beat."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from foleycli.networks.codecs.mel import edge_padding, linear_mel, mel_bank
from foleycli.networks.codecs.overlap_add import inverse_stft
from foleycli.specs import MelSpec

_TINY = 1e-8


def magnitude_of(log: Tensor, spec: MelSpec, steps: int = 20) -> Tensor:
    """Non-negative |X| (B, n_fft / 2 + 1, K) whose mel is `log` (B, M, K), by multiplicative least squares.

    Lee and Seung's update keeps |X| >= 0; it starts from the mel spread back over its own triangles, so that the
    many |X| with the same mel are resolved towards the smoothest.
    """
    bank = mel_bank(spec, log.device)  # (M, bins)
    mel = linear_mel(log.float(), spec)
    rows, columns = bank.sum(dim=1, keepdim=True), bank.sum(dim=0)[:, None]
    found = bank.T @ (mel / (rows + _TINY)) / (columns + _TINY)  # (B, bins, K)
    wanted = bank.T @ mel
    for _ in range(steps):
        found = found * wanted / (bank.T @ (bank @ found) + _TINY)
    return found * (columns > 0)


def retrieve_phase(start: Tensor, magnitude: Tensor, spec: MelSpec, iterations: int, momentum: float = 0.99) -> Tensor:
    """Moves `start` (B, S) towards a sound with this |STFT| (B, bins, frames), keeping what its phases say.

    Fast Griffin-Lim (Perraudin et al. 2013): each projection is pushed on by `momentum` times its last change.
    """
    window, samples, hop = torch.hann_window(spec.n_fft, device=start.device), start.shape[-1], spec.hop_samples
    padding = edge_padding(spec)
    spectrum = torch.stft(start, spec.n_fft, hop, window=window, pad_mode=padding, return_complex=True)
    phase, before = _phase(spectrum), torch.zeros_like(spectrum)
    for _ in range(iterations):
        wav = inverse_stft(magnitude * phase, samples, size=spec.n_fft, hop=hop)
        now = torch.stft(wav, spec.n_fft, hop, window=window, pad_mode=padding, return_complex=True)
        phase, before = _phase(torch.sub(now, before, alpha=momentum / (1.0 + momentum))), now
    return inverse_stft(magnitude * phase, samples, size=spec.n_fft, hop=hop)


def _phase(spectrum: Tensor) -> Tensor:
    """X / |X|, in half the time that complex division takes."""
    return spectrum * (spectrum.real.square() + spectrum.imag.square()).clamp_min(_TINY**2).rsqrt()


def with_last_frame(log: Tensor, spec: MelSpec) -> Tensor:
    """log-mel (B, M, K) with the closing frame that `log_mel` dropped for the "ln" specs, repeated."""
    return torch.cat([log, log[..., -1:]], dim=-1) if spec.scale == "ln" else log


def griffin_lim(log: Tensor, spec: MelSpec, generator: torch.Generator, iterations: int = 32) -> Tensor:
    """log-mel (B, M, K) -> wav (B, S), S = K * hop, or (K - 1) * hop where the spec keeps its last frame."""
    log = with_last_frame(log, spec)
    samples = (log.shape[-1] - 1) * spec.hop_samples
    noise = torch.randn(len(log), samples, generator=generator).to(log.device)
    return retrieve_phase(noise, magnitude_of(log, spec), spec, iterations=iterations)


class GriffinLim(nn.Module):
    """Griffin-Lim as a vocoder: log-mel (B, M, K) -> wav (B, K * hop), every row from the same first phases."""

    def __init__(self, spec: MelSpec, iterations: int) -> None:
        super().__init__()
        self.spec, self.iterations = spec, iterations

    def forward(self, log: Tensor) -> Tensor:
        if self.spec.scale == "db01":  # a latent has room for 512 of the 513 frames: the last is held
            log = torch.cat([log, log[..., -1:]], dim=-1)
        log = with_last_frame(log, self.spec)
        samples = (log.shape[-1] - 1) * self.spec.hop_samples
        noise = torch.randn(1, samples, generator=torch.Generator().manual_seed(0)).to(log.device)
        start = noise.expand(len(log), -1)
        return retrieve_phase(start, magnitude_of(log, self.spec), self.spec, iterations=self.iterations)
