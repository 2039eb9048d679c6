"""What is done to a clip after it was shot: cuts and dissolves to another shot, captions, bars, pictures that stick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleycli.scenes.scene import Array

CAPTION_SHARE = 0.1
BARS_SHARE = 0.1
STUTTER_SHARE = 0.1
JOIN_SHARE = 0.1
DISSOLVE_SHARE = 0.4  # of the joins; the others are cuts


@dataclass(frozen=True)
class Join:
    """Where one shot goes over into the next: at `time` seconds, over `length` seconds (0: a cut)."""

    time: float
    length: float

    def share(self, t: Array) -> Array:
        """How much (N,) of the second shot is seen at times `t`, 0..1."""
        if self.length <= 0:
            return np.asarray(t >= self.time, np.float32)
        return np.clip((t - self.time) / self.length + 0.5, 0, 1).astype(np.float32)


def random_join(rng: np.random.Generator, seconds: float) -> Join:
    """A cut or a dissolve of 0.2 to 1.2 s somewhere in the clip."""
    return Join(rng.uniform(0.1, 0.9) * seconds, rng.uniform(0.2, 1.2) if rng.random() < DISSOLVE_SHARE else 0.0)


def joined(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8], join: Join, t: Array) -> npt.NDArray[np.uint8]:
    """Pictures (U,H,W,C) of two shots taken at the same times `t`, as one."""
    share = join.share(t)[:, None, None, None]
    return np.asarray((first * (1 - share) + second * share).astype(np.uint8))


def titled(frames: npt.NDArray[np.uint8], rng: np.random.Generator, t: Array) -> None:
    """Writes captions that come and go at once or fade onto pictures (U,H,W,C) in place."""
    _, height, width, _ = frames.shape
    for _ in range(int(rng.integers(1, 4))):
        start, length, fade = rng.uniform(-1.0, t[-1]), rng.uniform(0.5, 4.0), rng.choice([0.001, 0.3, 0.8])
        shown = np.clip((t - start) / fade, 0, 1) * np.clip((start + length - t) / fade, 0, 1)
        tall = max(1, int(height * rng.uniform(0.04, 0.12)))
        top = int(height * (rng.uniform(0.72, 0.9) if rng.random() < 0.7 else rng.uniform(0.0, 0.3)))
        left, right = int(width * rng.uniform(0.02, 0.4)), int(width * rng.uniform(0.6, 0.98))
        part = frames[:, top : top + tall, left:right]
        # letters are finer than the pixels: what is left of them is an uneven grey
        letters = rng.uniform(0, 1, (1, part.shape[1], part.shape[2], 1)) ** 0.5 * rng.uniform(0.4, 1.0)
        ink = 255.0 if rng.random() < 0.75 else 20.0
        cover = (letters * shown[:, None, None, None]).astype(np.float32)
        part[:] = (part * (1 - cover) + ink * cover).astype(np.uint8)


def barred(frames: npt.NDArray[np.uint8], rng: np.random.Generator) -> None:
    """Blackens bars above and below, or left and right of the picture, in place: events there are hidden too."""
    _, height, width, _ = frames.shape
    if rng.random() < 0.5:
        edge = int(height * rng.uniform(0.05, 0.14))
        frames[:, :edge] = frames[:, height - edge :] = int(rng.integers(0, 20))
    else:
        edge = int(width * rng.uniform(0.05, 0.2))
        frames[:, :, :edge] = frames[:, :, width - edge :] = int(rng.integers(0, 20))


def stuttering(index: npt.NDArray[np.intp], rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Which picture each frame shows, with one to four places at which the picture sticks and then jumps."""
    out = index.copy()
    for _ in range(int(rng.integers(1, 5))):
        first = int(rng.integers(0, len(out)))
        out[first : first + int(rng.integers(2, 8))] = out[first]
    return out
