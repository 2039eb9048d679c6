"""The name by which users outside foley know log-mel spectrograms; it is defined in foleycli.networks.codecs.mel."""

from __future__ import annotations

from foleycli.networks.codecs.mel import log_mel

__all__ = ["log_mel"]
