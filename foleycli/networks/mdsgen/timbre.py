"""What a sound is like, in 240 numbers: how its spectrum moves, and its fine structure. When it sounds is not in it.

hit    16 bands x 7 stretches of time after the attack (16 ms .. 0.5 s)   + 128 bins less their bands, 32 to 256 ms
span   16 bands x 7 statistics (level, quick and slow movement, extremes) + 128 bins less their bands, all of it

The performer is shown the timbre of a real recording with every cue it learns from. When it performs, a cue takes its
timbre from the palette: a few recordings of each class as such numbers, which come with the weights.
"""

from __future__ import annotations

import zlib

import torch
from torch import Tensor

BANDS = 16
STRETCHES = ((0, 1), (1, 2), (2, 4), (4, 8), (8, 16), (16, 32), (32, 64))  # mel frames after the attack
TIMBRE_SIZE = BANDS * len(STRETCHES) + 128
HEARD_FRAMES = STRETCHES[-1][1]
FINE_FRAMES = slice(2, 16)
SLOW_FRAMES = 8
CENTRE, SPREAD = -6.0, 3.0  # of a log-mel: the numbers leave at about unit scale
FLOOR = -11.5


def hit_timbre(mel: Tensor) -> Tensor:
    """Log-mel (128, K) that begins at an attack -> (240,); what is missing of the first second is silence."""
    heard = torch.nn.functional.pad(mel[:, :HEARD_FRAMES], (0, max(0, HEARD_FRAMES - mel.shape[1])), value=FLOOR)
    bands = heard.reshape(BANDS, -1, HEARD_FRAMES).mean(1)
    moving = torch.stack([bands[:, first:last].mean(1) for first, last in STRETCHES])  # (7, 16)
    return torch.cat([(moving.flatten() - CENTRE) / SPREAD, _fine(heard[:, FINE_FRAMES].mean(1))])


def span_timbre(mel: Tensor) -> Tensor:
    """Log-mel (128, K) of a lasting sound -> (240,)."""
    bands = mel.reshape(BANDS, -1, mel.shape[1]).mean(1)  # (16, K)
    whole = mel.shape[1] // SLOW_FRAMES * SLOW_FRAMES
    slow = bands[:, :whole].reshape(BANDS, -1, SLOW_FRAMES).mean(2) if whole else bands
    level = (bands.mean(1) - CENTRE) / SPREAD
    extremes = [(bands.quantile(share, dim=1) - CENTRE) / SPREAD for share in (0.1, 0.5, 0.9)]
    moves = [bands.std(1, correction=0), slow.std(1, correction=0), bands.diff(dim=1).abs().mean(1)]
    return torch.cat([level, *extremes, *moves, _fine(mel.mean(1))])


def _fine(spectrum: Tensor) -> Tensor:
    """A spectrum (128,) less the mean of each of its bands: partials and hum."""
    return (spectrum.reshape(BANDS, -1) - spectrum.reshape(BANDS, -1).mean(1, keepdim=True)).flatten()


def take_of(seed: int, sound: str, takes: int) -> int:
    """Which recording of a class a performance with this seed imitates: one for the whole film."""
    return zlib.crc32(f"{seed} {sound}".encode()) % takes


def variant_of(seed: int, sound: str, seconds: float, variants: int) -> int:
    """Which of the take's sounds the cue at this time imitates: neighbours differ, whatever window they fall in."""
    return zlib.crc32(f"{seed} {sound} {round(seconds * 1000)}".encode()) % variants
