"""MDSGen as its authors have it: no cues, what is seen goes straight into the transformer.

frames -> CAVP -> features -> MDSGen -> VAE -> vocoder

One of your own (`foley train mdsgen`) may hold parts of pocket: a spotter in the place of CAVP, the VAE and vocoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foleycli.models.base import Family, FoleyModel, Part, build_transformer, build_vocoder, register
from foleycli.specs import DitSpec, KlVaeSpec, MelSpec, SpotterSpec, VaeSpec, VocoderSpec

if TYPE_CHECKING:
    from torch import nn

    from foleycli.bundles.format import Bundle
    from foleycli.models.loaded import LoadedModel
    from foleycli.sampling.runtime import Runtime


def published_parts(vae: KlVaeSpec | VaeSpec, vocoder: VocoderSpec, *, spotter: bool = False) -> dict[str, str]:
    """Part of a bundle with these specs -> the entry of the catalogue that others published it as.

    `spotter`: the bundle has one in the place of CAVP.
    """
    found = {} if spotter else {"cavp": "cavp"}
    if isinstance(vae, KlVaeSpec):
        found["vae"] = "audioldm-vae" if vae.picture_channels == 1 else "sd-vae"
    return found | ({"vocoder": "audioldm-hifigan"} if vocoder.kind == "hifigan" else {})


def _published(bundle: Bundle) -> dict[str, str]:
    spotter = "spotter" in bundle.manifest.specs
    return published_parts(vae_spec(bundle), bundle.spec("vocoder", VocoderSpec), spotter=spotter)


def vae_spec(bundle: Bundle) -> KlVaeSpec | VaeSpec:
    """The spec of the bundle's VAE: diffusers' AutoencoderKL, or pocket's own kind."""
    own = "latent_scale" in bundle.manifest.specs.get("vae", {})
    return bundle.spec("vae", VaeSpec) if own else bundle.spec("vae", KlVaeSpec)


def _cavp(_: Bundle) -> nn.Module:
    from foleycli.networks.vision.cavp import CavpVideoEncoder

    return CavpVideoEncoder()


def _vae(bundle: Bundle) -> nn.Module:
    from foleycli.networks.codecs.kl_vae import KlDecoder
    from foleycli.networks.codecs.vae import MelVae

    spec = vae_spec(bundle)
    return KlDecoder(spec) if isinstance(spec, KlVaeSpec) else MelVae(spec, bundle.spec("mel", MelSpec).mels)


def _spotter(bundle: Bundle) -> nn.Module:
    from foleycli.networks.vision.spotter import Spotter

    return Spotter(bundle.spec("spotter", SpotterSpec))


def _model(loaded: LoadedModel, runtime: Runtime) -> FoleyModel:
    from foleycli.models.mdsgen.model import OfficialMdsgen

    return OfficialMdsgen(loaded, runtime)


FAMILY = register(
    Family(
        kind="mdsgen",
        parts={
            "cavp": Part(_cavp, required=False),
            "spotter": Part(_spotter, SpotterSpec, required=False),
            "dit": Part(build_transformer, DitSpec),
            "vae": Part(_vae, required=False),
            "vocoder": Part(build_vocoder, VocoderSpec, required=False),
        },
        build=_model,
        published=_published,
    )
)
