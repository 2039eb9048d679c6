"""A model as a folder: `bundle.json` (specs, licence, hashes), one safetensors per part, `CARD.md`. Never a pickle.

pocket/
  bundle.json            format, name, kind, specs of each part, licence, training data, sha256 and size of each file
  spotter.safetensors    float16 on disk, float32 in memory
  ...
  CARD.md
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from foleycli.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1
MANIFEST = "bundle.json"
Spec = TypeVar("Spec")


@dataclass(frozen=True)
class FileRecord:
    """What a file of the bundle must be, to the byte."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class Manifest:
    """All that a bundle says about itself; `specs` holds the classes of specs.py as plain dicts, one per part."""

    name: str
    kind: str
    specs: dict[str, dict[str, Any]]
    licence: str
    commercial_use: bool
    training_data: str
    parts: dict[str, int]  # part -> number of parameters
    files: dict[str, FileRecord]


@dataclass(frozen=True)
class Bundle:
    """A manifest that was read, and the folder it was read from."""

    manifest: Manifest
    folder: Path

    @property
    def size_bytes(self) -> int:
        return sum(record.size_bytes for record in self.manifest.files.values())

    def part_path(self, part: str) -> Path:
        return self.folder / f"{part}.safetensors"

    def spec(self, part: str, kind: type[Spec]) -> Spec:
        """The spec of a part, as the dataclass it was written from."""
        if part not in self.manifest.specs:
            raise ModelError(f"{self.manifest.name}: the bundle has no {part}; 'foley models show' lists its parts")
        return spec_from_plain(kind, self.manifest.specs[part], f"{self.manifest.name}: {part}")

    def verify_file(self, name: str) -> None:
        """Reads one file whole and compares it with its sha256; raises ModelError when it is not the one published."""
        record, path = self.manifest.files[name], self.folder / name
        try:
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"{path}: can't be read ({error.strerror}); {REPAIR}") from error
        if found != record.sha256:
            raise ModelError(f"{path}: damaged (sha256 {found[:12]}..., should be {record.sha256[:12]}...); {REPAIR}")

    def verify(self) -> None:
        """Every file, in full."""
        for name in self.manifest.files:
            self.verify_file(name)


REPAIR = "install foleycli again, or fetch the model again with 'foley models pull'"


def read_bundle(folder: Path) -> Bundle:
    """The bundle in `folder`, every file present and of the right size (contents are hashed when they are used)."""
    bundle = Bundle(read_manifest(folder / MANIFEST), folder)
    for name, record in bundle.manifest.files.items():
        found = (folder / name).stat().st_size if (folder / name).is_file() else None
        if found != record.size_bytes:
            state = "missing" if found is None else f"{found} bytes instead of {record.size_bytes}"
            raise ModelError(f"{folder / name}: {state}; {REPAIR}")
    return bundle


def read_manifest(path: Path) -> Manifest:
    """What a `bundle.json` says, whole and of a format that is known here."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        what = f"not a model, no {MANIFEST} in it"
        raise ModelError(f"{path.parent}: {what}; 'foley models list' names the models") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: can't be read ({error}); {REPAIR}") from error
    return _manifest(plain, path)


def _manifest(plain: Any, path: Path) -> Manifest:
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        found = plain.get("format") if isinstance(plain, dict) else None
        raise ModelError(f"{path}: bundle format {found}, this foley reads {FORMAT}; install a newer foleycli")
    try:
        files = {str(name): FileRecord(**record) for name, record in plain["files"].items()}
        values = {field.name: plain[field.name] for field in fields(Manifest)} | {"files": files}
        manifest = Manifest(**values)
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path}: not a whole manifest ({error!r}); {REPAIR}") from error
    # A manifest from elsewhere must not point outside its own folder.
    if outside := [name for name in files if Path(name).name != name]:
        raise ModelError(f"{path}: names files outside its folder ({outside[0]!r}); refuse it")
    return manifest


def write_bundle(
    folder: Path,
    parts: Mapping[str, Mapping[str, Tensor]],
    *,
    name: str,
    kind: str,
    specs: Mapping[str, object],
    licence: str,
    commercial_use: bool,
    training_data: str,
    card: str,
) -> Bundle:
    """Writes state dicts as float16 safetensors with their manifest, whole or not at all; `specs` are dataclasses."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        counts = {part: _write_part(beside / f"{part}.safetensors", part, state) for part, state in parts.items()}
        (beside / "CARD.md").write_text(card, encoding="utf-8")
        files = {path.name: asdict(_record(path)) for path in sorted(beside.iterdir())}
        plain = {
            "format": FORMAT, "name": name, "kind": kind, "licence": licence, "commercial_use": commercial_use,
            "training_data": training_data, "parts": counts, "files": files,
            "specs": {part: asdict(spec) for part, spec in specs.items()},  # type: ignore[call-overload]
        }  # fmt: skip
        (beside / MANIFEST).write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
        beside.chmod(0o755)
        _clear(folder)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return read_bundle(folder)


def _clear(folder: Path) -> None:
    """Removes the bundle that is to be replaced, and nothing that isn't one."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise ModelError(
            f"{folder}: has files in it but no {MANIFEST}, so it is not ours to replace; name an empty folder"
        )
    if folder.exists():
        shutil.rmtree(folder)


def _write_part(path: Path, part: str, state: Mapping[str, Tensor]) -> int:
    import torch
    from safetensors.torch import save_file

    stored: dict[str, Tensor] = {}
    for key, tensor in state.items():
        half = tensor.detach().to("cpu", torch.float16 if tensor.is_floating_point() else tensor.dtype).contiguous()
        if half.is_floating_point() and not bool(torch.isfinite(half).all()):
            raise ModelError(
                f"{part}: {key} has values that float16 can't hold; the weights are not usable as they are"
            )
        stored[key] = half.clone()  # two names of one storage would be refused by safetensors
    save_file(stored, path)
    path.chmod(0o644)  # safetensors makes files that only their owner can read
    return sum(tensor.numel() for tensor in stored.values())


def _record(path: Path) -> FileRecord:
    with path.open("rb") as stream:
        return FileRecord(hashlib.file_digest(stream, "sha256").hexdigest(), path.stat().st_size)


def spec_from_plain(kind: type[Spec], plain: Mapping[str, Any], where: str) -> Spec:
    """A spec dataclass from JSON: lists become tuples again; fields that this version doesn't know are refused."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(plain) - known):
        raise ModelError(f"{where}: unknown fields {', '.join(unknown)} in its spec; install a newer foleycli")
    try:
        return kind(**{key: _tuples(value) for key, value in plain.items()})
    except (TypeError, ValueError) as error:
        raise ModelError(f"{where}: its spec makes no sense ({error}); {REPAIR}") from error


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def read_part(bundle: Bundle, part: str) -> dict[str, Tensor]:
    """`stored_part` in float32."""
    import torch

    state = stored_part(bundle, part)
    return {key: value.to(torch.float32) if value.is_floating_point() else value for key, value in state.items()}


def stored_part(bundle: Bundle, part: str) -> dict[str, Tensor]:
    """The state dict of one part as it is stored, its file's sha256 checked."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = bundle.part_path(part)
    if path.name not in bundle.manifest.files:
        raise ModelError(f"{bundle.folder}: no weights for {part}; {REPAIR}")
    bundle.verify_file(path.name)
    try:
        state: dict[str, Tensor] = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path}: not safetensors ({error}); {REPAIR}") from error
    return state
