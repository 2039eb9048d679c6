"""Hashes of a model and of settings, by which a batch and a rerun know what would sound the same."""

from __future__ import annotations

import hashlib
import json

from foleycli.bundles.format import MANIFEST, Bundle
from foleycli.specs.settings import Settings
from foleycli.workflows.plain_settings import to_plain


def bundle_hash(bundle: Bundle) -> str:
    """sha256 of the manifest, which holds the sha256 of every file."""
    return hashlib.sha256((bundle.folder / MANIFEST).read_bytes()).hexdigest()


def settings_hash(settings: Settings, bundle: Bundle, recordings: str = "") -> str:
    """sha256 (first 16 digits) of the settings that change the sound; the model's name and the device do not.

    `recordings` is a hash of the contents of the recordings that the settings name.
    """
    plain = to_plain(settings)
    for name in ("model", "device", "compiled", "offline", "sheet"):
        del plain[name]
    if recordings:
        plain |= {"library": recordings, "likes": ()}  # wherever they lie
    text = json.dumps({**plain, "bundle": bundle_hash(bundle)}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
