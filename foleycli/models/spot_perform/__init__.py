"""The built-in family (pocket): a spotter writes cues, MDSGen with frame-aligned conditioning plays them.

frames -> spotter -> cues -> curves -> features -> MDSGen -> VAE -> vocoder
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foleycli.models.base import Family, FoleyModel, Part, build_transformer, build_vocoder, register
from foleycli.specs import CueSpec, DitSpec, MelSpec, SpotterSpec, VaeSpec, VocoderSpec

if TYPE_CHECKING:
    from torch import nn

    from foleycli.bundles.format import Bundle
    from foleycli.models.loaded import LoadedModel
    from foleycli.sampling.runtime import Runtime


def _spotter(bundle: Bundle) -> nn.Module:
    from foleycli.networks.vision.spotter import Spotter

    return Spotter(bundle.spec("spotter", SpotterSpec))


def _cues(bundle: Bundle) -> nn.Module:
    from foleycli.networks.mdsgen.cues import CueEncoder

    return CueEncoder(bundle.spec("cues", CueSpec))


def _vae(bundle: Bundle) -> nn.Module:
    from foleycli.networks.codecs.vae import MelVae

    return MelVae(bundle.spec("vae", VaeSpec), bundle.spec("mel", MelSpec).mels)


def _model(loaded: LoadedModel, runtime: Runtime) -> FoleyModel:
    from foleycli.models.spot_perform.model import SpotPerform

    return SpotPerform(loaded, runtime)


FAMILY = register(
    Family(
        kind="spot-perform",
        parts={
            "spotter": Part(_spotter, SpotterSpec),
            "cues": Part(_cues, CueSpec),
            "dit": Part(build_transformer, DitSpec),
            "vae": Part(_vae, VaeSpec),
            "vocoder": Part(build_vocoder, VocoderSpec),
        },
        build=_model,
        cues=True,
        stems=True,
        imitates=True,
    )
)
