"""Cue curves and the small network that folds them into MDSGen's 32 x 512 video features.

    cue list -> curves (256, channels) at 31.25 fps -> held -> per-frame Linear -> fold 8:1 -> MLP -> (32, 512)

Channels: 0 onset bump, 1 onset bump times strength, 2 activity, then one per class of hits, one per class of spans.
A class channel holds the bump (or the activity) of the cues that name it; a cue without a name leaves them all at zero.
With timbres, each frame also has that of the hit that sounds in it (the last one) and of the span.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from einops import rearrange, reduce
from torch import Tensor, nn

from foleycli.cues.sheet import Cue
from foleycli.networks.mdsgen.timbre import take_of, variant_of
from foleycli.specs import CueSpec
from foleycli.timeline import WINDOW_SECONDS

BUMP_SECONDS = 0.020  # standard deviation: under one frame of 32 ms, so two neighbours tell the place between them
HIT_SECONDS = 1.6  # how long a hit's timbre stands, unless another hit comes
NOTHING: Mapping[tuple[int, str], Tensor] = MappingProxyType({})
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


def timbre_frames(cues: Sequence[Cue], start_seconds: float, spec: CueSpec) -> npt.NDArray[np.int64]:
    """Which cue's timbre each frame has, as numbers into `cues` or -1: (frames, 2) for the last hit and the span."""
    frame_seconds = float(WINDOW_SECONDS) / spec.frames
    times = start_seconds + (np.arange(spec.frames) + 1.5) * frame_seconds  # a frame early: an attack is seen coming
    found = np.full((spec.frames, 2), -1)
    for number in sorted(range(len(cues)), key=lambda number: cues[number].time):
        cue = cues[number]
        if cue.mute or not cue.sound:
            continue
        if cue.stop is None:
            found[(times >= cue.time) & (times < cue.time + HIT_SECONDS), 0] = number
        else:
            found[(times >= cue.time) & (times < cue.stop + 2 * frame_seconds), 1] = number
    return found


class CueEncoder(nn.Module):
    """Cue curves (B, 256, inputs) -> features (B, 32, 512).

    With `held_seconds`, a hit and its name ring on behind it, and every frame is told which sounds the window has: a
    column of the latent then knows what decays in it without looking for the hit.
    """

    decays: Tensor  # (N, frames)
    palette: Tensor  # (2, classes, takes, variants, timbre): of hits, of spans

    def __init__(self, spec: CueSpec) -> None:
        super().__init__()
        self.spec = spec
        named = len(spec.classes)
        held = len(spec.held_seconds) * (1 + named)
        self.frame = nn.Linear(spec.inputs + held, spec.embedding)
        self.present = nn.Linear(2 * named, spec.embedding, bias=False) if held else None
        folded = spec.fold * spec.embedding
        self.mlp = nn.Sequential(nn.Linear(folded, spec.features), nn.SiLU(), nn.Linear(spec.features, spec.features))
        self.register_buffer("decays", _decays(spec), persistent=False)
        self.timbre = nn.Linear(2 * spec.timbre, spec.features, bias=False) if spec.timbre else None
        if self.timbre is not None:
            nn.init.zeros_(self.timbre.weight)
            self.register_buffer("palette", torch.zeros(2, named, *spec.palette, spec.timbre))

    def curves(
        self, cues: Sequence[Cue], start_seconds: float, seed: int, *, own: Mapping[tuple[int, str], Tensor] = NOTHING
    ) -> Tensor:
        """Curves (256, inputs) of a window, timbres from the palette; what a cue gets depends on (seed, cue) alone.

        `own` has timbres (n, timbre) that replace those of the palette, by kind (0 hits, 1 spans) and class; "" is of
        all other classes.
        """
        plain = torch.from_numpy(cue_curves(cues, start_seconds, self.spec))
        if not self.spec.timbre:
            return plain
        which = timbre_frames(cues, start_seconds, self.spec)
        return torch.cat([plain, self._timbres(cues, which, seed=seed, own=own).to(plain)], dim=1)

    def _timbres(
        self, cues: Sequence[Cue], which: npt.NDArray[np.int64], *, seed: int, own: Mapping[tuple[int, str], Tensor]
    ) -> Tensor:
        takes, variants = self.spec.palette
        seen = torch.zeros(self.spec.frames, 2, self.spec.timbre)
        for number in np.unique(which[which >= 0]):
            cue = cues[number]
            if cue.sound not in self.spec.classes:
                continue
            kind = 0 if cue.stop is None else 1
            rows = own.get((kind, cue.sound), own.get((kind, "")))
            if rows is None:
                rows = self.palette[kind, self.spec.classes.index(cue.sound), take_of(seed, cue.sound, takes)]
                rows = rows[: variants if kind == 0 else 1]
            count = len(rows)
            hit = kind == 0
            choice = variant_of(seed, cue.sound, cue.time, variants=count) if hit else take_of(seed, cue.sound, count)
            chosen = rows[choice]
            seen[torch.from_numpy(which[:, kind] == number), kind] = chosen.to(seen)
        return seen.flatten(1)

    def forward(self, curves: Tensor) -> Tensor:
        frames = self.frame(torch.cat([curves, *self._held(curves)], dim=2))  # (B, 256, E)
        if self.present is not None:
            names = curves[:, :, 3 : self.spec.channels]
            frames = frames + self.present(names.amax(1))[:, None]
        folded = rearrange(frames, "b (t fold) e -> b t (fold e)", fold=self.spec.fold)  # (B, 32, 8 E)
        features: Tensor = self.mlp(folded)  # (B, 32, 512)
        if self.timbre is not None:  # past the narrow embedding of a frame
            timbres = curves[:, :, self.spec.channels :]
            features = features + self.timbre(reduce(timbres, "b (t fold) c -> b t c", "mean", fold=self.spec.fold))
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
