"""What a repository of the Hub offers and what of it is fetched: decided here, without touching the network."""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from foleycli.bundles.catalogue import Entry
from foleycli.bundles.format import MANIFEST
from foleycli.errors import ModelError
from foleycli.types import Progress

BUNDLE_FILES = (MANIFEST, "*.safetensors", "CARD.md")  # never a pickle, whatever else the repository holds
_NAME = re.compile(r"^hf://(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?$")
_NON_COMMERCIAL = re.compile(r"(^|[-_ ])(nc|non-?commercial|noncommercial)([-_ ]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class HubName:
    """`hf://owner/name@revision`, taken apart."""

    repository: str
    revision: str | None

    @classmethod
    def parse(cls, name: str) -> HubName:
        if found := _NAME.match(name):
            return cls(found["repository"], found["revision"])
        raise ModelError(f"{name!r} is not a model of the Hub; write hf://owner/name@revision")

    def __str__(self) -> str:
        return f"hf://{self.repository}" + (f"@{self.revision}" if self.revision else "")

    @property
    def pull_command(self) -> str:
        return f"foley models pull {str(self).removeprefix('hf://')}"


@dataclass(frozen=True)
class RemoteFile:
    """One file on the Hub; the sha256 is known before the download where it is a large one."""

    size_bytes: int
    sha256: str = ""


@dataclass(frozen=True)
class Listing:
    """A repository at one commit."""

    commit: str
    licence: str
    commercial_use: bool | None  # None: its licence doesn't say
    files: Mapping[str, RemoteFile]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files.values())

    def only(self, patterns: Sequence[str]) -> Listing:
        """Of these patterns; a .bin is left where the same weights are there as safetensors."""
        wanted = {name for name in self.files if any(fnmatch(name, pattern) for pattern in patterns)}
        doubles = {name for name in wanted if name.endswith(".bin") and _twin(name) in wanted}
        kept = {name: file for name, file in self.files.items() if name in wanted - doubles}
        return Listing(self.commit, self.licence, self.commercial_use, files=kept)

    def of(self, entry: Entry) -> Listing:
        """With what the catalogue knows better: the licence, and the sha256 of its weights."""
        files = dict(self.only(entry.files or BUNDLE_FILES).files)
        for name, file in files.items():
            if entry.sha256 and not name.endswith(".json"):
                files[name] = RemoteFile(file.size_bytes, entry.sha256)
        return Listing(self.commit, entry.licence, entry.commercial_use, files=files)


Announce = Callable[[HubName, Listing], None]


def warn_of_licence(name: HubName, listing: Listing) -> None:
    """What a program that gave no `announce` is told, through `logging`: on stderr unless it says otherwise."""
    if listing.commercial_use is False:
        message = "%s: licence %s, no commercial use"
        logging.getLogger("foleycli").warning(message, name, listing.licence)


def allows_commerce(licence: str) -> bool | None:
    """What a licence's name gives away: False for the non-commercial ones, None for those that don't say."""
    if _NON_COMMERCIAL.search(licence):
        return False
    return True if licence.lower() in ("apache-2.0", "mit", "bsd-3-clause", "cc0-1.0", "cc-by-4.0") else None


def require_space(folder: Path, needed_bytes: int, name: HubName) -> None:
    """Raises ModelError where the disk of `folder` (which need not exist yet) hasn't that much room."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free
    if free < needed_bytes:
        amounts = f"{needed_bytes / 1e6:.1f} MB to fetch, {free / 1e6:.1f} MB free on the disk of {there}"
        raise ModelError(f"{name}: {amounts}; make room, or choose another disk: {name.pull_command} --to FOLDER")


def matches(path: Path, file: RemoteFile) -> bool:
    """Whether the file on disk is the one published, by size and, where known, by sha256."""
    if not path.is_file() or path.stat().st_size != file.size_bytes:
        return False
    if not file.sha256:
        return True
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256


def meter(name: str, total: int, progress: Progress | None) -> type:
    """What huggingface_hub takes for its progress bar (as tqdm, or just its three methods): calls `progress`."""

    class Meter:
        def __init__(self, *, initial: int = 0, **_: object) -> None:
            self.done = initial

        def __enter__(self) -> Meter:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int) -> None:
            self.done += count
            if progress is not None:
                progress(name, self.done, total)

    return Meter


def _twin(name: str) -> str:
    """The name as safetensors: diffusers changes the ending, transformers says model for pytorch_model too."""
    stem = name.removesuffix(".bin")
    return (
        f"{stem[: -len('pytorch_model')]}model" if stem.rsplit("/")[-1] == "pytorch_model" else stem
    ) + ".safetensors"
