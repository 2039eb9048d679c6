"""A dressed stage through a camera onto film: the still plate, every moving layer, then the development."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from foleycli.scenes.camera import Camera, look_at_plate, plate_border
from foleycli.scenes.photometric import Film
from foleycli.scenes.raster import paint, placed
from foleycli.scenes.scene import GREY_OF_RGB, Array
from foleycli.scenes.stage import Layer, Stage
from foleycli.scenes.textures import plate

CHUNK_BYTES = 1 << 22  # of float32 frames: a small clip at once, a large one in pieces
PLATE_DETAIL = 3  # plate pixels per picture pixel when the camera moves: it is sampled at the nearest one


def expose(stage: Stage, camera: Camera, taken: Array, film: Film, grey: bool = False) -> npt.NDArray[np.uint8]:
    """Pictures uint8 (U,H,W,3) of the stage at times `taken` (U,); grey ones (U,H,W,1) take two thirds of the time."""
    detail = PLATE_DETAIL if camera.moves else 1
    back = _plate(stage, camera, detail)
    if grey:
        back = np.tensordot(GREY_OF_RGB, back, 1)[None]
    matrix, offset = camera.affine(stage.t)
    scale = np.sqrt(np.abs(np.linalg.det(matrix[: len(taken)])))
    layers = [_grey(layer) for layer in stage.layers] if grey else stage.layers
    parts = [placed(layer, lambda points: points @ matrix.mT + offset[:, None], scale) for layer in layers]
    out = np.empty((len(taken), camera.height, camera.width, len(back)), np.uint8)
    step = max(4, CHUNK_BYTES // (12 * camera.height * camera.width))
    for first in range(0, len(taken), step):
        frames = slice(first, min(first + step, len(taken)))
        canvas = look_at_plate(back, detail, camera, taken[frames])
        for part in parts:
            paint(canvas, part, first)
        if stage.light is not None:
            light = (stage.light[: len(taken)] + stage.light[len(taken) :])[frames] / 2
            canvas *= light.astype(np.float32)[:, None, None]
        out[frames] = film.develop(canvas, taken[frames], first).transpose(1, 2, 3, 0)
    return out


def _grey(layer: Layer) -> Layer:
    """The same layer in grey."""
    return replace(layer, skin=replace(layer.skin, colour=np.atleast_1d(layer.skin.colour @ GREY_OF_RGB)))


def _plate(stage: Stage, camera: Camera, detail: int) -> Array:
    """The still background with the scenery on it, float32 (3,h,w), `detail` times as fine as the picture."""
    left, top = plate_border(camera)
    height, width = (camera.height + 2 * top) * detail, (camera.width + 2 * left) * detail
    back = plate(stage.rng, height, width, detail)[:, None]
    pixels = np.array([camera.width / camera.aspect, camera.height]) * detail
    border = np.array([left, top]) * detail
    scale = np.array([np.sqrt(pixels.prod())])
    for layer in stage.scenery:
        paint(back, placed(layer, lambda points: points * pixels + border, scale), 0)
    return back[:, 0] if detail == 1 else _blurred(back[:, 0])


def _blurred(picture: Array) -> Array:
    """A (3,h,w) picture averaged over 3 x 3, so that it may be sampled at a third of its rows without flicker."""
    rows = picture.copy()
    rows[:, 1:-1] = (picture[:, :-2] + picture[:, 1:-1] + picture[:, 2:]) / 3
    out = rows.copy()
    out[:, :, 1:-1] = (rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]) / 3
    return out
