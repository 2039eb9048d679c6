"""Steady noise: white noise through a filter that follows the mel, in place of the vocoder's noise.

Rain, wind, water and engines are noise whose spectrum moves slowly. A vocoder that retrieves phases, or learned them,
gives them fluctuations that are heard as a motor; filtered white noise has the statistics of real noise. Attacks and
partials are left to the vocoder: filtered noise would smear attacks and make tones rough.

    sound = vocoder x sqrt(1 - noise share) + filtered noise x sqrt(noise share), in an STFT
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as nnf
from torch import Tensor

from foleycli.networks.codecs.mel import log_mel
from foleycli.networks.codecs.noise_share import noise_share
from foleycli.networks.codecs.overlap_add import inverse_stft
from foleycli.networks.codecs.vocoder import envelope_map
from foleycli.specs import MelSpec

SCALE = MelSpec.FULL_BAND
SIZE, HOP = 1024, 256  # of the STFT: short enough for a level that moves
EVEN_FRAMES = 31  # to each side: half a second
LEAST_SHARE, TINY = 1e-3, 1e-9
HEARD_NAT = 1.5  # above the mel's floor: where sound is whole
WHITE_SECONDS, WHITE_SEED = 16, 5


def filtered_noise(mel: Tensor, noise: Tensor) -> Tensor:
    """White noise (1 or B, S) of unit variance -> noise (B, S) whose log-mel is, in the mean, `mel` (B, M, K)."""
    return _synthesis(_noise_spectrum(mel, noise), noise.shape[-1])


def with_steady_noise(sound: Tensor, mel: Tensor, noise: Tensor, *, even: Tensor | None = None) -> Tensor:
    """The sound (B, S) of a mean log-mel (B, M, K), its steady noise replaced by filtered white `noise` (1 or B, S).

    Where `even` (B, K) is 1 the noise has the mean level of the second around in every bin, 0 leaves its own.
    """
    share = noise_share(mel)
    level = mel if even is None else _evened(mel, share, even)
    spectrum, filtered = _analysis(sound), _noise_spectrum(level, noise)
    mix = _at_bins(share, spectrum.shape[-1])
    return _synthesis(spectrum * (1 - mix).sqrt() + filtered * mix.sqrt(), sound.shape[-1])


def _evened(mel: Tensor, share: Tensor, even: Tensor) -> Tensor:
    """The mel, where `even` (B, K) is 1, as the mean of its noise in the second around; an attack does not count."""
    weight = even[:, None].to(mel) * share.clamp_min(LEAST_SHARE)
    total, count = (
        nnf.avg_pool1d(each, 2 * EVEN_FRAMES + 1, stride=1, padding=EVEN_FRAMES) for each in (mel * weight, weight)
    )
    return torch.where(even[:, None] > 0, total / count.clamp_min(TINY), mel)


def _noise_spectrum(mel: Tensor, noise: Tensor) -> Tensor:
    spectrum = _analysis(noise)
    gain = _at_bins(mel - _white_mel().to(mel)[:, None], spectrum.shape[-1]).exp()
    heard = ((mel - math.log(SCALE.floor)) / HEARD_NAT).clamp(0, 1)  # the floor itself is digital silence
    return spectrum * gain * _at_bins(heard, spectrum.shape[-1])


@lru_cache(maxsize=1)
def _white_mel() -> Tensor:
    """The mean log-mel (M,) of white noise of unit variance."""
    white = torch.randn(1, WHITE_SECONDS * SCALE.sample_rate, generator=torch.Generator().manual_seed(WHITE_SEED))
    return log_mel(white, SCALE)[0].mean(1)


def _at_bins(values: Tensor, frames: int) -> Tensor:
    """Values (B, M, K) of a mel at the bins and frames of the STFT, (B, bins, frames)."""
    weights, _ = envelope_map(SCALE, SIZE // 2 + 1)
    last = values.shape[-1] - 1
    place = (torch.arange(frames, device=values.device) * (HOP / SCALE.hop_samples)).clamp_max(last)
    before = place.long()
    after = (before + 1).clamp_max(last)
    finer = torch.lerp(values[..., before], values[..., after], (place - before).to(values))
    return weights.to(values) @ finer


def _analysis(sound: Tensor) -> Tensor:
    window = torch.hann_window(SIZE, device=sound.device)
    return torch.stft(sound, SIZE, HOP, window=window, return_complex=True)


def _synthesis(spectrum: Tensor, samples: int) -> Tensor:
    return inverse_stft(spectrum, samples, size=SIZE, hop=HOP)
