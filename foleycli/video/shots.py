"""Finds cuts between shots, so that no window of sound reaches across one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

LEAST_CHANGE = 0.06  # mean |difference| of the grey picture, of 1
TIMES_ITS_NEIGHBOURS = 2.5  # a pan changes every frame by as much; a cut changes only one
REACH_FRAMES = 8
FLASH_SHARE = 0.5  # after a flash the picture is as before; after a cut it is not


def picture_changes(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Mean |difference| (T,) of frames (T, H, W) from the one before, 0..1; 0 for the first."""
    steps = np.abs(np.diff(grey.astype(np.int16), axis=0)).mean(axis=(1, 2)) / 255
    return np.concatenate([[0.0], steps]).astype(np.float32)


def find_cuts(grey: npt.NDArray[np.uint8]) -> list[int]:
    """Frames that begin a new shot, of grey pictures (T, H, W) in order."""
    changes = picture_changes(grey)
    cuts: list[int] = []
    for frame in np.flatnonzero(changes > LEAST_CHANGE).tolist():
        near = np.concatenate(
            [changes[max(0, frame - REACH_FRAMES) : frame], changes[frame + 1 : frame + REACH_FRAMES]]
        )
        if changes[frame] > TIMES_ITS_NEIGHBOURS * near.max(initial=0.0) and not _is_flash(grey, frame, changes[frame]):
            cuts.append(frame)
    return cuts


def _is_flash(grey: npt.NDArray[np.uint8], frame: int, change: float) -> bool:
    """Whether a picture within 4 frames after `frame` is like the one before it again."""
    before = grey[frame - 1].astype(np.int16)
    after = grey[frame + 1 : frame + 5].astype(np.int16)
    return bool(len(after)) and bool(np.abs(after - before).mean(axis=(1, 2)).min() / 255 < FLASH_SHARE * change)
