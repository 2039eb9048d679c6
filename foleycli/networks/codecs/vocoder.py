"""Vocoders: log-mel (B, M, K) -> waveform (B, S).

The built-in one lets a network refine a few steps of Griffin-Lim, as most of what foley makes is noise, whose phases
cannot be learned and need not be:

    mel -> phase retrieval from fixed noise -> STFT ---------------- x gain --(+)-- iSTFT -> corrections -> sound
     |                                          v                     ^        ^
     +-> ConvNeXt over mel frames -> sub-frames (+) -> ConvNeXt -> head --> predicted part

The network is a ConvNeXt with an inverse-STFT head (Vocos, Siuzdak 2023) on sub-frames of 8 ms, since attacks are
shorter than a mel frame; its levels are relative to the mel read as an envelope, so silence stays silent.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as nnf
from einops import rearrange
from torch import Tensor, nn

from foleycli.networks.codecs.griffin_lim import magnitude_of, retrieve_phase, with_last_frame
from foleycli.networks.codecs.mel import hz_to_mel, mel_bank
from foleycli.networks.codecs.overlap_add import inverse_stft
from foleycli.specs import MelSpec, VocoderSpec

_MEL_CENTRE, _MEL_SPREAD = -6.0, 3.0  # natural-log mels lie in -11.5..2
_LEVEL_RANGE = 6.0  # a head may move a bin by e^-6..e^6 from the envelope
_TINY = 1e-7
_MOST_CORRECTION = 2.5  # log units a step
_CORRECTION_MOMENTUM = 0.7
_GATE_FLOOR = 1.5  # log units above the mel floor where sound fades in: the floor itself is digital silence
_INVERSION_STEPS = 6
_SEEN_RANGE = 4.0  # log units


def _mel_centres(mel: MelSpec) -> np.ndarray:
    lowest, highest = hz_to_mel(np.array([mel.f_min_hz, mel.f_max_hz]))
    return np.linspace(lowest, highest, mel.mels + 2)[1:-1]


@lru_cache(maxsize=4)
def envelope_map(mel: MelSpec, bins: int) -> tuple[Tensor, Tensor]:
    """Weights (bins, M) and bias (bins,) that read a log-mel as log |X| at `bins` frequencies from 0 to Nyquist."""
    centres = _mel_centres(mel)
    places = np.interp(hz_to_mel(np.linspace(0, mel.sample_rate / 2, bins)), centres, np.arange(mel.mels))
    weights = np.maximum(0.0, 1.0 - np.abs(places[:, None] - np.arange(mel.mels)[None]))
    gain = np.log(mel_bank(mel).sum(dim=1).numpy())  # a flat |X| = 1 has this log-mel
    half_window = 0.5 * np.log(mel.n_fft / (2.0 * (bins - 1)))  # noise in a shorter window has a smaller |X|
    bias = -(weights @ gain) - half_window
    return torch.from_numpy(weights.astype(np.float32)), torch.from_numpy(bias.astype(np.float32))


class ConvNextBlock(nn.Module):
    """Depthwise conv over time, then a per-frame MLP, on (B, W, K) (ConvNeXt, Liu et al. 2022)."""

    def __init__(self, width: int, expansion: int = 3, layer_scale: float = 0.2) -> None:
        super().__init__()
        self.mix_time = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, expansion * width)
        self.contract = nn.Linear(expansion * width, width)
        self.scale = nn.Parameter(torch.full((width,), layer_scale))

    def forward(self, x: Tensor) -> Tensor:
        y = self.mix_time(x).transpose(1, 2)  # (B, K, W)
        y = self.scale * self.contract(nnf.gelu(self.expand(self.norm(y))))
        out: Tensor = x + y.transpose(1, 2)  # (B, W, K)
        return out


class IstftVocoder(nn.Module):
    """ConvNeXt backbone and inverse-STFT head: mel (B, M, K) -> wav (B, K * hop)."""

    window: Tensor
    mel_window: Tensor
    correction_weights: Tensor
    envelope_weights: Tensor
    envelope_bias: Tensor

    def __init__(self, spec: VocoderSpec) -> None:
        super().__init__()
        if spec.kind != "istft" or spec.hop_samples % spec.subframes:
            raise ValueError("IstftVocoder: wants kind 'istft' and a hop that is a whole number of sub-frames")
        self.spec = spec
        self.hop = spec.hop_samples // spec.subframes
        width, bins = spec.width, spec.n_fft // 2 + 1
        self.stem = nn.Conv1d(spec.mels, width, 7, padding=3)
        self.stem_norm = nn.LayerNorm(width)
        self.frame_blocks = nn.Sequential(*(ConvNextBlock(width) for _ in range(spec.blocks - spec.subframe_blocks)))
        self.split = nn.Conv1d(width, width * spec.subframes, 1)
        self.see = nn.Conv1d(bins, width, 1)
        self.subframe_blocks = nn.Sequential(*(ConvNextBlock(width) for _ in range(spec.subframe_blocks)))
        self.head_norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 4 * bins)  # per bin: level and direction of the predicted part, gain
        self.register_buffer("window", torch.hann_window(spec.n_fft), persistent=False)
        self.register_buffer("mel_window", torch.hann_window(MelSpec.FULL_BAND.n_fft), persistent=False)
        correction, _ = envelope_map(MelSpec.FULL_BAND, MelSpec.FULL_BAND.n_fft // 2 + 1)
        self.register_buffer("correction_weights", correction, persistent=False)
        weights, bias = envelope_map(MelSpec.FULL_BAND, bins)
        self.register_buffer("envelope_weights", weights, persistent=False)
        self.register_buffer("envelope_bias", bias, persistent=False)
        self._init_head(bins)

    def _init_head(self, bins: int) -> None:
        """Starts as the plain phase retrieval: gains of 1, and a predicted part that is small and blind."""
        nn.init.zeros_(self.see.weight)  # grows as it proves useful
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        with torch.no_grad():
            self.head.bias[:bins] = -2.0  # the predicted part begins low: its directions are random

    def forward(self, mel: Tensor, noise: Tensor | None = None) -> Tensor:
        """Noise: white, (1, S) or (B, S), where the phases start; the same fixed one when not given."""
        if noise is None:
            samples = mel.shape[-1] * self.spec.hop_samples
            noise = torch.randn(1, samples, generator=torch.Generator().manual_seed(0)).to(mel.device)
        wav = self.refine(mel, self.excite(mel, noise))
        return self.agree(wav, mel, self.spec.corrections)

    @torch.no_grad()
    def excite(self, mel: Tensor, noise: Tensor) -> Tensor:
        """Griffin-Lim's first steps from the phases of noise (1 or B, S) -> wav (B, S)."""
        magnitude = magnitude_of(with_last_frame(mel, MelSpec.FULL_BAND), MelSpec.FULL_BAND, _INVERSION_STEPS)
        return retrieve_phase(
            noise.expand(len(mel), -1), magnitude, MelSpec.FULL_BAND, iterations=self.spec.projections
        )

    def agree(self, wav: Tensor, mel: Tensor, corrections: int) -> Tensor:
        """Moves wav (B, S) towards having exactly this mel: each STFT bin is scaled by wanted / found mel.

        Like Griffin-Lim's projection, but it keeps the fine structure inside each mel band.
        """
        scale = MelSpec.FULL_BAND
        bank, window = mel_bank(scale, wav.device), self.mel_window
        wanted, before = with_last_frame(mel, scale), wav
        for step in range(corrections):
            spectrum = torch.stft(wav, scale.n_fft, scale.hop_samples, window=window, return_complex=True)
            found = (bank @ (spectrum.abs() + _TINY)).clamp_min(scale.floor).log()
            gain = (self.correction_weights @ (wanted - found).clamp(-_MOST_CORRECTION, _MOST_CORRECTION)).exp()
            moved = inverse_stft(spectrum * gain, wav.shape[-1], size=scale.n_fft, hop=scale.hop_samples)
            push = _CORRECTION_MOMENTUM if step else 0.0  # the first step mends the level: nothing to build on
            wav, before = moved + push * (moved - before), moved
        return before

    def refine(self, mel: Tensor, wav: Tensor) -> Tensor:
        """The network: wav (B, S) of about this mel, filtered bin by bin, plus a predicted part -> (B, S)."""
        size, hop, window = self.spec.n_fft, self.hop, self.window
        envelope, gate = self._envelope(mel)  # (B, bins, J), J = K * subframes
        spectrum = torch.stft(wav, size, hop, window=window, return_complex=True)[..., : envelope.shape[-1]]
        seen = ((spectrum.abs() + _TINY).log() - envelope).clamp(-_SEEN_RANGE, _SEEN_RANGE)
        level, real, imaginary, gain = self._heads(mel, seen)
        tone = (envelope + _bounded(level)).exp() * 4.0
        spectrum = gate * (spectrum * _bounded(gain).exp() + torch.complex(tone * real, tone * imaginary))
        return inverse_stft(spectrum, wav.shape[-1], size=size, hop=hop)

    def _heads(self, mel: Tensor, seen: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Level, real and imaginary direction of the predicted part, and gain: (B, bins, J) each."""
        x = self.stem((mel - _MEL_CENTRE) / _MEL_SPREAD)  # (B, W, K)
        x = self.stem_norm(x.transpose(1, 2)).transpose(1, 2)
        x = self.frame_blocks(x)
        x = rearrange(self.split(x), "b (w j) k -> b w (k j)", j=self.spec.subframes)  # (B, W, J)
        x = self.subframe_blocks(x + self.see(seen)).transpose(1, 2)
        level, real, imaginary, gain = self.head(self.head_norm(x)).transpose(1, 2).float().chunk(4, dim=1)
        return level, real, imaginary, gain

    def _envelope(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        """The mel as log |X| (B, bins, J), and a gate that is 0 where the mel lies at its floor."""
        after = torch.cat([mel[..., 1:], mel[..., -1:]], dim=-1).float()
        shares = [index / self.spec.subframes for index in range(self.spec.subframes)]
        finer = torch.stack([torch.lerp(mel.float(), after, share) for share in shares], dim=-1).flatten(-2)
        above = (finer - float(np.log(MelSpec.FULL_BAND.floor))) / _GATE_FLOOR
        return (
            self.envelope_weights @ finer + self.envelope_bias[:, None],
            (self.envelope_weights @ above).clamp(0.0, 1.0),
        )


def _bounded(level: Tensor) -> Tensor:
    return _LEVEL_RANGE * torch.tanh(level / _LEVEL_RANGE)
