"""Files that others published (pickles, safetensors) -> state dicts of ours; a pickle is read as data, never run."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from foleycli.bundles import catalogue, convert, store
from foleycli.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

CONVERSIONS: dict[str, Callable[[Mapping[str, Tensor]], dict[str, Tensor]]] = {  # by name in the catalogue
    "cavp": convert.cavp_official,
    "audioldm-vae": convert.kl_decoder,
    "audioldm-hifigan": convert.hifigan_audioldm,
    "sd-vae": convert.kl_decoder,
}
_ENDINGS = (".safetensors", ".ckpt", ".bin", ".pt")


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name, safetensors or torch's pickle with nothing in it but tensors; else ModelError."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        with warnings.catch_warnings(action="ignore"):  # of the pickle's age: what matters is whether it can be read
            plain = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(f"{path}: no such file; name the file that its authors published") from None
    except pickle.UnpicklingError as error:
        what = "damaged, or it would run code when it is opened, which weights never need"
        raise ModelError(f"{path}: not opened: {what}; get the file from its authors again") from error
    except (SafetensorError, RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{path}: not a file of weights, or cut short; get it from its authors again") from error
    state = plain.get("state_dict", plain) if isinstance(plain, dict) else None
    if not isinstance(state, dict) or not state or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ModelError(f"{path}: weights, but not a state dict; give the file that its authors published")
    return {str(key): value for key, value in state.items()}


def converted(path: Path, name: str) -> dict[str, Tensor]:
    """A published file of that entry as the state dict of a part of ours."""
    return translate(path, CONVERSIONS[name])


def translate(path: Path, conversion: Callable[[Mapping[str, Tensor]], dict[str, Tensor]]) -> dict[str, Tensor]:
    """A published file through its conversion; one of another model is refused."""
    try:
        return conversion(read_state(path))
    except KeyError as error:
        raise ModelError(f"{path}: weights of another model ({error} is not in it); see docs/models.md") from error
    except ModelError as error:
        raise error if str(path) in str(error) else ModelError(f"{path}: {error}") from error


def find_published(name: str) -> Path | None:
    """The pulled weights of that entry, from the Hub's cache; None when it was never pulled."""
    entry = catalogue.find(name)
    folder = store.find_part(entry)
    if folder is None:
        return None
    files = sorted(path for pattern in entry.files for path in folder.glob(pattern) if path.suffix in _ENDINGS)
    return min(files, key=lambda path: _ENDINGS.index(path.suffix), default=None)


def require_published(name: str) -> Path:
    """The same, or ModelError with the command that fetches it."""
    if path := find_published(name):
        return path
    raise ModelError(f"this model needs {name}, which is not on this machine; foley models pull {name}")
