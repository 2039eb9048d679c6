"""What the page draws under the video: small pictures at any zoom, how much the picture moves, outlines of tracks."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from threading import Lock

import numpy as np
import soundfile

from foleycli.audio.browser import webp
from foleycli.reports.figure.picture import MOTION_RATE, motion, picture_width
from foleycli.video.frames import FrameReader
from foleycli.video.probe import VideoInfo

PICTURE_HEIGHT = 54  # pixels
PICTURES = 8  # in a tile
LEVELS = 16  # pictures of level n are 2**n / 8 s apart
OUTLINE_RATE = 200  # lows and highs of a track, per second
BLOCK_SECONDS = 20


class Lanes:
    """Pictures and curves of one video, each made when it is first asked for, one at a time."""

    def __init__(self, info: VideoInfo, folder: Path) -> None:
        self.info, self.folder = info, folder
        self.width = 2 * round(min(picture_width(info, PICTURE_HEIGHT), 160) / 2)
        self._lock = Lock()
        self._motion: bytes | None = None

    def tile(self, level: int, number: int) -> Path:
        """A row of `PICTURES` pictures as WebP; raises IndexError for one that there is not."""
        spacing = Fraction(2**level, 8) if 0 <= level < LEVELS else Fraction(0)
        first = number * PICTURES * spacing
        if not spacing or number < 0 or first >= self.info.duration:
            raise IndexError(f"no tile {number} of level {level}")
        path = self.folder / f"tile-{level}-{number}.webp"
        with self._lock:
            if not path.is_file():
                path.write_bytes(self._drawn(first, spacing))
        return path

    def _drawn(self, first: Fraction, spacing: Fraction) -> bytes:
        row = np.zeros((PICTURE_HEIGHT, self.width * PICTURES, 3), np.uint8)
        with FrameReader(self.info, 1 / spacing, (PICTURE_HEIGHT, self.width)) as reader:
            for place in range(PICTURES):
                at = first + place * spacing
                if at < self.info.duration:
                    row[:, place * self.width : (place + 1) * self.width] = reader.read(at, at + spacing)[0]
        return webp(row)

    def motion(self) -> bytes:
        """How much the picture changes, a byte for each 1/25 s."""
        with self._lock:
            if self._motion is None:
                columns = max(1, round(self.info.duration * MOTION_RATE))
                share = motion(self.info, Fraction(0), self.info.duration, columns=columns)
                self._motion = (share * 255).astype(np.uint8).tobytes()
            return self._motion


def outline(track: Path) -> bytes:
    """The lows and highs of a track, `OUTLINE_RATE` pairs of signed bytes a second."""
    parts = []
    with soundfile.SoundFile(str(track)) as file:
        hop = file.samplerate // OUTLINE_RATE
        for block in file.blocks(hop * OUTLINE_RATE * BLOCK_SECONDS, dtype="float32", always_2d=True):
            mono = block[: len(block) // hop * hop].mean(1).reshape(-1, hop)
            parts.append(np.stack([mono.min(1), mono.max(1)], axis=1))
    pairs = np.concatenate([*parts, np.zeros((0, 2), np.float32)])
    return np.clip(np.round(pairs * 127), -127, 127).astype(np.int8).tobytes()
