"""Cue curves and the small network that folds them into MDSGen's 32 x 512 video features.

    cue list -> curves (256, channels) at 31.25 fps -> held -> per-frame Linear -> fold 8:1 -> MLP -> (32, 512)

Channels: 0 onset bump, 1 onset bump times strength, 2 activity, then one per class of hits, one per class of spans.
A class channel holds the bump (or the activity) of the cues that name it; a cue without a name leaves them all at zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from foleycli.cuesheet import Cue
from foleycli.specs import WINDOW_SECONDS, CueSpec

BUMP_SECONDS = 0.020  # standard deviation: under one frame of 32 ms, so two neighbours tell the place between them
EDGE_SECONDS = 0.060  # a span starts and stops over this long


def cue_curves(cues: Sequence[Cue], start_seconds: float, spec: CueSpec) -> npt.NDArray[np.float32]:
    """Curves (frames, channels) of the window that starts at `start_seconds`; muted cues leave no trace."""
    frame_seconds = float(WINDOW_SECONDS) / spec.frames
    times = start_seconds + (np.arange(spec.frames) + 0.5) * frame_seconds
    curves = np.zeros((spec.frames, spec.channels), np.float32)
    for cue in cues:
        if cue.mute:
            continue
        channel = 3 + spec.classes.index(cue.sound) if cue.sound in spec.classes else None
        if cue.stop is None:
            if not times[0] - 0.2 < cue.time < times[-1] + 0.2:
                continue
            bump = np.exp(-0.5 * ((times - cue.time) / BUMP_SECONDS) ** 2).astype(np.float32)
            curves[:, 0] = np.maximum(curves[:, 0], bump)
            curves[:, 1] = np.maximum(curves[:, 1], bump * cue.strength)
        else:
            rise = np.clip((times - cue.time) / EDGE_SECONDS + 0.5, 0, 1)
            fall = np.clip((cue.stop - times) / EDGE_SECONDS + 0.5, 0, 1)
            bump = (np.minimum(rise, fall) * cue.strength).astype(np.float32)
            curves[:, 2] = np.maximum(curves[:, 2], bump)
            channel = None if channel is None else channel + len(spec.classes)
        if channel is not None:
            curves[:, channel] = np.maximum(curves[:, channel], bump)
    return curves


class CueEncoder(nn.Module):
    """Cue curves (B, 256, channels) -> features (B, 32, 512).

    With `held_seconds`, a hit and its name ring on behind it, and every frame is told which sounds the window has: a
    column of the latent then knows what decays in it without looking for the hit.
    """

    decays: Tensor  # (N, frames)

    def __init__(self, spec: CueSpec) -> None:
        super().__init__()
        self.spec = spec
        named = len(spec.classes)
        held = len(spec.held_seconds) * (1 + named)
        self.frame = nn.Linear(spec.channels + held, spec.embedding)
        self.present = nn.Linear(2 * named, spec.embedding, bias=False) if held else None
        folded = spec.fold * spec.embedding
        self.mlp = nn.Sequential(nn.Linear(folded, spec.features), nn.SiLU(), nn.Linear(spec.features, spec.features))
        self.register_buffer("decays", _decays(spec), persistent=False)

    def forward(self, curves: Tensor) -> Tensor:
        frames = self.frame(torch.cat([curves, *self._held(curves)], dim=2))  # (B, 256, E)
        if self.present is not None:
            frames = frames + self.present(curves[:, :, 3:].amax(1))[:, None]
        folded = rearrange(frames, "b (t fold) e -> b t (fold e)", fold=self.spec.fold)  # (B, 32, 8 E)
        features: Tensor = self.mlp(folded)  # (B, 32, 512)
        return features

    def _held(self, curves: Tensor) -> list[Tensor]:
        """Onset and classes of hits, ringing on: (B, 256, 1 + classes) per decay."""
        if not self.spec.held_seconds:
            return []
        last = 3 + len(self.spec.classes)
        hits = torch.cat([curves[:, :, :1], curves[:, :, 3:last]], dim=2)
        count = len(hits)
        lines = rearrange(hits, "b t c -> (b c) 1 t")
        reach = self.decays.shape[-1] - 1
        held = [F.conv1d(F.pad(lines, (reach, 0)), decay[None, None]).clamp_max(1.0) for decay in self.decays]
        return [rearrange(one, "(b c) 1 t -> b t c", b=count) for one in held]


def _decays(spec: CueSpec) -> Tensor:
    """Exponential decays (N, frames), oldest first, by which a convolution makes a hit ring on."""
    frame_seconds = float(WINDOW_SECONDS) / spec.frames
    ages = torch.arange(round(3 * max(spec.held_seconds, default=0.0) / frame_seconds), -1, -1.0) * frame_seconds
    return torch.stack([(-ages / seconds).exp() for seconds in spec.held_seconds or (1.0,)])


def curves_batch(cues: Sequence[Cue], starts: Sequence[float], spec: CueSpec) -> Tensor:
    """Curves (B, 256, channels) of several windows."""
    return torch.from_numpy(np.stack([cue_curves(cues, start, spec) for start in starts]))
