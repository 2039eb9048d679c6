"""What else a dub writes, beside its output: stems, a plot; where, and whether there is place for it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foleycli.cli.targets import check_place, numbered
from foleycli.errors import OutputError, UsageError
from foleycli.pipeline.track import STEMS


@dataclass(frozen=True)
class Beside:
    """What lies beside one output: stems by name, and a picture of it all."""

    stems: Mapping[str, Path] = field(default_factory=dict)
    plot: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """All of it."""
        return (*self.stems.values(), *(() if self.plot is None else (self.plot,)))


NOTHING = Beside()


def beside_targets(
    video: str, targets: Sequence[Path | None], stems: Path | None, plot: Path | None, overwrite: bool
) -> tuple[Beside, ...]:
    """For each target its stems in the folder `stems` and its plot; raises for what could not be written."""
    check_folder("--stems", stems)
    found: list[Beside] = []
    for take, target in enumerate(targets, start=1):
        paths = _stem_files(_stem(video, target), stems)
        picture = plot if plot is None or len(targets) == 1 else numbered(plot, take, len(targets))
        for path in paths.values() if stems is not None and stems.is_dir() else ():
            check_place(path, (".wav",), overwrite)
        if picture is not None:
            check_place(picture, (".png",), overwrite)
        found.append(Beside(paths, picture))
    return tuple(found)


def named_beside(target: Path, stems: Path | None, plots: Path | None) -> Beside:
    """What lies beside a target of a batch: stems and a plot named after it, in folders of theirs."""
    stem = _stem("", target)
    return Beside(_stem_files(stem, stems), None if plots is None else plots / f"{stem}.png")


def check_folder(option: str, folder: Path | None) -> None:
    """Raises UsageError if what should be a folder is a file."""
    if folder is not None and folder.exists() and not folder.is_dir():
        raise UsageError(f"{option} {folder}: a file; name a folder")


def make_folder(option: str, folder: Path | None) -> None:
    """Makes the folder of an option, if there is to be one."""
    try:
        if folder is not None:
            os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror}; choose another {option}") from error


def _stem_files(stem: str, folder: Path | None) -> dict[str, Path]:
    return {} if folder is None else {name: folder / f"{stem}.{name}.wav" for name in STEMS}


def _stem(video: str, target: Path | None) -> str:
    source = Path("stdin" if video == "-" else video) if target is None else target
    return source.stem.removesuffix(".foley")
