"""What else a dub writes, beside its output: stems; where, and whether there is place for it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from foleycli.cli.targets import check_place
from foleycli.errors import OutputError, UsageError
from foleycli.track import STEMS


@dataclass(frozen=True)
class Beside:
    """What lies beside one output: stems by name."""

    stems: Mapping[str, Path] = field(default_factory=dict)


NOTHING = Beside()


def beside_targets(
    video: str, targets: Sequence[Path | None], stems: Path | None, overwrite: bool
) -> tuple[Beside, ...]:
    """For each target its stems in the folder `stems`; raises for what could not be written."""
    if stems is None:
        return (NOTHING,) * len(targets)
    if stems.exists() and not stems.is_dir():
        raise UsageError(f"--stems {stems}: a file; name a folder")
    found = [Beside({name: stems / f"{_stem(video, target)}.{name}.wav" for name in STEMS}) for target in targets]
    if stems.is_dir():
        for beside in found:
            for path in beside.stems.values():
                check_place(path, (".wav",), overwrite)
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
