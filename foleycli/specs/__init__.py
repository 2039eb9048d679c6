"""What every part of a model is, as frozen data: the only thing that a bundle needs beside weights.

Axes: B batch, T video frames, M x K mel bins x frames, F x L latent bins x frames, C channels, S samples, D, N tokens.
"""

from foleycli.specs.codecs import KlVaeSpec, VaeSpec, VocoderSpec
from foleycli.specs.cues import CueSpec
from foleycli.specs.judges import SoundClassifierSpec
from foleycli.specs.mel import MelSpec
from foleycli.specs.sampler import SamplerSpec
from foleycli.specs.spotter import SpotterSpec
from foleycli.specs.transformer import DitSpec, Size

__all__ = [
    "CueSpec",
    "DitSpec",
    "KlVaeSpec",
    "MelSpec",
    "SamplerSpec",
    "Size",
    "SoundClassifierSpec",
    "SpotterSpec",
    "VaeSpec",
    "VocoderSpec",
]
