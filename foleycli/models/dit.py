"""The name by which users outside foley know the transformer; it is defined in foleycli.networks.mdsgen.dit."""

from __future__ import annotations

from foleycli.networks.mdsgen.dit import MDSGen

__all__ = ["MDSGen"]
