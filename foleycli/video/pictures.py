"""Still pictures: read in any format that Pillow reads, brought to a size, written, laid side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foleycli.errors import InputError, OutputError

Picture = npt.NDArray[np.uint8]

STILL_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
BORDER = 8  # pixels between the pictures of a contact sheet
PAPER = 245  # grey of a contact sheet


def is_still(path: str | Path) -> bool:
    """Whether a name is that of a still picture."""
    return Path(path).suffix.lower() in STILL_SUFFIXES


def read_picture(path: Path) -> Picture:
    """The picture in a file as uint8 (H, W, 3), upright, on white where it is transparent; raises InputError."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            upright = ImageOps.exif_transpose(opened)
            if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
                seen = upright.convert("RGBA")
                upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
            return np.asarray(upright.convert("RGB"), np.uint8)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; name a picture") from None
    except UnidentifiedImageError:
        raise InputError(f"{path}: not a picture that can be read; give a PNG, JPEG, WebP, TIFF or BMP") from None
    except Image.DecompressionBombError as error:
        raise InputError(f"{path}: too large a picture ({error}); make it smaller first") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(f"{path}: a damaged picture ({error}); save it again") from error


def resized(picture: Picture, size: tuple[int, int], *, sharp: bool = False) -> Picture:
    """uint8 (H, W, 3) squeezed or stretched to `size` = (height, width); `sharp` keeps pixels as squares."""
    from PIL import Image

    way = Image.Resampling.NEAREST if sharp else Image.Resampling.BOX if len(picture) > size[0] else None
    image = Image.fromarray(picture).resize((size[1], size[0]), way or Image.Resampling.BICUBIC)
    return np.asarray(image, np.uint8)


def write_picture(path: Path, picture: Picture) -> None:
    """Writes uint8 (H, W, 3) in the format that the name ends with; raises OutputError."""
    from PIL import Image

    if not is_still(path):
        raise OutputError(f"{path}: pictures are written as {', '.join(STILL_SUFFIXES)}; choose such a name")
    Image.fromarray(picture).save(path)


def contact_sheet(rows: Sequence[Sequence[Picture]]) -> Picture:
    """Rows of pictures of one height each, on grey paper: uint8 (H, W, 3)."""
    width = max(sum(one.shape[1] + BORDER for one in row) for row in rows) + BORDER
    height = sum(row[0].shape[0] + BORDER for row in rows) + BORDER
    sheet = np.full((height, width, 3), PAPER, np.uint8)
    top = BORDER
    for row in rows:
        left = BORDER
        for one in row:
            sheet[top : top + one.shape[0], left : left + one.shape[1]] = one
            left += one.shape[1] + BORDER
        top += row[0].shape[0] + BORDER
    return sheet
