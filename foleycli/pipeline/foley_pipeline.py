"""From a video to a track of sound, one verb per stage: probe, spot, plan, perform, stitch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch

from foleycli.audio.crossfades import stitch
from foleycli.audio.level_rider import ride_windows
from foleycli.audio.limit import soft_limit
from foleycli.bundles.format import MDSGEN
from foleycli.cues.sheet import Cue, named, steer
from foleycli.errors import UsageError
from foleycli.models.loaded import LoadedBundle, load_bundle
from foleycli.models.mdsgen.model import OfficialMdsgen
from foleycli.models.passages import Passage, Wave, apart, passages
from foleycli.models.spot_perform.model import Performer, SpotPerform
from foleycli.pipeline.micro_batcher import MicroBatcher
from foleycli.pipeline.track import Track, TrackStream, hits_and_spans, sum_of
from foleycli.sampling.runtime import Runtime
from foleycli.specs import SamplerSpec
from foleycli.timeline import OVERLAP_SECONDS, Window, plan_windows, whole_columns
from foleycli.video.probe import VideoInfo, probe

Progress = Callable[[str, int, int], None]  # (stage, done, total)
SHORTEST_SECONDS = Fraction(1, 1000)  # of a part: under a sample there is nothing to perform


class FoleyPipeline:
    """A model, ready on a device: `spot` writes the cue sheet of a video, `generate` and `stream` perform it."""

    def __init__(
        self,
        bundle: LoadedBundle | str | Path = "pocket",
        device: str = "auto",
        precision: str = "auto",
        compiled: bool = False,
    ) -> None:
        self.bundle = bundle if isinstance(bundle, LoadedBundle) else load_bundle(bundle)
        self.device = pick_device(device)
        self.performer: Performer = build_performer(self.bundle, Runtime.of(self.device, precision, compiled))
        self.ensemble = MicroBatcher(
            self._perform, self.performer.at_once
        )  # threads with a video each share its batches

    def prepare(self) -> None:
        """Imports and builds now what otherwise is on first use, where two threads might do it at once."""
        self.performer.prepare()

    def spot(
        self,
        video: str | Path | VideoInfo,
        *,
        sounds: Sequence[str] = (),
        start: Fraction | None = None,
        stop: Fraction | None = None,
        progress: Progress | None = None,
    ) -> tuple[Cue, ...]:
        """The cue sheet of the video, times in seconds from its first picture; none for a model that needs no cues."""
        info = as_info(video)
        first, last = _part(info, start, stop)
        seen = self.performer.watch(info, first, last, spot=True, progress=progress)
        return named(steer(seen.cues, sounds, float(last)))

    def stream(
        self,
        video: str | Path | VideoInfo,
        *,
        seed: int = 0,
        cues: Sequence[Cue] | None = None,
        sounds: Sequence[str] = (),
        steps: int | None = None,
        guidance: float | None = None,
        overlap: Fraction = OVERLAP_SECONDS,
        start: Fraction | None = None,
        stop: Fraction | None = None,
        progress: Progress | None = None,
        stems: bool = False,
    ) -> TrackStream:
        """Performs the video (or the given cues) window by window; the same call gives the same samples.

        A window's sound depends on (video, cues, seed, window) alone, the cues being its own and its neighbours' in the
        shot. With `stems` hits and spans are performed apart: each stem is what `stream` gives of its cues alone, and
        the track is their sum.
        """
        (only,) = self.takes(
            video,
            (seed,),
            cues=cues,
            sounds=sounds,
            steps=steps,
            guidance=guidance,
            overlap=overlap,
            start=start,
            stop=stop,
            progress=progress,
            stems=stems,
        )
        return only

    def takes(
        self,
        video: str | Path | VideoInfo,
        seeds: Sequence[int],
        *,
        cues: Sequence[Cue] | None = None,
        sounds: Sequence[str] = (),
        steps: int | None = None,
        guidance: float | None = None,
        overlap: Fraction = OVERLAP_SECONDS,
        start: Fraction | None = None,
        stop: Fraction | None = None,
        progress: Progress | None = None,
        stems: bool = False,
    ) -> tuple[TrackStream, ...]:
        """A performance for each seed, watched once, each as `stream` gives it; read them in order, or memory grows.

        Their windows form one row, performed as many at once as the device takes.
        """
        if stems and self.bundle.manifest.kind == MDSGEN:
            raise UsageError(
                f"{self.bundle.manifest.name} performs without cues: no stems; use --model pocket for them"
            )
        info = as_info(video)
        first, last = _part(info, start, stop)
        seen = self.performer.watch(info, first, last, spot=cues is None, progress=progress)
        cues = named(steer(seen.cues if cues is None else cues, sounds, float(last)))
        overlap = whole_columns(overlap, self.performer.column)
        windows = plan_windows(last - first, overlap=overlap, cuts=[cut - first for cut in seen.cuts])
        parts = hits_and_spans(cues) if stems else (cues,)
        runs = [(seed, part) for seed in seeds for part in parts]
        row = chain.from_iterable(passages(info, part, first, windows, seed) for seed, part in runs)
        waves_of = apart(self._performed(row, self.performer.sampler(steps, guidance)), [len(windows)] * len(runs))
        rate, length, model = self.performer.sample_rate, last - first, self.bundle.manifest.name

        def chunks(waves: Iterator[Wave], part: Sequence[Cue]) -> Iterator[Wave]:
            heard = _counted(windows, waves, progress)
            levelled = ride_windows(heard, part, first, rate) if self.performer.levelled else heard
            return (soft_limit(chunk) for chunk in stitch(levelled, rate))

        streams = tuple(
            TrackStream(chunks(waves, part), rate, length, windows, (seed,) * len(windows), part, model)
            for (seed, part), waves in zip(runs, waves_of, strict=True)
        )
        return tuple(map(sum_of, streams[::2], streams[1::2])) if stems else streams

    def _performed(self, row: Iterator[Passage], sampler: SamplerSpec) -> Iterator[Wave]:
        """The sound of each passage, in order."""
        while batch := list(islice(row, self.performer.at_once)):
            if self.performer.at_once > 1:
                yield from self.ensemble([(one, sampler) for one in batch])
            else:  # threads perform side by side
                yield from self.performer.perform(batch, sampler)

    def _perform(self, asked: Sequence[tuple[Passage, SamplerSpec]]) -> list[Wave]:
        """The sound of each passage, those of one sampler together."""
        waves: dict[Passage, Wave] = {}
        for sampler in dict.fromkeys(sampler for _, sampler in asked):
            row = [one for one, own in asked if own == sampler]
            waves |= zip(row, self.performer.perform(row, sampler), strict=True)
        return [waves[one] for one, _ in asked]

    def generate(
        self,
        video: str | Path | VideoInfo,
        *,
        seed: int = 0,
        cues: Sequence[Cue] | None = None,
        sounds: Sequence[str] = (),
        steps: int | None = None,
        guidance: float | None = None,
        overlap: Fraction = OVERLAP_SECONDS,
        start: Fraction | None = None,
        stop: Fraction | None = None,
        progress: Progress | None = None,
    ) -> Track:
        """The whole track in memory: `stream`, gathered."""
        stream = self.stream(
            video,
            seed=seed,
            cues=cues,
            sounds=sounds,
            steps=steps,
            guidance=guidance,
            overlap=overlap,
            start=start,
            stop=stop,
            progress=progress,
        )
        samples = np.concatenate([*stream]).astype(np.float32, copy=False)
        return Track(samples, stream.sample_rate, stream.windows, stream.seeds, stream.cues)


def _counted(
    windows: Sequence[Window], waves: Iterator[Wave], progress: Progress | None
) -> Iterator[tuple[Window, Wave]]:
    for window, wave in zip(windows, waves, strict=True):
        yield window, wave
        if progress is not None:
            progress("perform", window.index + 1, len(windows))


def build_performer(bundle: LoadedBundle, engine: Runtime) -> Performer:
    """The performer for this kind of bundle, its networks on the engine's device."""
    kind = OfficialMdsgen if bundle.manifest.kind == MDSGEN else SpotPerform
    return kind(bundle, engine)


def pick_device(name: str) -> torch.device:
    """The named device, or for "auto" the best there is: cuda, then mps, then cpu."""
    usable = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, ready in usable.items() if ready))
    if not usable.get(name.split(":")[0], False):
        ready = ", ".join(kind for kind, is_ready in usable.items() if is_ready)
        raise UsageError(f"--device {name}: not there on this machine; try one of: auto, {ready}")
    return torch.device(name)


def as_info(video: str | Path | VideoInfo) -> VideoInfo:
    """The probed video, probed now if it was given as a path."""
    return video if isinstance(video, VideoInfo) else probe(video)


def _part(info: VideoInfo, start: Fraction | None, stop: Fraction | None) -> tuple[Fraction, Fraction]:
    first = Fraction(0) if start is None else start
    last = info.duration if stop is None else min(stop, info.duration)
    if not 0 <= first <= last - SHORTEST_SECONDS:
        asked = f"{float(first):.7g} to {float(last):.7g} s"
        raise UsageError(f"{info.path}: nothing from {asked}; the video runs from 0 to {float(info.duration):g} s")
    return first, last


__all__ = ["FoleyPipeline", "Track", "TrackStream", "as_info", "pick_device"]
