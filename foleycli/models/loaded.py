"""Opens a model: its specs at once, each network when it is first asked for (spotting needs no vocoder)."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar, overload

from foleycli.bundles import published, store
from foleycli.bundles.format import REPAIR, Bundle, Manifest, read_bundle, stored_part
from foleycli.errors import ModelError
from foleycli.models.base import family_of
from foleycli.specs import MelSpec, SamplerSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

    Network = TypeVar("Network", bound=nn.Module)

Spec = TypeVar("Spec")


def load_bundle(name: str | Path, *, offline: bool = False) -> LoadedModel:
    """A model by its name in the catalogue, its folder, or `hf://owner/name@revision`.

    Raises ModelError where it is not there, lacks a part, or is of a kind that no family has.
    """
    loaded = LoadedModel(read_bundle(store.resolve(name, offline=offline)))
    bundle, parts = loaded.bundle, loaded.family.parts
    if missing := [part for part, made in parts.items() if made.required and part not in bundle.manifest.parts]:
        raise ModelError(f"{bundle.folder}: no weights for {', '.join(missing)}; {REPAIR}")
    for part, source in loaded.sources.items():
        if part not in bundle.manifest.parts:
            published.require_published(source)
    return loaded


class LoadedModel:
    """The specs and networks of a bundle; each network is built and its weights are checked on first use.

    Networks are float32, on the CPU until they are moved, and in eval mode. Threads may ask for them at once.
    """

    def __init__(self, bundle: Bundle) -> None:
        """Raises ModelError for a bundle whose kind is unknown."""
        self.bundle, self.family = bundle, family_of(bundle)
        self._networks: dict[str, nn.Module] = {}
        self._locks = {part: Lock() for part in self.family.parts}  # a part is built by one thread, others side by side

    @property
    def manifest(self) -> Manifest:
        return self.bundle.manifest

    @cached_property
    def sources(self) -> dict[str, str]:
        """The parts that others published, by the names they have in the catalogue."""
        return self.family.published(self.bundle)

    @cached_property
    def mel(self) -> MelSpec:
        return self.spec("mel", MelSpec)

    @cached_property
    def sampler(self) -> SamplerSpec:
        return self.spec("sampler", SamplerSpec)

    def spec(self, part: str, kind: type[Spec]) -> Spec:
        """The spec of a part; raises ModelError where the bundle has none."""
        return self.bundle.spec(part, kind)

    @overload
    def part(self, name: str) -> nn.Module: ...

    @overload
    def part(self, name: str, kind: type[Network]) -> Network: ...

    def part(self, name: str, kind: type[Network] | None = None) -> nn.Module:
        """The network of a part, always the same one; `kind` is the class that it must have.

        Raises ModelError for a part that the family hasn't, and for weights that are missing or damaged or don't fit.
        """
        if name not in self._locks:
            known = ", ".join(self.family.parts)
            raise ModelError(f"{self.manifest.name}: no part {name!r} in a model of this kind; its parts are {known}")
        with self._locks[name]:
            if name not in self._networks:
                self._networks[name] = self._built(name)
            network = self._networks[name]
        if kind is not None and not isinstance(network, kind):
            raise ModelError(f"{self.manifest.name}: {name} is a {type(network).__name__}, not a {kind.__name__}")
        return network

    def build_all(self) -> None:
        """Builds every network that it has, the first part last: whoever needs that at once can build it meanwhile."""
        for name in reversed(tuple(self.family.parts)):
            if self.family.parts[name].required or name in self.manifest.specs or name in self.sources:
                self.part(name)

    def _built(self, name: str) -> nn.Module:
        from foleycli.networks.uninitialised import Uninitialised

        with Uninitialised():
            network = self.family.parts[name].build(self.bundle)
        if network.state_dict():  # Griffin-Lim has no weights
            self._fill(name, network)
        return network.eval().requires_grad_(False)

    def _fill(self, name: str, network: nn.Module) -> None:
        try:
            network.load_state_dict(self._state(name))
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:160]
            raise ModelError(f"{self.bundle.part_path(name)}: doesn't fit its spec ({reason}); {REPAIR}") from error

    def _state(self, name: str) -> dict[str, Tensor]:
        """From the bundle, or for a published part that is not in it, from the file that was pulled."""
        source = self.sources.get(name)
        if name in self.manifest.parts or source is None:
            return stored_part(self.bundle, name)  # converted as the network takes it over
        return published.converted(published.require_published(source), source)
