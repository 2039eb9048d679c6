"""Opens a Visual Echoes model: its transformer, and its tokenizers from the bundle or as others published them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch

from foleycli.bundles import published, store
from foleycli.bundles.format import REPAIR, Bundle, read_bundle, read_part
from foleycli.errors import ModelError
from foleycli.models.loaded import LoadedModel, load_bundle
from foleycli.models.sound_namer.efficientnet import built_in_network
from foleycli.models.visual_echoes import KIND, importing
from foleycli.models.visual_echoes.importing import vqgan_state
from foleycli.models.visual_echoes.model import EchoModel
from foleycli.models.visual_echoes.tokenizers import (
    LatentSounds,
    MelSounds,
    PictureTokens,
    SmallPictures,
    SoundTokens,
    VqganPictures,
)
from foleycli.networks.visual_echoes.melgan import Melgan
from foleycli.networks.visual_echoes.patch_vq import PatchVq
from foleycli.networks.visual_echoes.transformer import MaskedTransformer
from foleycli.networks.visual_echoes.vqgan import Vqgan
from foleycli.networks.visual_echoes.word_vq import SoundWords, WordVq
from foleycli.specs.visual_echoes import (
    DecodingSpec,
    EchoSpec,
    MelganSpec,
    PatchVqSpec,
    TokenLayout,
    TransformerSpec,
    VqganSpec,
    WordVqSpec,
)

if TYPE_CHECKING:
    from torch import Tensor, nn

    Network = TypeVar("Network", bound=nn.Module)

MAGE_VQGAN = "mage-vqgan"  # name in the catalogue


def load_echo(name: str | Path, *, offline: bool = False, device: str = "cpu") -> EchoModel:
    """A Visual Echoes model by its name in the catalogue, its folder, or `hf://owner/name`; raises ModelError."""
    bundle = read_bundle(store.resolve(name, offline=offline))
    kind = bundle.manifest.kind
    if kind != KIND:
        raise ModelError(f"{name}: a model of kind {kind!r} knows nothing of pictures and sounds; try --model echo")
    transformer = _filled(bundle, "transformer", MaskedTransformer(bundle.spec("transformer", TransformerSpec)))
    about = bundle.spec("echo", EchoSpec)
    layout = bundle.spec("layout", TokenLayout)
    return EchoModel(
        bundle.manifest.name, layout, transformer.to(device), pictures=_pictures(bundle, about, device),
        sounds=_sounds(bundle, about, layout, device=device), decoding=bundle.spec("decoding", DecodingSpec),
    )  # fmt: skip


def takes_pictures(name: str | Path, *, offline: bool = False) -> bool:
    """Whether a model makes sound for pictures: one that `load_echo` opens."""
    kind = read_bundle(store.resolve(name, offline=offline)).manifest.kind
    return kind == KIND


def _pictures(bundle: Bundle, about: EchoSpec, device: str) -> PictureTokens:
    if about.image == "patch":
        vq = _filled(bundle, "image", PatchVq(bundle.spec("image", PatchVqSpec))).to(device)
        words = _filled(bundle, "picture_words", WordVq(bundle.spec("picture_words", WordVqSpec))).to(device)
        return SmallPictures(vq, words, built_in_network)
    vqgan = Vqgan(bundle.spec("image", VqganSpec))
    path = published.require_published(MAGE_VQGAN)
    return VqganPictures(filled_network(vqgan, published.translate(path, vqgan_state), str(path)).to(device))


def _sounds(bundle: Bundle, about: EchoSpec, layout: TokenLayout, device: str) -> SoundTokens:
    if about.sound == "latent":
        codec = load_bundle(about.codec)
        _require_codec(codec, about)
        spec = bundle.spec("sound", PatchVqSpec)
        vq = _filled(bundle, "sound", PatchVq(spec)).to(device)
        about_words = bundle.spec("sound_words", WordVqSpec)
        words = _filled(bundle, "sound_words", SoundWords(about_words, channels=spec.channels, rows=spec.rows)).to(
            device
        )
        return LatentSounds(vq, words, codec, device=device, columns=layout.sound_grid[1])
    folder = store.imported(importing.NAME)
    if not (folder / "bundle.json").is_file():
        raise ModelError(f"this model needs SpecVQGAN's codec; foley models import FILE --as {importing.NAME}")
    imported = read_bundle(folder)
    vqgan = _filled(imported, "vqgan", Vqgan(imported.spec("vqgan", VqganSpec)))
    melgan = _filled(imported, "vocoder", Melgan(imported.spec("vocoder", MelganSpec)))
    return MelSounds(vqgan.to(device), melgan.to(device))


def _require_codec(codec: LoadedModel, about: EchoSpec) -> None:
    record = codec.manifest.files.get("vae.safetensors")
    if about.codec_sha256 and (record is None or record.sha256 != about.codec_sha256):
        raise ModelError(
            f"{about.codec}: its codec is not the one that the sound tokens were made for; "
            "install the foleycli that the model came with, or train its tokens again"
        )


def _filled(bundle: Bundle, part: str, network: Network) -> Network:
    return filled_network(network, read_part(bundle, part), str(bundle.part_path(part)))


def filled_network(network: Network, state: Mapping[str, Tensor], where: str) -> Network:
    """The network with these weights, float32, in eval mode; raises ModelError where they don't fit."""
    try:
        network.load_state_dict(dict(state))
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:160]
        raise ModelError(f"{where}: doesn't fit its spec ({reason}); {REPAIR}") from error
    return network.to(torch.float32).eval().requires_grad_(False)
