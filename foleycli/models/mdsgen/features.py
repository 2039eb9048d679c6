"""What MDSGen sees of a window: 32 rows of features, four a second, each of length 1.

CAVP:      32 colour pictures of 224 x 224 -> (32, 512), as the paper has it
stand-in:  200 grey pictures of 64 x 64 -> what a spotter sees in each -> mean and largest of each row, (32, 4 W)

The stand-in is ours and is meant for machines that lack CAVP's weights. It sees motion in grey, not what things are.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from foleycli.networks.vision.cavp import FRAME_PIXELS, FRAMES_PER_SECOND, CavpVideoEncoder
from foleycli.networks.vision.flow import motion_grid
from foleycli.networks.vision.spotter import Spotter
from foleycli.video.frames import FrameReader
from foleycli.video.probe import VideoInfo

ROWS = 32  # of a window
SEEN_SECONDS = Fraction(ROWS, FRAMES_PER_SECOND)  # of the 8.192 that a window lasts


class WindowFeatures(Protocol):
    """A frozen video encoder."""

    @property
    def width(self) -> int:
        """Numbers in a row."""
        ...

    def of(self, info: VideoInfo, start: Fraction) -> Tensor:
        """Features (1, 32, width) of the window that starts so many seconds after the first picture."""
        ...


@dataclass(frozen=True)
class CavpFeatures:
    """Diff-Foley's CAVP, with its published weights."""

    network: CavpVideoEncoder

    @property
    def width(self) -> int:
        return self.network.project.out_features

    @torch.inference_mode()
    def of(self, info: VideoInfo, start: Fraction) -> Tensor:
        with FrameReader(info, FRAMES_PER_SECOND, (FRAME_PIXELS, FRAME_PIXELS)) as reader:
            pictures = torch.from_numpy(reader.read(start, start + SEEN_SECONDS))  # (T, H, W, 3)
        device = self.network.project.weight.device
        frames = rearrange(pictures, "t h w c -> 1 t c h w").to(device, torch.float32) / 255
        return self.network.encode(frames)


@dataclass(frozen=True)
class SpotterFeatures:
    """The stand-in for CAVP: the layers of a spotter below its heads."""

    network: Spotter

    @property
    def width(self) -> int:
        return 4 * self.network.spec.width

    @torch.inference_mode()
    def of(self, info: VideoInfo, start: Fraction) -> Tensor:
        spec = self.network.spec
        with FrameReader(info, spec.frames_per_second, (spec.size_pixels, spec.size_pixels), grey=True) as reader:
            pictures = torch.from_numpy(reader.read(start, start + SEEN_SECONDS))  # (T, H, W)
        grid = motion_grid(pictures[None].to(self.network.stem.weight.device).float() / 255)
        seen = self.network.frame_features(grid).transpose(1, 2)  # (1, 2 W, T)
        rows = torch.cat([F.adaptive_avg_pool1d(seen, ROWS), F.adaptive_max_pool1d(seen, ROWS)], dim=1)
        return F.normalize(rows.transpose(1, 2), dim=-1)
