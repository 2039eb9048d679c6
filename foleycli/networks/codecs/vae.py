"""The mel VAE: log-mel (B, M, K) <-> latent (B, C, M / 8, K / 8), convolutions only.

Most width sits at low resolution, where a position is cheap; the full-resolution mel is touched by one convolution on
each side. Sounds of different pitch are different things, so each level knows its bin (a learned offset per bin).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from foleycli.networks.codecs.layers import BinOffset, ChannelNorm, ResidualBlock
from foleycli.networks.codecs.noise_share import between_partials
from foleycli.networks.codecs.texture import NOISE_MAPS, Texture
from foleycli.specs import VaeSpec

_LOG_VARIANCE_RANGE = (-12.0, 6.0)
_FULL_RESOLUTION = 4  # the decoder's last layers: to 4 x the channels, pixel shuffle, activation, convolution
GRAIN_ALONG = (0.45, 1.0, 0.45)  # neighbouring frames share three quarters of their samples
GRAIN_ACROSS = (0.2, 1.0, 0.2)  # and neighbouring bins some of their spectrum
GRAIN_FLOOR, GRAIN_RISE = 1.0, 2.0  # nat above the mel's floor where grain begins, and until it is whole


@dataclass(frozen=True)
class Moments:
    """Mean and log-variance of the posterior, (B, C, F, L) each, before `latent_scale`."""

    mean: Tensor
    log_variance: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        return self.mean + (0.5 * self.log_variance).exp() * noise

    def divergence(self) -> Tensor:
        """KL to a unit Gaussian, mean over all elements, in nats."""
        return 0.5 * (self.mean.square() + self.log_variance.exp() - 1.0 - self.log_variance).mean()


class MelVae(nn.Module):
    """A convolutional KL VAE over log-mels."""

    def __init__(self, spec: VaeSpec, mels: int = 128) -> None:
        super().__init__()
        self.spec = spec
        widths, channels = spec.widths, spec.latent_channels
        self.encoder, self.decoder = nn.Sequential(), nn.Sequential()
        before = 1
        for level, width in enumerate(widths):
            self.encoder.append(nn.Conv2d(before, width, 4, stride=2, padding=1))
            self.encoder.append(BinOffset(width, mels >> (level + 1)))
            self.encoder.extend(ResidualBlock(width) for _ in range(spec.encoder_blocks[level]))
            before = width
        self.encoder.append(ChannelNorm(before))
        self.encoder.append(nn.SiLU())
        self.encoder.append(nn.Conv2d(before, 2 * channels, 3, padding=1))
        self.decoder.append(nn.Conv2d(channels, before, 3, padding=1))
        for level, width in reversed(list(enumerate(widths))):
            self.decoder.append(BinOffset(width, mels >> (level + 1)))
            self.decoder.extend(ResidualBlock(width) for _ in range(spec.decoder_blocks[level]))
            after = widths[level - 1] if level else spec.last_width
            self.decoder.append(nn.Conv2d(width, 4 * after, 3 if level else 1, padding=1 if level else 0))
            self.decoder.append(nn.PixelShuffle(2))  # sharper in time than a transposed convolution
        self.decoder.append(nn.SiLU())
        self.decoder.append(nn.Conv2d(spec.last_width, 1, 5, padding=2))
        self.texture = Texture(spec, mels) if spec.texture_width else None

    def encode_moments(self, mel: Tensor) -> Moments:
        """mel (B, M, K) -> posterior over (B, C, M / 8, K / 8), unscaled: for training."""
        x = ((mel - self.spec.mel_mean) / self.spec.mel_std)[:, None]
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        return Moments(mean, log_variance.clamp(*_LOG_VARIANCE_RANGE))

    def encode(self, mel: Tensor) -> Tensor:
        """mel (B, M, K) -> the mean latent (B, C, M / 8, K / 8) at about unit variance."""
        return self.encode_moments(mel).mean * self.spec.latent_scale

    def decode(self, latent: Tensor) -> Tensor:
        """Latent (B, C, F, L) as `encode` gives it -> mel (B, 8 F, 8 L), never under the mel floor."""
        return self.decode_raw(latent / self.spec.latent_scale).clamp_min(math.log(1e-5))

    @property
    def noise_maps(self) -> int:
        """How many white noises of the mel's size `draw` wants."""
        return NOISE_MAPS if self.texture is not None else 1

    def draw(self, latent: Tensor, noise: Tensor) -> Tensor:
        """Latent (B, C, F, L) and white noise (B, `noise_maps`, M, K) -> one of the mels (B, M, K) it may stand for.

        With a texture network the fine structure is learned, else it is grain; the same noise gives the same mel.
        """
        return self.mean_and_draw(latent, noise)[1]

    def mean_and_draw(self, latent: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """The mel (B, M, K) without any fine structure, as `decode` gives it, and that of `draw`."""
        if self.texture is None:
            mean = self.decode(latent)
            return mean, self.grained(mean, noise[:, 0])
        mean, added = self.draw_raw(latent, noise)
        smooth, drawn = (mel * self.spec.mel_std + self.spec.mel_mean for mel in (mean, mean + added))
        return smooth.clamp_min(math.log(1e-5)), drawn.clamp_min(math.log(1e-5))

    def draw_raw(self, latent: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """The mean mel and what the texture network adds (B, M, K), both in deviations of the mel: for training."""
        if self.texture is None:
            raise ValueError("MelVae: draw_raw wants a spec with a texture_width")
        x = latent / self.spec.latent_scale
        with torch.no_grad():  # the decoder is trained before
            layers = list(self.decoder)
            features = nn.Sequential(*layers[:-_FULL_RESOLUTION])(x)
            mean = nn.Sequential(*layers[-_FULL_RESOLUTION:])(features)[:, 0]
        return mean, _heard(mean * self.spec.mel_std + self.spec.mel_mean) * self.texture(features, mean, noise)

    def grained(self, mel: Tensor, noise: Tensor) -> Tensor:
        """A decoded mel (B, M, K) with the unrest of a real one put back by white `noise` (B, M, K).

        A mel of noise is itself noisy, more so in narrow bins; decoders give its mean, which sounds like hiss. Silence
        and the partials of tones are left as they are: noise in them makes tones rough.
        """
        low, high = self.spec.grain
        if not (low or high):
            return mel
        kernel = noise.new_tensor(GRAIN_ACROSS)[:, None] * noise.new_tensor(GRAIN_ALONG)
        grain = nnf.conv2d(noise[:, None], (kernel / kernel.square().sum().sqrt())[None, None], padding=1)[:, 0]
        deviation = torch.linspace(low, high, mel.shape[1], device=mel.device)[:, None]
        return mel + _heard(mel) * between_partials(mel) * deviation * grain

    def decode_raw(self, latent: Tensor) -> Tensor:
        """Unscaled latent -> mel without the floor, whose gradient would end there: for training."""
        mel: Tensor = self.decoder(latent)[:, 0] * self.spec.mel_std + self.spec.mel_mean
        return mel


def _heard(mel: Tensor) -> Tensor:
    """0 where a log-mel lies at its floor, 1 where it sounds."""
    return ((mel - math.log(1e-5) - GRAIN_FLOOR) / GRAIN_RISE).clamp(0, 1)
