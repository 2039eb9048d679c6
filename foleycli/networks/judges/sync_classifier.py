"""A network that says whether a sound belongs to a picture. Used for evaluation, never to make sound.

motion grid (T, 8, 16, 16) -> nine curves of each of 4 x 4 cells -> convolved through time, cells merged -> (T, 32) \
                                                                             their product, -> logit
waveform -> log-mel of 16 bands at 50 Hz, and its rises -> convolved through time ------------------------> (T, 32) /

It works at 25 steps a second on pieces of any length from about 2.5 s. Diff-Foley (Luo et al., 2023) calls the share of
tracks that such a classifier takes for true ones "alignment accuracy".
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn

from foleycli.networks.codecs.mel import log_mel
from foleycli.specs import MelSpec

BANDS = MelSpec(sample_rate=32000, n_fft=1024, hop_samples=640, mels=16, f_min_hz=60.0, f_max_hz=14000.0, scale="ln")
STEPS_PER_SECOND = 25
FRAMES_PER_STEP = 2  # of BANDS
CELLS = 4  # on each side
CURVES = 9
RANGE = 7.0  # natural log units under the loudest band that count: 61 dB


@dataclass(frozen=True)
class SyncClassifierSpec:
    """Widths of the layers, and the taps (steps of 40 ms) of each convolution."""

    cell_width: int = 16
    sound_width: int = 48
    shared: int = 32
    joint: int = 48
    taps: int = 5


class SyncClassifierNet(nn.Module):
    """Curves of the picture (B, T, 16, 9) and bands of the sound (B, 2 T, 16) -> logit (B,): above 0 is aligned."""

    def __init__(self, spec: SyncClassifierSpec) -> None:
        super().__init__()
        self.spec = spec
        heard = 2 * FRAMES_PER_STEP * BANDS.mels
        self.cell = nn.Sequential(_conv(CURVES, spec.cell_width, spec), nn.GELU(),
                                  _conv(spec.cell_width, spec.cell_width, spec, dilation=2), nn.GELU())  # fmt: skip
        self.picture = nn.Conv1d(2 * spec.cell_width, spec.shared, 1)
        self.sound = nn.Sequential(
            _conv(heard, spec.sound_width, spec), nn.GELU(), _conv(spec.sound_width, spec.shared, spec)
        )
        self.joint = nn.Sequential(
            _conv(3 * spec.shared, spec.joint, spec),
            nn.GELU(),
            _conv(spec.joint, spec.joint, spec, dilation=3),
            nn.GELU(),
        )
        self.verdict = nn.Linear(2 * spec.joint, 1)

    def forward(self, curves: Tensor, bands: Tensor) -> Tensor:
        count, cells = len(curves), curves.shape[2]
        each = self.cell(rearrange(curves, "b t n c -> (b n) c t"))
        each = rearrange(each, "(b n) w t -> b n w t", b=count, n=cells)
        seen = _standard(self.picture(torch.cat([each.amax(1), each.mean(1)], 1)))  # (B, W, T)
        heard = _standard(self.sound(rearrange(with_rises(bands), "b (t f) m -> b (f m) t", f=FRAMES_PER_STEP)))
        joint = self.joint(torch.cat([seen, heard, seen * heard], 1))  # (B, J, T)
        logit: Tensor = self.verdict(torch.cat([joint.mean(2), joint.amax(2)], 1))[:, 0]
        return logit


def _conv(here: int, there: int, spec: SyncClassifierSpec, dilation: int = 1) -> nn.Conv1d:
    return nn.Conv1d(here, there, spec.taps, padding=spec.taps // 2 * dilation, dilation=dilation)


def _standard(curves: Tensor) -> Tensor:
    """Curves (B, W, T) with mean 0 and deviation 1 through the piece: what is constant agrees with nothing."""
    centred = curves - curves.mean(2, keepdim=True)
    return centred / (centred.square().mean(2, keepdim=True) + 1e-3).sqrt()


def motion_curves(grid: Tensor) -> Tensor:
    """Motion grid (B, T, 8, 16, 16) -> nine curves of 4 x 4 cells (B, T, 16, 9).

    Means of u, v (fine, coarse), energy and grey; largest speed (fine, coarse) and largest energy.
    """
    cells = rearrange(grid, "b t c (y h) (x w) -> b t (y x) c (h w)", y=CELLS, x=CELLS)
    mean = cells.mean(-1)
    speeds = [cells[..., first : first + 2, :].square().sum(-2).amax(-1).sqrt() for first in (0, 2)]
    largest = cells[..., 5, :].amax(-1)
    return torch.cat([mean[..., :5], mean[..., 7:], torch.stack([*speeds, largest], -1)], -1)


def sound_bands(wave: Tensor) -> Tensor:
    """Waveform (B, S) at 32 kHz -> log-mel (B, K, 16), 50 frames a second."""
    return log_mel(wave, BANDS).transpose(1, 2)


def with_rises(bands: Tensor) -> Tensor:
    """Log-mel (B, K, 16) -> levels under the loudest, 0..1, and by how much each has risen: (B, K, 32)."""
    loudest = bands.amax((1, 2), keepdim=True)
    level = (bands - loudest).clamp_min(-RANGE) / RANGE + 1
    before = torch.cat([level[:, :1], level[:, :-1]], 1)
    return torch.cat([level, 3 * (level - before).clamp_min(0)], 2)
