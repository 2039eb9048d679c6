"""A small network that names a second of sound. FAD uses its last hidden layer ("foley-ears-v1").

log-mel (128, 64) -> halved (64, 32) -> level taken out -> four strided convolutions -> (192, 4, 2) -> 64 -> 50 names

Nothing is pooled: the second begins at a cue and pitch has a meaning, so a place means the same in every excerpt.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from einops import rearrange
from torch import Tensor, nn

from foleycli.specs import MelSpec, SoundClassifierSpec

RANGE = 9.0  # natural log units under the loudest bin that count: 78 dB
SILENT = -9.0  # log-mel of full-band mels; quieter sound is not named
LEAD_FRAMES = 4  # before the cue, so that the rise of an attack is seen


class SoundClassifierNet(nn.Module):
    """Halved log-mel (B, M / 2, 32) -> logits (B, classes); the level of the sound makes no difference."""

    def __init__(self, spec: SoundClassifierSpec) -> None:
        super().__init__()
        self.spec = spec
        stages: list[nn.Module] = []
        for number, (here, there) in enumerate(pairwise((1, *spec.widths))):
            size = 5 if number == 0 else 3
            stages += [nn.Conv2d(here, there, size, 2, size // 2, bias=False), nn.BatchNorm2d(there), nn.ReLU()]
        self.body = nn.Sequential(*stages)
        halvings = 2 ** (1 + len(spec.widths))
        seen = spec.widths[-1] * (spec.mels // halvings) * (spec.frames // halvings)
        self.dropout = nn.Dropout(spec.dropout)
        self.hidden = nn.Linear(seen, spec.embedding)
        self.names = nn.Linear(spec.embedding, len(spec.classes))

    def embed(self, halved: Tensor) -> Tensor:
        """`halve`d log-mel (B, M, K) -> embedding (B, D)."""
        loudest = halved.amax((1, 2), keepdim=True)
        heard = ((halved - loudest).clamp_min(-RANGE) / RANGE + 0.5) * 2  # (B, M, K) in -1..1
        seen = self.body(rearrange(heard, "b m k -> b 1 m k").contiguous(memory_format=torch.channels_last))
        embedding: Tensor = self.hidden(self.dropout(rearrange(seen, "b w m k -> b (w m k)")))  # (B, D)
        return embedding

    def name(self, embedding: Tensor) -> Tensor:
        """Embedding (B, D) -> logits (B, classes)."""
        logits: Tensor = self.names(torch.relu(embedding))
        return logits

    def forward(self, halved: Tensor) -> Tensor:
        return self.name(self.embed(halved))


def halve(mel: Tensor) -> Tensor:
    """Means of 2 x 2 of a log-mel (B, M, K): (B, M / 2, K / 2); a quarter of the work, hardly less to hear."""
    return nn.functional.avg_pool2d(mel, 2)


def excerpts(mel: Tensor, first_frames: Sequence[int], spec: SoundClassifierSpec) -> Tensor:
    """What is heard from LEAD_FRAMES before each frame of a log-mel (M, K): (N, M, spec.frames), silence around it."""
    floor = float(torch.tensor(MelSpec.FULL_BAND.floor).log())
    padded = nn.functional.pad(mel, (LEAD_FRAMES, spec.frames), value=floor)
    cuts = [padded[:, max(0, first) : max(0, first) + spec.frames] for first in first_frames]
    return torch.stack([nn.functional.pad(cut, (0, spec.frames - cut.shape[1]), value=floor) for cut in cuts])
