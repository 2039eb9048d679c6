"""What a user chooses for a dub: each setting is defined here, once, with its unit and its default.

The values travel whole, from the command or the caller to where they are used. None stands for the model's own choice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

from foleycli.timeline import OVERLAP_SECONDS

Original = Literal["replace", "mix", "duck", "keep-track"]
Level = Literal["auto", "off"]
Kept = Literal["all", "hits", "spans", "none"]


@dataclass(frozen=True, kw_only=True)
class Bed:
    """A lasting sound that is asked for by name, from `start` to `stop`; None: from or to where the part ends."""

    sound: str  # a class name
    start: Fraction | None = None  # seconds from the first picture
    stop: Fraction | None = None
    strength: float = 0.6  # 0..1, as of a cue


@dataclass(frozen=True, kw_only=True)
class Generation:
    """How the sound is made: everything that decides what is heard, beside the model and the cue sheet."""

    seed: int = 0  # another seed gives another performance of the same cues
    steps: int | None = None  # of the sampler
    guidance: float | None = None  # how closely the model follows its condition; 1 is no guidance
    sounds: tuple[str, ...] = ()  # class names that all cues are played with
    start: Fraction | None = None  # of the part to dub, seconds from the first picture; None: the first picture
    end: Fraction | None = None  # None: the last picture
    overlap: Fraction = OVERLAP_SECONDS  # of neighbouring windows, seconds
    beds: tuple[Bed, ...] = ()  # lasting sounds beside those that were spotted, in place of them where they lie
    kept: Kept = "all"  # which cues are played beside the beds: the hits, the spans; none: nothing is spotted
    stems: bool = False  # perform hits and spans apart; the track is their sum
    library: str | None = None  # a folder of recordings that are played where they fit a cue
    likes: tuple[str, ...] = ()  # recordings that the model imitates: FILE, sound=FILE, or a folder

    @property
    def spots(self) -> bool:
        """Whether the video is spotted where no sheet is given."""
        return self.kept != "none"

    @property
    def first(self) -> Fraction:
        """Where the part begins, seconds from the first picture."""
        return self.start or Fraction(0)


@dataclass(frozen=True)
class Played:
    """Which sounds are played: the part of `Generation` that `dub`, `batch` and `spot` share."""

    sounds: tuple[str, ...] = ()
    beds: tuple[Bed, ...] = ()
    kept: Kept = "all"
    only_cues: bool = False  # nothing is spotted; what a sheet has is played

    def within(self, generation: Generation, *, sheet: bool = False) -> Generation:
        """The settings with these sounds; `sheet` where a cue sheet is given."""
        kept: Kept = "none" if self.only_cues and not sheet else self.kept
        return replace(generation, sounds=self.sounds, beds=self.beds, kept=kept)


@dataclass(frozen=True, kw_only=True)
class Model:
    """Which model, and how it is run."""

    name: str = "pocket"  # of the catalogue, a folder, or hf://owner/name@revision
    device: str = "auto"  # auto, cpu, cuda, cuda:1, mps
    precision: str = "auto"  # auto, fp32, bf16
    compiled: bool = False  # by torch.compile, on first use
    offline: bool = False  # never ask the network
    namer: str = "auto"  # what tells from the picture what sounds: auto, off, a CLIP or SigLIP (Hub name or folder)


@dataclass(frozen=True, kw_only=True)
class Mix:
    """What happens to the track on its way into the file: levels, and the video's own sound."""

    original: Original = "replace"
    gain_db: float = 0.0
    loudness_lufs: float | None = None  # of the whole track; None: as `level` says
    level: Level = (
        "auto"  # auto: the new sound at -23 LUFS or -1 dBTP, whichever comes first; off: as the model made it
    )
    room_tone_lufs: float | None = -60.0  # of a bed under the new sound where a cue is heard; None: none
    fade_in: Fraction = Fraction(0)  # seconds, of the new sound
    fade_out: Fraction = Fraction(0)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that decides how a dub sounds, beside the video and a cue sheet of one's own."""

    generation: Generation = field(default_factory=Generation)
    model: Model = field(default_factory=Model)
    mix: Mix = field(default_factory=Mix)


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """What is written, and where."""

    target: Path | None = None  # *.mp4, mkv, mov, webm: a copy of the video; *.wav, *.flac, *.mp3, ...: the sound alone
    stems: Path | None = None  # a folder for impacts and ambience, as WAV
    timeline: Path | None = None  # *.fcpxml, otio, edl, rpp: each cue as a clip of its stem; stems lie beside it
    plot: Path | None = None  # a PNG
    sidecar: bool = False  # target.foley.json, which a rerun needs
    overwrite: bool = False

    @property
    def stem_folder(self) -> Path | None:
        """Where the stems go: the folder that was named, else that of the timeline, which plays them."""
        return self.timeline.parent if self.stems is None and self.timeline is not None else self.stems
