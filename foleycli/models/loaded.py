"""Opens a model: specs at once, each network when it is first asked for (spotting needs no vocoder)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from foleycli.bundles import published, store
from foleycli.bundles.format import MDSGEN, REPAIR, SPOT_PERFORM, Bundle, Manifest, read_bundle, stored_part
from foleycli.errors import ModelError
from foleycli.specs import CueSpec, DitSpec, KlVaeSpec, MelSpec, SamplerSpec, SpotterSpec, VaeSpec, VocoderSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

    from foleycli.networks.codecs.griffin_lim import GriffinLim
    from foleycli.networks.codecs.hifigan import HifiGan
    from foleycli.networks.codecs.vae import MelVae
    from foleycli.networks.codecs.vocoder import IstftVocoder
    from foleycli.networks.mdsgen.cues import CueEncoder
    from foleycli.networks.mdsgen.dit import MDSGen
    from foleycli.networks.vision.cavp import CavpVideoEncoder
    from foleycli.networks.vision.spotter import Spotter

    Network = TypeVar("Network", bound=nn.Module)

SpecT = TypeVar("SpecT")
PARTS = {
    SPOT_PERFORM: ("spotter", "cues", "dit", "vae", "vocoder"),
    MDSGEN: ("dit",),  # and what others published, which may lie beside it in the Hub's cache
}


def load_bundle(name: str | Path, *, offline: bool = False) -> LoadedBundle:
    """A model by its name in the catalogue, its folder, or `hf://owner/name@revision`; raises ModelError."""
    bundle = read_bundle(store.resolve(name, offline=offline))
    needed = PARTS.get(bundle.manifest.kind)
    if needed is None:
        raise ModelError(f"{bundle.folder}: kind {bundle.manifest.kind!r} is unknown here; install a newer foleycli")
    if missing := [part for part in needed if part not in bundle.manifest.parts]:
        raise ModelError(f"{bundle.folder}: no weights for {', '.join(missing)}; {REPAIR}")
    loaded = LoadedBundle(bundle)
    for part, source in loaded.sources.items():
        if part not in bundle.manifest.parts:
            published.require_published(source)
    return loaded


class LoadedBundle:
    """The networks of a model, float32 on the CPU in eval mode, each built and checked on first use."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    @property
    def manifest(self) -> Manifest:
        return self.bundle.manifest

    @cached_property
    def sources(self) -> dict[str, str]:
        """The parts that others published, by the names they have in the catalogue."""
        if self.manifest.kind != MDSGEN:
            return {}
        kinds: dict[str, type[KlVaeSpec] | type[VocoderSpec]] = {"vae": KlVaeSpec, "vocoder": VocoderSpec}
        return published.sources({part: self.bundle.spec(part, kind) for part, kind in kinds.items()})

    @cached_property
    def mel(self) -> MelSpec:
        return self.bundle.spec("mel", MelSpec)

    @cached_property
    def sampler(self) -> SamplerSpec:
        return self.bundle.spec("sampler", SamplerSpec)

    @cached_property
    def spotter(self) -> Spotter:
        from foleycli.networks.vision.spotter import Spotter

        return self._build("spotter", SpotterSpec, Spotter)

    @cached_property
    def cue_encoder(self) -> CueEncoder:
        from foleycli.networks.mdsgen.cues import CueEncoder

        return self._build("cues", CueSpec, CueEncoder)

    @cached_property
    def cavp(self) -> CavpVideoEncoder:
        from foleycli.networks.vision.cavp import CavpVideoEncoder

        return self.fill("cavp", CavpVideoEncoder())

    @cached_property
    def dit(self) -> MDSGen:
        from foleycli.networks.mdsgen.dit import MDSGen

        return self._build("dit", DitSpec, MDSGen)

    @cached_property
    def vae(self) -> MelVae:
        from foleycli.networks.codecs.vae import MelVae

        return self._build("vae", VaeSpec, lambda spec: MelVae(spec, self.mel.mels))

    @cached_property
    def vocoder(self) -> IstftVocoder | HifiGan | GriffinLim:
        from foleycli.networks.codecs.griffin_lim import GriffinLim
        from foleycli.networks.codecs.hifigan import HifiGan
        from foleycli.networks.codecs.vocoder import IstftVocoder

        spec = self.bundle.spec("vocoder", VocoderSpec)
        if spec.kind == "griffin-lim":
            return GriffinLim(self.mel, spec.projections)
        if spec.kind == "hifigan":
            return self._build("vocoder", VocoderSpec, HifiGan)
        return self._build("vocoder", VocoderSpec, IstftVocoder)

    def _build(self, part: str, kind: type[SpecT], network: Callable[[SpecT], Network]) -> Network:
        from foleycli.networks.uninitialised import Uninitialised

        with Uninitialised():
            empty = network(self.bundle.spec(part, kind))
        return self.fill(part, empty)

    def _state(self, part: str) -> dict[str, Tensor]:
        """From the bundle, or for a published part that is not in it, from the file that was pulled."""
        source = self.sources.get(part)
        if part in self.manifest.parts or source is None:
            return stored_part(self.bundle, part)  # converted as the network takes it over
        return published.converted(published.require_published(source), source)

    def fill(self, part: str, network: Network) -> Network:
        """The network with the weights of that part, in eval mode."""
        try:
            network.load_state_dict(self._state(part))
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:160]
            raise ModelError(f"{self.bundle.part_path(part)}: doesn't fit its spec ({reason}); {REPAIR}") from error
        return network.eval().requires_grad_(False)
