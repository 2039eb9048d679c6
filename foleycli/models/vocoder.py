"""The names by which users outside foley know the vocoders; they are defined in foleycli.networks.codecs."""

from __future__ import annotations

from foleycli.networks.codecs.hifigan import HifiGan
from foleycli.networks.codecs.vocoder import IstftVocoder

__all__ = ["HifiGan", "IstftVocoder"]
