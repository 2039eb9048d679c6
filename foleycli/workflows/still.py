"""`foley dub` of a still picture: checks the request and makes a video of the picture with its sound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from foleycli.errors import UsageError
from foleycli.specs.settings import Generation, Mix, Model
from foleycli.types import Progress
from foleycli.workflows.dub import DubRequest
from foleycli.workflows.imagine import Imagining, Made, dub_still

SECONDS, MOST_SECONDS = Fraction(8), 3600
KEPT = {"hits": "--no-spans", "spans": "--no-hits"}  # the option that leaves only these
DEFAULT_OF_VIDEOS, MODEL = "pocket", "echo"  # the default model of a dub makes no sound of pictures: MODEL replaces it


@dataclass(frozen=True, kw_only=True)
class StillDub:
    """A still picture, the video to make of it, and how."""

    picture: Path
    target: Path
    seconds: Fraction
    wanted: Imagining
    gain_db: float = 0.0
    ignored: tuple[str, ...] = ()  # options that were given and change nothing here

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
    refused: dict[str, object] = {
        "--cues": request.cues, "--sound": generation.sounds, "--span": generation.beds,
        KEPT.get(generation.kept, "--only-cues"): generation.kept != "all",
        "--start": generation.start is not None, "--end": generation.end is not None,
        "--library": generation.library is not None, "--like": generation.likes,
        "--stems": outputs.stems, "--plot": outputs.plot,
        "--timeline": outputs.timeline, "--keep": request.keep != "all" and request.takes > 1,
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
        ignored=_ignored(request),
    )


def _ignored(request: DubRequest) -> tuple[str, ...]:
    """Options that change nothing here; they may come from a preset or a file of settings, so they are no error."""
    settings, usual = request.settings, Mix()
    mix = settings.mix
    changed = {
        "--sidecar": request.outputs.sidecar,
        "--overlap": settings.generation.overlap != Generation().overlap,
        "--original": mix.original != usual.original,
        "--loudness": (mix.loudness_lufs, mix.level) != (usual.loudness_lufs, usual.level),
        "--room-tone": mix.room_tone_lufs != usual.room_tone_lufs,
        "--fade-in": mix.fade_in != usual.fade_in, "--fade-out": mix.fade_out != usual.fade_out,
        "--precision": settings.model.precision != Model().precision, "--compile": settings.model.compiled,
        "--namer": settings.model.namer != Model().namer,
    }  # fmt: skip
    return tuple(option for option, given in changed.items() if given)
