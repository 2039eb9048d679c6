"""Everything that decides how an output sounds, as one hash: another hash is another piece of work."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from foleycli.bundles.format import MANIFEST, Bundle


def bundle_hash(bundle: Bundle) -> str:
    """sha256 of the manifest, which holds the sha256 of every file: it names the weights."""
    return hashlib.sha256((bundle.folder / MANIFEST).read_bytes()).hexdigest()


def settings_hash(choices: Mapping[str, Any], bundle: Bundle) -> str:
    """sha256 (16 digits) of the choices, plain values by name, and of the model's weights."""
    text = json.dumps({**choices, "bundle": bundle_hash(bundle)}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
