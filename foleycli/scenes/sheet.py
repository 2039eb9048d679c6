"""A contact sheet: one row of pictures per scene, with a bar under those in which something is struck or sounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foleycli.scenes.catalogue import SECONDS, render
from foleycli.scenes.scene import Scene

BAR_PIXELS = 4
GAP_PIXELS = 2
HIT_COLOUR = (255, 70, 40)
SPAN_COLOUR = (60, 140, 255)


def contact_sheet(
    kinds: Sequence[str],
    seed: int,
    *,
    columns: int = 10,
    size: tuple[int, int] = (90, 160),
    seconds: float = SECONDS,
    clean: bool = True,
) -> npt.NDArray[np.uint8]:
    """One row per kind of `columns` pictures of `size` (height, width): uint8 (H,W,3); red bar: a hit, blue: a span."""
    rows = [_row(render(kind, seed, seconds=seconds, size=size, clean=clean), columns) for kind in kinds]
    return np.concatenate(rows, axis=0)


def _row(scene: Scene, columns: int) -> npt.NDArray[np.uint8]:
    count, height, width, _ = scene.frames.shape
    # pictures around the first hit where there is one: a whole clip at this spacing would show no stroke
    step = max(1, min(count // columns, 2 if scene.events else count))
    first = int(scene.events[0].time * scene.frames_per_second) - 4 * step if scene.events else 0
    first = int(np.clip(first, 0, max(0, count - columns * step)))
    row = np.full((height + BAR_PIXELS + GAP_PIXELS, columns * (width + GAP_PIXELS), 3), 24, np.uint8)
    for column in range(columns):
        frame = min(first + column * step, count - 1)
        left = column * (width + GAP_PIXELS)
        row[:height, left : left + width] = scene.frames[frame]
        opens, closes = frame / scene.frames_per_second, (frame + step) / scene.frames_per_second
        bar = row[height : height + BAR_PIXELS, left : left + width]
        if any(span.start < closes and span.stop > opens for span in scene.spans):
            bar[:] = SPAN_COLOUR
        # a hit belongs to the picture that first shows it: the one at or just after its time
        if any(opens - step / scene.frames_per_second < event.time <= opens for event in scene.events):
            bar[:] = HIT_COLOUR
    return row
