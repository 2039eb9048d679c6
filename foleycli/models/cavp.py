"""The name by which users outside foley know MDSGen's video encoder; it is defined in foleycli.networks.vision.cavp."""

from __future__ import annotations

from foleycli.networks.vision.cavp import CavpVideoEncoder

__all__ = ["CavpVideoEncoder"]
