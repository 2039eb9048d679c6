"""Where a model lies: a folder that was named, the weights in the package, what was imported, or the Hub's cache."""

from __future__ import annotations

import fnmatch
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from foleycli.bundles import catalogue, hub, remote
from foleycli.bundles.format import MANIFEST, read_bundle, read_manifest
from foleycli.bundles.remote import BUNDLE_FILES, Announce, HubName, Listing, RemoteFile
from foleycli.errors import ModelError
from foleycli.types import Progress

BUILT_IN = Path(__file__).parent


def imported(name: str) -> Path:
    """Where `foley models import --as NAME` puts a model."""
    import platformdirs

    return platformdirs.user_data_path("foley") / "models" / name


def imported_names() -> list[str]:
    """The models that were imported, by name."""
    folders = imported("").iterdir() if imported("").is_dir() else ()
    return sorted(folder.name for folder in folders if (folder / MANIFEST).is_file())


def resolve(name: str | Path, *, offline: bool = False) -> Path:
    """The folder of a model: a path, a name of the catalogue, or `hf://owner/name@revision`; raises ModelError."""
    text = str(name)
    if text.startswith("hf://"):
        return pull_bundle(HubName.parse(text), offline=offline)
    # A bare word is a name of the catalogue first: a folder called "pocket" in the way must not change the sound.
    if isinstance(name, Path) or os.sep in text or text.startswith("."):
        return _from_path(Path(text).expanduser())
    known = any(entry.name == text for entry in catalogue.CATALOGUE)
    if not known and Path(text).is_dir():
        return Path(text)
    if (imported(text) / MANIFEST).is_file() and not (known and catalogue.find(text).usable):
        return imported(text)
    return _from_catalogue(catalogue.find(text))


def _from_path(folder: Path) -> Path:
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such folder; 'foley models list' names the models there are")
    return folder


def _from_catalogue(entry: catalogue.Entry) -> Path:
    folder = BUILT_IN / entry.name
    if (folder / MANIFEST).is_file():
        return folder
    if entry.source == "built-in":
        raise ModelError(f"{folder}: the built-in model is not in this installation; install foleycli again")
    ways = {
        "train": f"{entry.name} is an architecture to train; 'foley train --help' says how, then give its folder to -m",
        "import": f"{entry.name} is not on the Hub: get FILE from its authors (docs/models.md says where), then "
        f"'foley models import FILE --as {entry.name}'",
        "hub": f"{entry.name} is one part of a model, not a model; 'foley models show {entry.name}' says which",
    }
    raise ModelError(ways[entry.source])


def pull(
    name: str,
    *,
    to: Path | None = None,
    offline: bool = False,
    progress: Progress | None = None,
    announce: Announce = remote.warn_of_licence,
) -> Path:
    """Fetches a model (`owner/name[@revision]`, `hf://...`) or a part (a catalogue name); returns its folder."""
    if "/" in name:
        return pull_bundle(
            HubName.parse(f"hf://{name.removeprefix('hf://')}"),
            to=to, offline=offline, progress=progress, announce=announce,
        )  # fmt: skip
    entry = catalogue.find(name)
    if entry.source != "hub":
        return resolve(name, offline=offline)  # built in or imported: there already; else it says what to do
    if to is None and (here := find_part(entry)):
        return here
    part = HubName(entry.repository, entry.revision or None)
    _refuse_offline(part, f"foley models pull {entry.name}", offline)
    with hub.translated(part, f"foley models pull {entry.name}"):
        listing = hub.listing(part).of(entry)
        return hub.fetch(part, listing, to, progress, announce)


def find_part(entry: catalogue.Entry) -> Path | None:
    """The snapshot that holds every file of a published part, without the network; None if it was never pulled."""
    folder = hub.cached(HubName(entry.repository, entry.revision or None))
    whole = folder is not None and all(any(folder.glob(pattern)) for pattern in entry.files)
    return folder if whole else None


def pull_bundle(
    model: HubName,
    *,
    to: Path | None = None,
    offline: bool = False,
    progress: Progress | None = None,
    announce: Announce = remote.warn_of_licence,
) -> Path:
    """A bundle of the Hub, from the cache without touching the network when it is there whole; else it is fetched."""
    here = None if to else hub.cached(model)
    if here is not None and (here / MANIFEST).is_file():
        try:
            return read_bundle(here).folder
        except ModelError:
            if _is_offline(offline):
                raise
    _refuse_offline(model, model.pull_command, offline)
    with hub.translated(model):
        listing = hub.listing(model).only(BUNDLE_FILES)
        if MANIFEST not in listing.files:
            raise ModelError(f"{model}: not a model of foley, no {MANIFEST} in it; 'foley models list' names some")
        first = hub.place(model, listing, MANIFEST, to, None)
        manifest = read_manifest(first)
        if missing := sorted(set(manifest.files) - set(listing.files)):
            raise ModelError(f"{model}: {missing[0]} is named in its {MANIFEST} but is not there; tell its publisher")
        files = {name: RemoteFile(file.size_bytes, file.sha256) for name, file in manifest.files.items()}
        files[MANIFEST] = listing.files[MANIFEST]
        folder = hub.fetch(
            model,
            Listing(listing.commit, manifest.licence, manifest.commercial_use, files=files),
            to,
            progress,
            announce,
        )
    return read_bundle(folder).folder


def pull_files(
    name: str,
    patterns: Sequence[str],
    *,
    needed: Sequence[str],
    offline: bool = False,
    progress: Progress | None = None,
    announce: Announce = remote.warn_of_licence,
) -> Path:
    """What a repository that is no model of foley has of these patterns; its folder. `needed` names what it must have.

    From the cache without touching the network where the needed files are there; raises ModelError.
    """
    model = HubName.parse(f"hf://{name.removeprefix('hf://')}")
    here = hub.cached(model)
    if here is not None and all(any(here.glob(pattern)) for pattern in needed):
        return here
    _refuse_offline(model, "the same command", offline)
    with hub.translated(model):
        listing = hub.listing(model).only(patterns)
        for pattern in needed:
            if not fnmatch.filter(listing.files, pattern):
                raise ModelError(f"{model}: no {pattern} in it; name another repository")
        return hub.fetch(model, listing, None, progress, announce)


def remove(name: str) -> Path:
    """Deletes an imported model, or what was pulled into the Hub's cache; returns the folder that is gone."""
    known = next((entry for entry in catalogue.CATALOGUE if entry.name == name), None)
    if known is not None and known.source == "built-in":
        raise ModelError(f"{name} is built in; it goes when foleycli is uninstalled")
    if "/" not in name and (imported(name) / MANIFEST).is_file():
        shutil.rmtree(imported(name))
        return imported(name)
    if known is not None and not known.repository:
        raise ModelError(f"{name}: nothing on this machine to remove; 'foley models list' names the models")
    text = known.repository if known else name.removeprefix("hf://")
    folder = hub.repository(HubName.parse(f"hf://{text}"))
    if not folder.is_dir():
        raise ModelError(f"{name}: nothing on this machine to remove; 'foley models list' names the models")
    shutil.rmtree(folder)
    return folder


def _is_offline(offline: bool) -> bool:
    return offline or os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")


def _refuse_offline(model: HubName, command: str, offline: bool) -> None:
    if _is_offline(offline):
        raise ModelError(
            f"{model} is not on this machine, and --offline or HF_HUB_OFFLINE forbids fetching; "
            f"fetch it without: {command}"
        )
