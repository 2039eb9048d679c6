"""The Hub: what a repository offers, its files fetched and checked, its errors as ours. Nothing else touches it.

Files come over HTTP into the Hub's own cache (or a folder), each through a `.part` that a later call goes on with.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from urllib.parse import urlsplit

from foleycli.bundles import remote
from foleycli.bundles.remote import Announce, HubName, Listing, RemoteFile
from foleycli.errors import ModelError
from foleycli.types import Progress

_API_SECONDS = 20.0


def repository(hub: HubName) -> Path:
    """Its folder in the Hub's own cache."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder: str = repo_folder_name(repo_id=hub.repository, repo_type="model")
    return Path(constants.HF_HUB_CACHE) / folder


def cached(hub: HubName) -> Path | None:
    """The snapshot of this revision, whole or not."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(hub.repository)
    except HFValidationError as error:
        raise ModelError(f"hf://{hub.repository} is not a name the Hub can have ({error})") from error
    revision = hub.revision or "main"
    reference = repository(hub) / "refs" / revision
    commit = reference.read_text().strip() if reference.is_file() else revision
    folder = repository(hub) / "snapshots" / commit
    return folder if folder.is_dir() else None


def listing(hub: HubName) -> Listing:
    from huggingface_hub import HfApi

    info = HfApi().model_info(hub.repository, revision=hub.revision, files_metadata=True, timeout=_API_SECONDS)
    licence = str(info.card_data.get("license") or "none stated") if info.card_data else "none stated"
    files = {
        file.rfilename: RemoteFile(file.size or 0, file.lfs.sha256 if file.lfs else "") for file in info.siblings or ()
    }
    return Listing(info.sha or "", licence, remote.allows_commerce(licence), files=files)


def fetch(hub: HubName, listing: Listing, to: Path | None, progress: Progress | None, announce: Announce) -> Path:
    """Every file of the listing, each checked; returns the folder that they are in."""
    if not listing.files:
        raise ModelError(f"{hub}: the files that foley needs are not in it; 'foley models list' names some that are")
    base = to or repository(hub) / "snapshots" / listing.commit
    lacking = sum(file.size_bytes for name, file in listing.files.items() if not (base / name).is_file())
    remote.require_space(base, lacking, hub)
    announce(hub, listing)
    for name in sorted(listing.files):
        place(hub, listing, name, to=to, progress=progress)
    if to is not None:
        return base
    reference = repository(hub) / "refs" / (hub.revision or "main")
    if reference.name != listing.commit:
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(listing.commit)
    return base


def place(hub: HubName, listing: Listing, name: str, to: Path | None, progress: Progress | None) -> Path:
    """One file, in the folder `to` or where huggingface_hub would have put it; what is there already is kept."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    wanted = listing.files[name]
    final = to / name if to else repository(hub) / "snapshots" / listing.commit / name
    if remote.matches(final, wanted):
        return final
    metadata = get_hf_file_metadata(hf_hub_url(hub.repository, name, revision=listing.commit))
    blob = final if to else repository(hub) / "blobs" / str(metadata.etag)
    blob.parent.mkdir(parents=True, exist_ok=True)
    final.unlink(missing_ok=True)
    lock = repository(hub).parent / ".locks" / repository(hub).name / f"{metadata.etag}.lock"  # the Hub's own
    lock.parent.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(lock):
        if not remote.matches(blob, wanted):
            # huggingface_hub throws a part away when the program ends; a gigabyte is worth keeping.
            part = blob.with_name(f".{blob.name}.{str(metadata.etag)[:12]}.part")
            _download(hub, name, metadata.location, part=part, wanted=wanted, progress=progress)
            if not remote.matches(part, wanted):
                part.unlink()
                raise ModelError(f"{hub}: {name} is not what was published (wrong sha256); again: {hub.pull_command}")
            part.replace(blob)
    return blob if to else Path(hf_hub_download(hub.repository, name, revision=listing.commit))


def _download(hub: HubName, name: str, url: str, part: Path, wanted: RemoteFile, progress: Progress | None) -> None:
    """Continues `part` from where it ends; a dropped connection is taken up again a few times, in the same call."""
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    headers = build_hf_headers()
    if urlsplit(url).netloc != urlsplit(hf_hub_url(hub.repository, name)).netloc:
        headers.pop("authorization", None)  # elsewhere the address is the permission, and a token would be given away
    with part.open("ab") as stream:
        if stream.tell() > wanted.size_bytes:
            stream.truncate(0)
        http_get(
            url, stream, resume_size=stream.tell(), headers=headers, expected_size=wanted.size_bytes,
            displayed_filename=name, tqdm_class=remote.meter(name, wanted.size_bytes, progress),
        )  # fmt: skip


@contextmanager
def translated(hub: HubName, command: str = "") -> Iterator[None]:
    """Errors of the Hub, the network and the disk, as one line with the command that fixes it."""
    from huggingface_hub import errors

    again = command or hub.pull_command
    try:
        yield
    except errors.GatedRepoError as error:
        raise ModelError(f"{hub}: gated; accept its terms on its page, 'hf auth login', then: {again}") from error
    except errors.RevisionNotFoundError as error:
        raise ModelError(
            f"{hub}: the Hub has no such revision; without one: foley models pull {hub.repository}"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise ModelError(
            f"{hub}: not on the Hub, or private; check the name, or 'hf auth login', then: {again}"
        ) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        what = "log in with a token that may read it ('hf auth login')" if status in (401, 403) else "try later"
        raise ModelError(f"{hub}: the Hub answered {status}; {what}: {again}") from error
    except errors.HTTPError as error:  # type: ignore[attr-defined]  # httpx's before huggingface_hub 2, then httpx2's
        kept = "what came is kept, go on with" if repository(hub).is_dir() else "nothing was fetched; with a network"
        raise ModelError(f"{hub}: no connection to the Hub ({error}); {kept}: {again}") from error
    except OSError as error:
        if error.errno == ENOSPC:
            raise ModelError(f"{hub}: the disk is full; make room, then go on with: {again}") from error
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{hub}: can't be fetched ({first}); what came is kept, go on with: {again}") from error
