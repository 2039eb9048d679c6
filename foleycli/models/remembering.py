"""A model that performs a window once: asked again with the same cues around it, it gives the same sound from disk.

A window's sound depends on its own cues and on those of the window before it. So after an edit of one cue only the
windows near it are performed, and an edit that is undone costs nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from foleycli.models.base import FoleyModel, Sighting
from foleycli.models.passages import AFTER_SECONDS, BEFORE_SECONDS, Draft, Passage
from foleycli.timeline import WINDOW_SECONDS
from foleycli.types import Progress, Wave
from foleycli.video.probe import VideoInfo

if TYPE_CHECKING:
    from foleycli.models.sound_namer.watching import NamingThread
    from foleycli.specs import SamplerSpec
    from foleycli.specs.settings import Generation

MOST_WINDOWS = 1024  # on disk, at most 1 MiB each; those not asked for longest go first


class RememberingModel:
    """A `FoleyModel` around another one, whose windows it keeps as files in `folder`; `performed` counts new ones."""

    def __init__(self, model: FoleyModel, folder: Path, most_windows: int = MOST_WINDOWS) -> None:
        self.model, self.folder, self.most_windows = model, folder, most_windows
        self.sample_rate, self.at_once, self.column = model.sample_rate, model.at_once, model.column
        self.performed = 0
        self._files: OrderedDict[Hashable, Path] = OrderedDict()
        self._cuts: dict[tuple[Path, Fraction, Fraction], Sighting] = {}

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
        """What the model sees; the cuts of a film are looked for once."""
        part = info.path, start, stop
        if not spot and part in self._cuts:
            return self._cuts[part]
        seen = self.model.watch(info, start, stop, spot=spot, progress=progress, namer=namer)
        self._cuts[part] = Sighting((), seen.cuts)
        return seen

    def sampler(self, generation: Generation) -> SamplerSpec:
        """The sampler of the model."""
        return self.model.sampler(generation)

    def perform(self, passages: Sequence[Passage], sampler: SamplerSpec) -> list[Wave]:
        """The sound (S,) of each passage: new ones performed together, others read from disk."""
        keys = [(sampler, *_depends_on(one)) for one in passages]
        new = [one for one, key in zip(passages, keys, strict=True) if key not in self._files]
        fresh = dict(zip(new, self.model.perform(new, sampler) if new else (), strict=True))
        waves = []
        for one, key in zip(passages, keys, strict=True):
            if one in fresh:
                waves.append(fresh[one])
                if one.draft.audible:  # silence is made faster than it is read
                    self._keep(key, fresh[one])
            else:
                self._files.move_to_end(key)
                waves.append(np.load(self._files[key]))
        return waves

    def _keep(self, key: Hashable, wave: Wave) -> None:
        path = self.folder / f"window{self.performed}.npy"
        self.performed += 1
        np.save(path, wave)
        self._files[key] = path
        while len(self._files) > self.most_windows:
            self._files.popitem(last=False)[1].unlink()


def _depends_on(passage: Passage) -> tuple[Hashable, ...]:
    before = None if passage.before is None else _around(passage.before)
    return passage.draft.info.path, passage.window, _around(passage.draft), before


def _around(draft: Draft) -> tuple[Hashable, ...]:
    """The seed of a draft, its start, and of its cues what can be heard in it."""
    first = float(draft.start) - BEFORE_SECONDS
    last = float(draft.start + WINDOW_SECONDS) + AFTER_SECONDS
    heard = tuple(
        (max(cue.time, first), cue.strength, cue.sound, None)
        if cue.stop is None
        else (max(cue.time, first), cue.strength, cue.sound, min(cue.stop, last))
        for cue in draft.cues
        if not cue.mute and cue.time < last and (cue.time if cue.stop is None else cue.stop) >= first
    )
    return draft.seed, draft.start, heard
