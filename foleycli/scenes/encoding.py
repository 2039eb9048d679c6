"""What a web codec does to pictures: blocks that hardly change are not sent, the others are rounded, keys renew all.

picture n -> |picture - shown| of each block under the threshold: the block stays as it was, to the last bit
             over it: the block's mean and detail are sent, rounded to `step`
every `group` pictures: a key picture, all blocks anew and rounded otherwise, so that the whole picture pulses

An emulation of H.264, MPEG-4 and VP9 at web rates, at the size at which pictures are shown: a block of 16 pixels of a
video is 1 to 5 pixels here. Real encoders at 192 x 192 take three times as long as drawing the scene does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from einops import rearrange

from foleycli.scenes.scene import Array

SHOWN_PIXELS = 64  # picture height for which block sizes are given


@dataclass(frozen=True)
class Encoding:
    """One clip's codec: `block` (rows, columns) in pixels of a picture 64 high, thresholds and steps in grey levels."""

    block: tuple[int, int]
    threshold: float
    step: float
    key_step: float
    group: int
    first_key: int
    broken: tuple[tuple[int, int], ...] = ()  # (first picture, how many) that a lost packet spoils
    seed: int = 0


def random_encoding(rng: np.random.Generator, pictures: int) -> Encoding | None:
    """Anything from a careful encoder to a starved one; None for pictures that no codec has touched."""
    if rng.random() < 0.08:
        return None
    poverty = rng.beta(1.2, 2.0)
    group = int(rng.choice([6, 12, 30, 60, 250], p=[0.08, 0.2, 0.25, 0.2, 0.27]))
    broken = ((int(rng.integers(1, max(2, pictures))), int(rng.integers(2, 12))),) if rng.random() < 0.04 else ()
    return Encoding(
        block=(int(rng.choice([2, 4])), int(rng.choice([1, 2, 4]))),
        threshold=0.25 + 3.5 * poverty * rng.uniform(0.4, 1.0),
        step=0.3 + 5.0 * poverty * rng.uniform(0.3, 1.0),
        key_step=rng.uniform(0.2, 1.5) + 5.0 * poverty * rng.random() * (rng.random() < 0.6),
        group=group,
        first_key=int(rng.integers(group)),
        broken=broken,
        seed=int(rng.integers(2**31)),
    )


def transmit(frames: npt.NDArray[np.uint8], encoding: Encoding) -> npt.NDArray[np.uint8]:
    """Pictures uint8 (U,H,W,C) as they arrive, the first a key picture; unchanged where they are not whole blocks."""
    count, height, width, channels = frames.shape
    larger = max(1, height // SHOWN_PIXELS)
    rows, columns = encoding.block[0] * larger, encoding.block[1] * larger
    if height % rows or width % columns:
        return frames
    rng = np.random.default_rng(encoding.seed)
    words = "u (y a) (x b) c -> u (y x) (a b c)"
    sent = rearrange(frames, words, a=rows, b=columns).astype(np.float32)  # (U, blocks, pixels of a block)
    shown = sent[0]
    for number in range(count):
        if number == 0 or (number + encoding.first_key) % encoding.group == 0:
            # another rounding at each key, as one picture predicts itself otherwise than its predecessor did
            phase = rng.uniform(-0.5, 0.5, (len(shown), 1)).astype(np.float32)
            shown = _rounded(sent[number], encoding.key_step, phase)
        else:
            residual = sent[number] - shown
            changed = np.flatnonzero(_means(np.abs(residual)) > encoding.threshold)
            shown = shown.copy()
            shown[changed] += _rounded(residual[changed], encoding.step, np.zeros((1, 1), np.float32))
        sent[number] = shown
    sent += np.float32(0.5)
    np.clip(sent, 0, 255, out=sent)
    arrived = rearrange(sent.astype(np.uint8), f"{words.split(' -> ')[1]} -> {words.split(' -> ')[0]}",
                        y=height // rows, a=rows, b=columns, c=channels)  # fmt: skip
    for first, length in encoding.broken:
        _tear(arrived[first : first + length], np.random.default_rng([encoding.seed, first]), rows)
    return np.asarray(arrived)


def _means(blocks: Array) -> Array:
    """Mean (B,) of each of the blocks (B,P)."""
    size = blocks.shape[1]
    return np.asarray(blocks @ np.full(size, 1 / size, np.float32))


def _rounded(blocks: Array, step: float, phase: Array) -> Array:
    """Blocks (B,P) with their means rounded to `step` and detail smaller than half of it gone."""
    mean, size = _means(blocks)[:, None], np.float32(step)
    detail = blocks - mean
    detail -= np.clip(detail, -size / 2, size / 2)
    return np.asarray((np.round(mean / size + phase) - phase) * size + detail)


def _tear(pictures: npt.NDArray[np.uint8], rng: np.random.Generator, rows: int) -> None:
    """Moves a band of pictures (n,H,W,C) aside or greys it, in place, as after a lost packet."""
    first = int(rng.integers(0, pictures.shape[1] // rows)) * rows
    band = pictures[:, first : first + int(rng.integers(1, 4)) * 2 * rows]
    band[:] = np.roll(band, int(rng.integers(2, 12)), axis=2)
    if rng.random() < 0.5:
        band[:] = band // 2 + 60
