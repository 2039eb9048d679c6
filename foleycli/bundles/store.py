"""Where a model lies: a folder that was named, the weights inside the package, or the Hub's cache."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from foleycli.bundles import catalogue
from foleycli.bundles.bundle import MANIFEST
from foleycli.errors import ModelError

BUILT_IN = Path(__file__).parent
_HUB = re.compile(r"^hf://(?P<repository>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?$")


@dataclass(frozen=True)
class HubName:
    """`hf://owner/name@revision`, taken apart."""

    repository: str
    revision: str | None

    @classmethod
    def parse(cls, name: str) -> HubName:
        if found := _HUB.match(name):
            return cls(found["repository"], found["revision"])
        raise ModelError(f"{name!r} is not a model of the Hub; write hf://owner/name@revision")

    @property
    def pull_command(self) -> str:
        return f"foley models pull {self.repository}" + (f"@{self.revision}" if self.revision else "")


def resolve(name: str | Path, *, offline: bool = False) -> Path:
    """The folder of a model: a path, a name of the catalogue, or `hf://owner/name@revision`; raises ModelError."""
    text = str(name)
    if text.startswith("hf://"):
        return _from_hub(HubName.parse(text), offline=offline)
    # A bare word is a name of the catalogue first: a folder called "pocket" in the way must not change the sound.
    if isinstance(name, Path) or os.sep in text or text.startswith("."):
        return _from_path(Path(text).expanduser())
    if not any(entry.name == text for entry in catalogue.CATALOGUE) and Path(text).is_dir():
        return Path(text)
    return _from_catalogue(catalogue.find(text))


def _from_path(folder: Path) -> Path:
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such folder; 'foley models list' names the models there are")
    return folder


def _from_catalogue(entry: catalogue.Entry) -> Path:
    folder = BUILT_IN / entry.name
    if entry.source == "built-in":
        if not (folder / MANIFEST).is_file():
            raise ModelError(f"{folder}: the built-in model is not in this installation; install foleycli again")
        return folder
    ways = {
        "train": f"{entry.name} is an architecture to train; 'foley train --help' says how, then give its folder to -m",
        "import": f"{entry.name} is published nowhere that foley can fetch from; give the folder of a model to -m",
        "hub": f"{entry.name} is one part of a model, not a model; 'foley models show {entry.name}' says which",
    }
    raise ModelError(ways[entry.source])


def _from_hub(name: HubName, *, offline: bool) -> Path:
    """The cached snapshot when there is one, without touching the network; else it is fetched."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, IncompleteSnapshotError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name.repository, revision=name.revision, local_files_only=True))
    except HFValidationError as error:
        raise ModelError(f"hf://{name.repository} is not a name the Hub can have ({error})") from error
    except (LocalEntryNotFoundError, IncompleteSnapshotError):
        if offline or os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
            where = f"hf://{name.repository} is not on this machine and foley is offline"
            raise ModelError(f"{where}; with a network: {name.pull_command}") from None
    return _fetch(name)


def _fetch(name: HubName) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    wanted = [MANIFEST, "*.safetensors", "CARD.md"]  # never a pickle, whatever else the repository holds
    try:
        return Path(snapshot_download(name.repository, revision=name.revision, allow_patterns=wanted))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(
            f"hf://{name.repository} can't be fetched ({first}); try again: {name.pull_command}"
        ) from error
