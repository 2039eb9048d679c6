"""What else a dub writes, beside its output: stems, a plot; where, and whether there is place for it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foleycli.cli.targets import check_place, numbered
from foleycli.errors import OutputError, UsageError
from foleycli.track import STEMS


@dataclass(frozen=True)
class Beside:
    """What lies beside one output: stems by name, and a picture of it all."""

    stems: Mapping[str, Path] = field(default_factory=dict)
    plot: Path | None = None


NOTHING = Beside()


def beside_targets(
    video: str, targets: Sequence[Path | None], stems: Path | None, plot: Path | None, overwrite: bool
) -> tuple[Beside, ...]:
    """For each target its stems in the folder `stems` and its plot; raises for what could not be written."""
    if stems is not None and stems.exists() and not stems.is_dir():
        raise UsageError(f"--stems {stems}: a file; name a folder")
    found: list[Beside] = []
    for take, target in enumerate(targets, start=1):
        names = () if stems is None else STEMS
        paths = {name: (stems or Path()) / f"{_stem(video, target)}.{name}.wav" for name in names}
        picture = plot if plot is None or len(targets) == 1 else numbered(plot, take, len(targets))
        for path in paths.values() if stems is not None and stems.is_dir() else ():
            check_place(path, (".wav",), overwrite)
        if picture is not None:
            check_place(picture, (".png",), overwrite)
        found.append(Beside(paths, picture))
    return tuple(found)


def make_folder(folder: Path | None) -> None:
    """Makes the folder of the stems, if there is to be one."""
    try:
        if folder is not None:
            os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}; choose another --stems") from error


def _stem(video: str, target: Path | None) -> str:
    source = Path("stdin" if video == "-" else video) if target is None else target
    return source.stem.removesuffix(".foley")
