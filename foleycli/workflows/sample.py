"""A sample of one sound class: what a model makes of it, without a video of one's own."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from foleycli.cues.plain_words import sound_words
from foleycli.cues.sheet import Cue
from foleycli.specs.settings import Generation, Model, Outputs, Settings
from foleycli.types import Progress
from foleycli.workflows.dub import DubRequest, Event, dub
from foleycli.workflows.events import Advanced

SECONDS = 4.0
STRENGTH = 0.8
HIT_SECONDS = (0.4, 1.3, 2.2, 3.1)
SPAN_SECONDS = (0.2, 3.8)
RATE = 8.0  # pictures per second of the still that is dubbed


def sample_cues(sound: str) -> tuple[Cue, ...]:
    """Four hits of a sound class, or one span of a class that lasts."""
    if sound_words()[sound].lasts:
        return (Cue(SPAN_SECONDS[0], STRENGTH, sound, stop=SPAN_SECONDS[1]),)
    return tuple(Cue(time, STRENGTH, sound) for time in HIT_SECONDS)


def sample(
    sound: str,
    target: Path | None = None,
    model: Model = Model(),  # frozen
    *,
    play: bool = False,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> None:
    """Performs 4 s of a sound class into `target` (*.wav, *.flac), and with `play` aloud; raises as `dub` does.

    Raises OutputError where it can't be played.
    """
    from foleycli.audio.playing import play as play_file
    from foleycli.evaluation.cases import write_film

    def on_event(event: Event) -> None:
        if progress is not None and isinstance(event, Advanced):
            progress(event.stage, event.done, event.total)

    with tempfile.TemporaryDirectory(prefix="foley-sample-") as folder:
        still = Path(folder) / "still.mp4"
        target = target or Path(folder) / f"{sound}.wav"
        write_film(still, np.full((round(SECONDS * RATE), 64, 64, 3), 90, np.uint8), RATE)
        request = DubRequest(
            video=still,
            settings=Settings(generation=Generation(seed=seed), model=model),
            outputs=Outputs(target=target, overwrite=overwrite),
            cues=sample_cues(sound),
        )
        dub(request, on_event)
        if play:
            play_file(target)
