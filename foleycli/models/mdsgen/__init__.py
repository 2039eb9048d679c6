"""MDSGen as its authors have it: no cues, what is seen goes straight into the transformer.

frames -> CAVP -> features -> MDSGen -> VAE -> vocoder
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foleycli.models.base import Family, FoleyModel, Part, build_transformer, build_vocoder, register
from foleycli.specs import DitSpec, KlVaeSpec, VocoderSpec

if TYPE_CHECKING:
    from torch import nn

    from foleycli.bundles.format import Bundle
    from foleycli.models.loaded import LoadedModel
    from foleycli.sampling.runtime import Runtime


def published_parts(vae: KlVaeSpec, vocoder: VocoderSpec) -> dict[str, str]:
    """Part of a bundle with these specs -> the entry of the catalogue that others published it as."""
    found = {"cavp": "cavp", "vae": "audioldm-vae" if vae.picture_channels == 1 else "sd-vae"}
    return found | ({"vocoder": "audioldm-hifigan"} if vocoder.kind == "hifigan" else {})


def _published(bundle: Bundle) -> dict[str, str]:
    return published_parts(bundle.spec("vae", KlVaeSpec), bundle.spec("vocoder", VocoderSpec))


def _cavp(_: Bundle) -> nn.Module:
    from foleycli.networks.vision.cavp import CavpVideoEncoder

    return CavpVideoEncoder()


def _vae(bundle: Bundle) -> nn.Module:
    from foleycli.networks.codecs.kl_vae import KlDecoder

    return KlDecoder(bundle.spec("vae", KlVaeSpec))


def _model(loaded: LoadedModel, runtime: Runtime) -> FoleyModel:
    from foleycli.models.mdsgen.model import OfficialMdsgen

    return OfficialMdsgen(loaded, runtime)


FAMILY = register(
    Family(
        kind="mdsgen",
        parts={
            "cavp": Part(_cavp, required=False),
            "dit": Part(build_transformer, DitSpec),
            "vae": Part(_vae, KlVaeSpec, required=False),
            "vocoder": Part(build_vocoder, VocoderSpec, required=False),
        },
        build=_model,
        published=_published,
    )
)
