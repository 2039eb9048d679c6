"""What goes around an MDSGen that `foley train mdsgen` makes: its video encoder, its VAE, its size and its name.

--vae        latent, mel                                  the sound of the model
pocket       8 x 16 x 64 of 128 x 512, 32 kHz             pocket's vocoder; both come with foley
sd           4 x 16 x 64 of 128 x 512, 16 kHz (paper)     Griffin-Lim; `foley models pull sd-vae`
audioldm     8 x 204 x 16 of 64 x 816, 16 kHz (authors)   AudioLDM's HiFi-GAN; `foley models pull audioldm-vae`

The video encoder is CAVP where `foley models pull cavp` has been run, else pocket's spotter as a stand-in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

from torch import Tensor

from foleycli.bundles import catalogue, convert, published
from foleycli.models.loaded import LoadedModel, load_bundle
from foleycli.models.mdsgen.features import CavpFeatures, SpotterFeatures, WindowFeatures
from foleycli.models.mdsgen.importing import IMAGE_SPECS, OFFICIAL_SPECS
from foleycli.networks.codecs.vae import MelVae
from foleycli.networks.vision.cavp import CavpVideoEncoder
from foleycli.networks.vision.spotter import Spotter
from foleycli.specs import DitSpec, KlVaeSpec, MelSpec, SamplerSpec, Size, SpotterSpec, VaeSpec, VocoderSpec
from foleycli.training.mdsgen.ablations import fields_of

SAMPLER = SamplerSpec(steps=25, guidance=5.0)  # the paper's
STAND_IN = "stand-in"
PUBLISHED_VAES = {"sd": "sd-vae", "audioldm": "audioldm-vae"}  # by their names in the catalogue


@dataclass(frozen=True)
class Parts:
    """The choices of a run. `stand_in`: what is seen comes from pocket's spotter, not from CAVP."""

    size: Size
    vae: str
    stand_in: bool
    ablation: str = ""  # of training/mdsgen/ablations.py

    @classmethod
    def chosen(cls, size: str, vae: str, ablation: str = "") -> Parts:
        """With CAVP's published weights where they are on this machine."""
        stand_in = published.find_published("cavp") is None
        return cls(cast(Size, size.upper()), vae, stand_in=stand_in, ablation=ablation)

    @property
    def encoders(self) -> str:
        """A name for the two frozen encoders, which training data depend on."""
        return f"{self.vae}-{STAND_IN if self.stand_in else 'cavp'}"

    def checksums(self) -> dict[str, str]:
        """sha256 of the weights of the two encoders: windows that others made don't fit."""
        own = self.pocket.manifest.files
        return {
            "video": own["spotter.safetensors"].sha256 if self.stand_in else catalogue.find("cavp").sha256,
            "vae": catalogue.find(PUBLISHED_VAES[self.vae]).sha256
            if self.vae in PUBLISHED_VAES
            else own["vae.safetensors"].sha256,
        }

    @property
    def name(self) -> str:
        """What the run and the model are called; a stand-in is named in it."""
        return f"mdsgen-{self.size.lower()}-{self.encoders}{self.ablation and '-' + self.ablation}"

    @property
    def pocket(self) -> LoadedModel:
        """The built-in model."""
        return load_bundle("pocket")

    @cached_property
    def specs(self) -> dict[str, object]:
        """Of everything in the model's folder but the transformer."""
        kinds = {"mel": MelSpec, "vae": VaeSpec, "vocoder": VocoderSpec}
        own = {"pocket": {part: self.pocket.spec(part, kind) for part, kind in kinds.items()}, "sd": IMAGE_SPECS}
        specs = {**own.get(self.vae, OFFICIAL_SPECS), "sampler": self.sampler}
        return specs | ({"spotter": self.pocket.spec("spotter", SpotterSpec)} if self.stand_in else {})

    @property
    def sampler(self) -> SamplerSpec:
        """The paper's sampler; an ablation changes a field of it."""
        return replace(SAMPLER, **fields_of(self.ablation, "sampler"))

    @property
    def mel(self) -> MelSpec:
        """The spectrogram that the VAE encodes."""
        return cast(MelSpec, self.specs["mel"])

    def transformer(self) -> DitSpec:
        """The paper's transformer of that size on the latent of the VAE: TAM, learned Reducer, nothing aligned.

        An ablation changes a field of it.
        """
        spec = DitSpec.sized(self.size, layout="official" if self.vae == "audioldm" else "image")
        channels = cast(VaeSpec | KlVaeSpec, self.specs["vae"]).latent_channels
        width = 4 * cast(SpotterSpec, self.specs["spotter"]).width if self.stand_in else spec.features
        return replace(spec, latent_channels=channels, features=width, **fields_of(self.ablation, "dit"))

    def require(self) -> None:
        """Raises ModelError, with the command that fetches it, where the VAE's published weights are missing."""
        if self.vae in PUBLISHED_VAES:
            published.require_published(PUBLISHED_VAES[self.vae])

    def features(self, device: str) -> WindowFeatures:
        """The video encoder, frozen."""
        if self.stand_in:
            return SpotterFeatures(self.pocket.part("spotter", Spotter).to(device))
        network = CavpVideoEncoder()
        network.load_state_dict(published.converted(published.require_published("cavp"), "cavp"))
        return CavpFeatures(network.eval().requires_grad_(False).to(device))

    def encoder(self, device: str) -> Callable[[Tensor], Tensor]:
        """Log-mel (B, M, K) -> the mean latent, in the layout of `transformer`."""
        if self.vae == "pocket":
            return self.pocket.part("vae", MelVae).to(device).encode
        from foleycli.networks.codecs.kl_vae import KlEncoder

        path = published.require_published(PUBLISHED_VAES[self.vae])
        network = KlEncoder(cast(KlVaeSpec, self.specs["vae"]))
        network.load_state_dict(published.translate(path, convert.kl_encoder))
        return network.eval().requires_grad_(False).to(device)

    def weights(self) -> dict[str, Mapping[str, Tensor]]:
        """Parts of pocket that go into the model's folder."""
        taken = [*(("vae", "vocoder") if self.vae == "pocket" else ()), *(("spotter",) if self.stand_in else ())]
        return {part: self.pocket.part(part).state_dict() for part in taken}

    def said(self) -> str:
        """One line on what is seen and what is heard."""
        seen = (
            "pocket's spotter, a STAND-IN for CAVP ('foley models pull cavp' fetches that)" if self.stand_in else "CAVP"
        )
        return f"video features: {seen}; VAE: {self.vae}"
