"""What families of models that perform windows share."""

from __future__ import annotations

from fractions import Fraction

from foleycli.models.loaded import LoadedModel
from foleycli.sampling.latents import windows_at_once
from foleycli.sampling.runtime import Runtime
from foleycli.specs import DitSpec, SamplerSpec
from foleycli.specs.settings import Generation
from foleycli.timeline import WINDOW_SECONDS, to_samples
from foleycli.types import Progress
from foleycli.video.watching import View


class WindowedModel:
    """What families that perform windows share: networks, runtime, sampler settings, the progress of watching.

    A subclass sets `window_mib`, the memory in MiB that one window takes on a card.
    """

    window_mib: int

    def __init__(self, loaded: LoadedModel, runtime: Runtime) -> None:
        self.loaded, self.runtime, self.device = loaded, runtime, runtime.device
        self.at_once = windows_at_once(runtime.device, self.window_mib)
        self.sample_rate = loaded.mel.sample_rate
        self.column = WINDOW_SECONDS / loaded.spec("dit", DitSpec).latent_frames

    def sampler(self, generation: Generation) -> SamplerSpec:
        """The sampler settings of the bundle, with steps and guidance of `generation` where they are given."""
        return self.loaded.sampler.chosen(generation.steps, generation.guidance)


def watched_to(progress: Progress | None, stop: Fraction, *, view: View) -> None:
    """Reports the stage "watch" in seconds: the view is read up to `stop`."""
    if progress is not None:
        progress("watch", to_samples(stop - view.start, 1), to_samples(view.stop - view.start, 1))
