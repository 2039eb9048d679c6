"""From a video to a track of sound, in stages: probe, spot, plan, perform, stitch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import numpy as np

from foleycli.audio.crossfades import stitch
from foleycli.audio.level_rider import ride_windows
from foleycli.audio.limit import soft_limit
from foleycli.cues.arranging import arrange
from foleycli.cues.sheet import Cue
from foleycli.errors import UsageError
from foleycli.library.own import Own, open_own
from foleycli.library.player import LibraryPlayer
from foleycli.models.base import FoleyModel
from foleycli.models.loaded import LoadedModel, load_bundle
from foleycli.models.passages import Passage, apart, passages
from foleycli.models.sound_namer.namer import AUTO
from foleycli.models.sound_namer.watching import naming_thread
from foleycli.pipeline.devices import pick_device
from foleycli.pipeline.micro_batcher import MicroBatcher
from foleycli.pipeline.track import Track, TrackStream, hits_and_spans, sum_of
from foleycli.sampling.runtime import Runtime
from foleycli.specs import SamplerSpec
from foleycli.specs.settings import Generation
from foleycli.timeline import Window, plan_windows, whole_columns
from foleycli.types import Progress, Wave
from foleycli.video.probe import VideoInfo, probe

DEFAULT = Generation()
SHORTEST_SECONDS = Fraction(1, 1000)  # of a part: under a sample there is nothing to perform


class FoleyPipeline:
    """A model, ready on a device: `spot` writes the cue sheet of a video, `generate` and `stream` perform it."""

    def __init__(
        self,
        model: LoadedModel | str | Path = "pocket",
        device: str = "auto",
        precision: str = "auto",
        compiled: bool = False,
        namer: str = AUTO,
        offline: bool = False,
    ) -> None:
        """`namer` tells from the picture what sounds: "auto", "off", or a CLIP or SigLIP, fetched unless `offline`."""
        self.loaded = model if isinstance(model, LoadedModel) else load_bundle(model)
        self.bundle, self.family = self.loaded.bundle, self.loaded.family
        self.namer = naming_thread(namer, offline=offline)
        self.device = pick_device(device)
        self.model: FoleyModel = self.family.build(self.loaded, Runtime.of(self.device, precision, compiled))
        self.batcher = MicroBatcher(self._perform, self.model.at_once)  # threads with a video each share its batches

    def prepare(self) -> None:
        """Imports and builds now what otherwise is on first use, where two threads might do it at once."""
        self.loaded.build_all()

    def spot(
        self, video: str | Path | VideoInfo, settings: Generation = DEFAULT, *, progress: Progress | None = None
    ) -> tuple[Cue, ...]:
        """The cue sheet of the video, times in seconds from its first picture; empty for a model without a spotter.

        Of `settings` only `sounds`, `beds`, `kept`, `start` and `end` matter here. Raises InputError for a file that
        can't be read.
        """
        info = as_info(video)
        first, last = _part(info, settings)
        seen = self.model.watch(info, first, last, spot=settings.spots, progress=progress, namer=self.namer)
        return arrange(seen.cues, settings, first=first, last=last)

    def stream(
        self,
        video: str | Path | VideoInfo,
        settings: Generation = DEFAULT,
        *,
        cues: Sequence[Cue] | None = None,
        own: Own | None = None,
        only: Collection[int] | None = None,
        progress: Progress | None = None,
    ) -> TrackStream:
        """Performs the video (or the given cues) window by window; the same call gives the same samples.

        A window's sound depends on (video, cues, seed, window) alone: on its own cues and on those of its neighbours in
        the shot. With `settings.stems` hits and spans are performed apart: each stem is what `stream` gives of its cues
        alone, and the track is their sum. Recordings of `own`, or else those that the settings name, are played
        and imitated. The model performs the windows of the numbers `only` and is silent in the others; None: all.
        """
        (stream,) = self.takes(video, (settings.seed,), settings, cues=cues, own=own, only=only, progress=progress)
        return stream

    def takes(
        self,
        video: str | Path | VideoInfo,
        seeds: Sequence[int],
        settings: Generation = DEFAULT,
        *,
        cues: Sequence[Cue] | None = None,
        own: Own | None = None,
        only: Collection[int] | None = None,
        progress: Progress | None = None,
    ) -> tuple[TrackStream, ...]:
        """A track for each seed, each as `stream` gives it; the video is watched once.

        Read them in order, or memory grows. Their windows are performed as many at once as the device takes.
        """
        self._check(settings)
        own = open_own(settings, progress) if own is None else own
        info = as_info(video)
        first, last = _part(info, settings)
        spot = cues is None and settings.spots
        seen = self.model.watch(info, first, last, spot=spot, progress=progress, namer=self.namer)
        cues = arrange(seen.cues if cues is None else cues, settings, first=first, last=last)
        overlap = whole_columns(settings.overlap, self.model.column)
        windows = plan_windows(last - first, overlap=overlap, cuts=[cut - first for cut in seen.cuts])
        parts = hits_and_spans(cues) if settings.stems else (cues,)
        rate = self.model.sample_rate
        runs = [
            (seed, part, LibraryPlayer(own.library, part, seed=seed, start=first, stop=last, sample_rate=rate))
            for seed in seeds
            for part in parts
        ]
        row = chain.from_iterable(
            passages(info, player.rest, origin=first, windows=windows, seed=seed, likes=own.likes)
            for seed, _, player in runs
        )
        waves_of = apart(self._performed(row, self.model.sampler(settings), only), [len(windows)] * len(runs))

        def chunks(waves: Iterator[Wave], player: LibraryPlayer) -> Iterator[Wave]:
            heard = _counted(windows, waves, progress)
            if self.family.cues:
                heard = ride_windows(heard, player.rest, origin=first, sample_rate=rate)
            return (soft_limit(chunk + player.read(len(chunk))) for chunk in stitch(heard, rate))

        streams = tuple(
            TrackStream(
                chunks(waves, player),
                rate,
                duration=last - first,
                windows=windows,
                seeds=(seed,) * len(windows),
                cues=part,
                model=self.bundle.manifest.name,
                recordings=player.used + own.imitated(player.rest, float(first), float(last)),
            )
            for (seed, part, player), waves in zip(runs, waves_of, strict=True)
        )
        return tuple(map(sum_of, streams[::2], streams[1::2])) if settings.stems else streams

    def _check(self, settings: Generation) -> None:
        """Raises UsageError for settings that this family of models can't follow."""
        name = self.bundle.manifest.name
        if settings.stems and not self.family.stems:
            raise UsageError(f"{name} performs without cues: no stems; use --model pocket for them")
        if settings.beds and not self.family.cues:
            raise UsageError(f"{name} performs without cues: no --span and no --whole")
        if settings.library is not None and not self.family.cues:
            raise UsageError(f"{name} performs without cues: no --library; use --model pocket")
        if settings.likes and not self.family.imitates:
            raise UsageError(f"{name} can't imitate recordings: no --like; use --model pocket")

    def _performed(self, row: Iterator[Passage], sampler: SamplerSpec, only: Collection[int] | None) -> Iterator[Wave]:
        """The sound of each passage, in order; silence for windows that are not among `only`."""
        while batch := list(islice(row, self.model.at_once)):
            asked = [one for one in batch if only is None or one.window.index in only]
            if self.model.at_once > 1:
                sounds = self.batcher([(one, sampler) for one in asked])
            else:  # threads perform side by side
                sounds = self.model.perform(asked, sampler)
            waves = dict(zip(asked, sounds, strict=True))
            for one in batch:
                yield waves[one] if one in waves else np.zeros(one.samples(self.model.sample_rate), np.float32)

    def _perform(self, asked: Sequence[tuple[Passage, SamplerSpec]]) -> list[Wave]:
        """The sound of each passage, those of one sampler together."""
        waves: dict[Passage, Wave] = {}
        for sampler in dict.fromkeys(sampler for _, sampler in asked):
            row = [one for one, own in asked if own == sampler]
            waves |= zip(row, self.model.perform(row, sampler), strict=True)
        return [waves[one] for one, _ in asked]

    def generate(
        self,
        video: str | Path | VideoInfo,
        settings: Generation = DEFAULT,
        *,
        seed: int | None = None,
        cues: Sequence[Cue] | None = None,
        progress: Progress | None = None,
    ) -> Track:
        """The whole track in memory: `stream`, gathered. `seed` given here replaces that of the settings."""
        settings = settings if seed is None else replace(settings, seed=seed)
        stream = self.stream(video, settings, cues=cues, progress=progress)
        samples = np.concatenate([*stream]).astype(np.float32, copy=False)
        return Track(samples, stream.sample_rate, windows=stream.windows, seeds=stream.seeds, cues=stream.cues)


def _counted(
    windows: Sequence[Window], waves: Iterator[Wave], progress: Progress | None
) -> Iterator[tuple[Window, Wave]]:
    for window, wave in zip(windows, waves, strict=True):
        yield window, wave
        if progress is not None:
            progress("perform", window.index + 1, len(windows))


def as_info(video: str | Path | VideoInfo) -> VideoInfo:
    """The probed video, probed now if it was given as a path."""
    return video if isinstance(video, VideoInfo) else probe(video)


def _part(info: VideoInfo, settings: Generation) -> tuple[Fraction, Fraction]:
    """Where the asked part begins and ends, in seconds from the first picture."""
    first = settings.first
    last = info.duration if settings.end is None else min(settings.end, info.duration)
    if not 0 <= first <= last - SHORTEST_SECONDS:
        asked = f"{float(first):.7g} to {float(last):.7g} s"
        raise UsageError(f"{info.path}: nothing from {asked}; the video runs from 0 to {float(info.duration):g} s")
    return first, last
