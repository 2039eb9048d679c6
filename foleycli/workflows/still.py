"""`foley dub` of a still picture: checks the request and makes a video of the picture with its sound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from foleycli.errors import UsageError
from foleycli.types import Progress
from foleycli.workflows.dub import DubRequest
from foleycli.workflows.imagine import Imagining, Made, dub_still

SECONDS, MOST_SECONDS = Fraction(8), 3600
DEFAULT_OF_VIDEOS, MODEL = "pocket", "echo"  # the default model of a dub makes no sound of pictures: MODEL replaces it


@dataclass(frozen=True, kw_only=True)
class StillDub:
    """A still picture, the video to make of it, and how."""

    picture: Path
    target: Path
    seconds: Fraction
    wanted: Imagining
    gain_db: float = 0.0

    def run(self, progress: Progress | None = None) -> list[Made]:
        """Writes the video, one file a take."""
        how = {"seconds": self.seconds, "gain_db": self.gain_db, "progress": progress}
        return dub_still(self.picture, self.target, self.wanted, **how)  # type: ignore[arg-type]

    def plain(self) -> dict[str, object]:
        """The plan as JSON takes it."""
        return {
            "picture": str(self.picture), "model": self.wanted.model.name, "seconds": float(self.seconds),
            "target": self.target, "takes": self.wanted.takes,
        }  # fmt: skip


def still_dub(request: DubRequest, seconds: Fraction | None) -> StillDub:
    """The dub of a still that a request asks for; raises UsageError for what means nothing there."""
    generation, outputs = request.settings.generation, request.outputs
    refused = {
        "--cues": request.cues, "--sound": generation.sounds,
        "--span": generation.beds, "--only-cues": generation.kept != "all",
        "--start": generation.start, "--end": generation.end,
        "--library": generation.library, "--like": generation.likes, "--stems": outputs.stems, "--plot": outputs.plot,
    }  # fmt: skip
    if given := [option for option, value in refused.items() if value]:
        raise UsageError(f"{given[0]} means nothing for a still picture; leave it out")
    if request.sink is not None:
        raise UsageError("a video doesn't go to stdout; name a file with -o, or take the sound alone: 'foley imagine'")
    length = SECONDS if seconds is None else seconds
    if not 0 < length <= MOST_SECONDS:
        raise UsageError(f"--seconds {float(length):g}: a video of more than 0 s and at most an hour can be made")
    picture, model = Path(request.video), request.settings.model
    return StillDub(
        picture=picture,
        target=outputs.target or picture.with_suffix(".foley.mp4"),
        seconds=length,
        wanted=Imagining(
            generation=generation,
            model=replace(model, name=MODEL) if model.name == DEFAULT_OF_VIDEOS else model,
            takes=request.takes,
            overwrite=outputs.overwrite,
        ),
        gain_db=request.settings.mix.gain_db,
    )
