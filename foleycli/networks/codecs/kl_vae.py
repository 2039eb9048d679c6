"""mel <-> latent through the halves of diffusers' AutoencoderKL: a mel is a picture of one channel, or of three alike.

AudioLDM:          mel (64, 816)  as 1 x 816 x 64,  time first  <->  8 x 204 x 16
Stable Diffusion:  mel (128, 512) as 3 x 128 x 512              <->  4 x 16 x 64;  on the way back one channel is kept
"""

from __future__ import annotations

from typing import Any

from einops import rearrange
from torch import Tensor, nn

from foleycli.specs import KlVaeSpec

_CHANNELS = {"red": 0, "green": 1, "blue": 2}


class KlDecoder(nn.Module):
    """Latent (B, C, F, L), or time first (B, C, L, F), as the spec says -> log-mel (B, M, K)."""

    def __init__(self, spec: KlVaeSpec) -> None:
        from diffusers.models.autoencoders.vae import Decoder

        super().__init__()
        self.spec = spec
        self.post_quant_conv = nn.Conv2d(spec.latent_channels, spec.latent_channels, 1)
        self.decoder = Decoder(
            in_channels=spec.latent_channels,
            out_channels=spec.picture_channels,
            up_block_types=("UpDecoderBlock2D",) * len(spec.widths),
            **_body(spec),
        )

    def forward(self, latent: Tensor) -> Tensor:
        picture: Tensor = self.decoder(self.post_quant_conv(latent / self.spec.latent_divisor))  # (B, 1 or 3, M, K)
        return self._kept(picture) if self.spec.layout == "image" else self._kept(picture).transpose(1, 2)

    def _kept(self, picture: Tensor) -> Tensor:
        if self.spec.keep == "mean":
            return picture.mean(dim=1)
        return picture[:, _CHANNELS[self.spec.keep] if self.spec.picture_channels > 1 else 0]


class KlEncoder(nn.Module):
    """Log-mel (B, M, K) -> the mean latent as `KlDecoder` takes it: what a transformer is trained on."""

    def __init__(self, spec: KlVaeSpec) -> None:
        from diffusers.models.autoencoders.vae import Encoder

        super().__init__()
        self.spec = spec
        self.encoder = Encoder(
            in_channels=spec.picture_channels,
            out_channels=spec.latent_channels,
            down_block_types=("DownEncoderBlock2D",) * len(spec.widths),
            double_z=True,
            **_body(spec),
        )
        self.quant_conv = nn.Conv2d(2 * spec.latent_channels, 2 * spec.latent_channels, 1)

    def forward(self, mel: Tensor) -> Tensor:
        axes = "m k" if self.spec.layout == "image" else "k m"
        picture = rearrange(mel, f"b m k -> b 1 {axes}").expand(-1, self.spec.picture_channels, -1, -1)
        mean, _ = self.quant_conv(self.encoder(picture)).chunk(2, dim=1)
        scaled: Tensor = mean * self.spec.latent_divisor
        return scaled


def _body(spec: KlVaeSpec) -> dict[str, Any]:
    return {
        "block_out_channels": spec.widths,
        "layers_per_block": spec.blocks,
        "norm_num_groups": spec.groups,
    }
