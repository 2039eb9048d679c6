"""What the pipeline asks of a model, and the register of model families.

A family is a package in foleycli/models. Its __init__.py registers a `Family`: the kind that bundles name, its parts, a
function that builds the network of each part, and what the family can do. Those functions alone import torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, TypeVar

from foleycli.errors import ModelError
from foleycli.specs import DitSpec, MelSpec, VocoderSpec

if TYPE_CHECKING:
    from fractions import Fraction

    from torch import nn

    from foleycli.bundles.format import Bundle
    from foleycli.cues.sheet import Cue
    from foleycli.models.passages import Passage
    from foleycli.models.sound_namer.watching import NamingThread
    from foleycli.specs import SamplerSpec
    from foleycli.specs.settings import Generation
    from foleycli.types import Progress, Wave
    from foleycli.video.probe import VideoInfo

Item = TypeVar("Item")


@dataclass(frozen=True)
class Sighting:
    """What was seen in a video: its cue sheet, and the cuts between shots, in seconds from the first picture."""

    cues: tuple[Cue, ...]
    cuts: tuple[Fraction, ...]


class FoleyModel(Protocol):
    """A model of any family, ready on a device."""

    sample_rate: int  # in Hz
    at_once: int  # windows that it generates together
    column: Fraction  # in seconds: the overlap of two windows is a multiple of it

    def watch(
        self,
        info: VideoInfo,
        start: Fraction,
        stop: Fraction,
        *,
        spot: bool,
        progress: Progress | None,
        namer: NamingThread | None = None,
    ) -> Sighting:
        """Reads the pictures of [start, stop) seconds once: for cuts and, with `spot`, for cues that `namer` names."""
        ...

    def sampler(self, generation: Generation) -> SamplerSpec:
        """The sampler settings of the bundle, with steps and guidance of `generation` where they are given."""
        ...

    def perform(self, passages: Sequence[Passage], sampler: SamplerSpec) -> list[Wave]:
        """The sound (S,) of each passage, before its levels are set.

        Passages may be of any videos and seeds. The sound of one does not depend on the others, nor on their order.
        """
        ...


@dataclass(frozen=True)
class Part:
    """One network of a family: the dataclass of its spec, and the function that builds it without its weights."""

    build: Callable[[Bundle], nn.Module]
    spec: type | None = None
    required: bool = True  # False: its weights may lie outside the bundle, as their authors published them


def _nothing(_: Bundle) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class Family:
    """What foley needs to know of a family. `build` makes a `FoleyModel` of a `LoadedModel` and a `Runtime`."""

    kind: str  # as bundle.json says it
    parts: Mapping[str, Part]
    build: Callable[..., FoleyModel]
    cues: bool = False  # it is played by a cue sheet, whose strengths say how loud each sound is
    stems: bool = False  # it can play the hits and the spans of a cue sheet apart
    imitates: bool = False  # it can be shown recordings that its cues should sound like
    published: Callable[[Bundle], dict[str, str]] = _nothing  # part -> the entry of the catalogue it was published as


# Each registers its family, or where else its models are used, when it is imported.
MODULES = ("foleycli.models.spot_perform", "foleycli.models.mdsgen", "foleycli.models.visual_echoes")
_families: dict[str, Family] = {}
_elsewhere: dict[str, str] = {}


def register(family: Family) -> Family:
    """Makes bundles of this kind usable; raises ValueError for a kind that is taken."""
    if family.kind in _families:
        raise ValueError(f"kind {family.kind!r} is registered already; a family needs a kind of its own")
    _families[family.kind] = family
    return family


def register_elsewhere(kind: str, use: str) -> str:
    """Registers a kind of model that can't dub a video; `use` says what it does and which command takes it."""
    _elsewhere[kind] = use
    return kind


def families() -> tuple[Family, ...]:
    """All families that are registered: those of foley and any that were added by `register`."""
    for module in MODULES:
        import_module(module)
    return tuple(_families.values())


def family_of(bundle: Bundle) -> Family:
    """The family that a bundle belongs to; raises ModelError for a kind that can't dub a video or is unknown."""
    kind = bundle.manifest.kind
    found = next((family for family in families() if family.kind == kind), None)
    if found is None and kind in _elsewhere:
        raise ModelError(f"{bundle.folder}: {_elsewhere[kind]}")
    if found is None:
        raise ModelError(f"{bundle.folder}: kind {kind!r} is unknown here; install a newer foleycli")
    return found


def build_transformer(bundle: Bundle) -> nn.Module:
    """The MDSGen transformer of a bundle, its weights not yet filled in."""
    from foleycli.networks.mdsgen.dit import MDSGen

    return MDSGen(bundle.spec("dit", DitSpec))


def build_vocoder(bundle: Bundle) -> nn.Module:
    """The vocoder of a bundle, of the kind that its spec says; mels (B, M, K) -> sound (B, S)."""
    from foleycli.networks.codecs.griffin_lim import GriffinLim
    from foleycli.networks.codecs.hifigan import HifiGan
    from foleycli.networks.codecs.vocoder import IstftVocoder

    spec = bundle.spec("vocoder", VocoderSpec)
    if spec.kind == "griffin-lim":
        return GriffinLim(bundle.spec("mel", MelSpec), spec.projections)
    return HifiGan(spec) if spec.kind == "hifigan" else IstftVocoder(spec)


def full_batches(row: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Batches of exactly `size`, the last filled up with repeats of its last item.

    In batches of one shape an item's numbers do not depend on the others; in another shape sums are rounded otherwise.
    """
    for first in range(0, len(row), size):
        batch = row[first : first + size]
        yield [*batch, *[batch[-1]] * (size - len(batch))]
