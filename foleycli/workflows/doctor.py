"""What a dub needs, and whether it is on this machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import dataclass

from foleycli.errors import FoleyError
from foleycli.text import size
from foleycli.version import __version__

LIBRARIES = (
    "torch",
    "av",
    "diffusers",
    "numpy",
    "soundfile",
    "soxr",
    "safetensors",
    "huggingface-hub",
    "typer",
    "rich",
)


@dataclass(frozen=True)
class Check:
    """One thing that a dub needs: whether it works, and what was found or why not."""

    name: str
    works: bool
    found: str


def check_installation() -> tuple[Check, ...]:
    """foley, Python, libraries, ffmpeg, device and built-in model, each tried; raises nothing."""
    checks: dict[str, Callable[[], str]] = {
        "foley": lambda: __version__,
        "python": lambda: f"{platform.python_version()} on {platform.platform()}",
        "libraries": _libraries,
        "ffmpeg": _ffmpeg,
        "device": _device,
        "model": _model,
    }
    return tuple(Check(name, *_tried(check)) for name, check in checks.items())


def _tried(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except (FoleyError, ImportError, OSError) as error:
        return False, str(error)


def _libraries() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    except PackageNotFoundError as error:
        raise ImportError(f"{error.name} is not installed; install foleycli again") from error


def _ffmpeg() -> str:
    from foleycli.video.ffmpeg import VARIABLE, Refused, chosen_ffmpeg, examined

    used = chosen_ffmpeg()
    others = [one for one in examined() if one.path != used.path]
    reasons = [one.reason if isinstance(one, Refused) else f"works; {VARIABLE} would choose it" for one in others]
    left = [f"; not used: {one.path} {reason}" for one, reason in zip(others, reasons, strict=True)]
    return f"{used.version}, {used.source}, {used.path}{''.join(left)}"


def _device() -> str:
    import torch

    from foleycli.pipeline.devices import pick_device

    device = pick_device("auto")
    if device.type == "cuda":
        memory = torch.cuda.get_device_properties(device).total_memory
        return f"cuda: {torch.cuda.get_device_name(device)}, {size(memory)}"
    return f"{device.type}: {os.cpu_count()} cores, {torch.get_num_threads()} threads"


def _model() -> str:
    from foleycli.bundles.format import read_bundle
    from foleycli.bundles.store import resolve

    bundle = read_bundle(resolve("pocket", offline=True))
    bundle.verify()
    return f"pocket: whole, {size(bundle.size_bytes)} in {bundle.folder}"
