"""The sidecar of a dub: everything that made its sound, so that it, or a part of it, can be made again. No torch here.

out.foley.json   the video, the model's hash, the settings and seed, windows, cues, levels, retakes, the track's sha256
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foleycli.cues.sheet import Cue
from foleycli.errors import InputError
from foleycli.specs.settings import Settings
from foleycli.timeline import WINDOW_SECONDS
from foleycli.version import __version__
from foleycli.workflows.fingerprint import bundle_hash
from foleycli.workflows.outputs import write_text
from foleycli.workflows.plain_settings import from_plain, to_plain

if TYPE_CHECKING:
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.pipeline.track import TrackStream
    from foleycli.video.probe import VideoInfo
    from foleycli.workflows.render import Outcome

FORMAT = 1
MOST_BYTES = 2**28  # a cue takes 200: ten days of them
Number = int | float
BEFORE_SECONDS, AFTER_SECONDS = 6, 1  # a cue that ends so long before a window, or begins after it, leaves no trace


@dataclass(frozen=True)
class Retake:
    """A span of the track that was performed again, in seconds from the first picture."""

    start: Fraction
    stop: Fraction
    seed: int


@dataclass(frozen=True)
class Sidecar:
    """A dub as a recipe: the same on the same kind of machine gives the same samples."""

    video: str
    video_bytes: int
    output: str  # a name in the folder of the sidecar
    bundle_sha256: str
    settings: Settings
    level_db: float  # what the level added: to the new sound (auto), or to the whole to reach its loudness
    windows: tuple[tuple[Fraction, Fraction], ...]  # start and stop, in seconds from the start of the part
    cues: tuple[Cue, ...]
    track_sha256: str
    retakes: tuple[Retake, ...] = ()
    scores: dict[str, float | None] | None = None  # of evaluation/ranking.py; None after a retake
    version: str = __version__


def sidecar_path(output: Path) -> Path:
    """out.mp4 -> out.foley.json, and so for out.foley.mp4; raises InputError for what is no file's name."""
    if not output.name:
        raise InputError(f"{output} is not a file; name the dub")
    return output.with_name(f"{output.stem.removesuffix('.foley')}.foley.json")


def to_json(sidecar: Sidecar) -> str:
    """The sidecar as text."""
    plain = asdict(replace(sidecar, settings=Settings())) | {"settings": to_plain(sidecar.settings)}
    notes = ("named_by", "suggestions")  # left out where there are none, as before there were any
    plain["cues"] = [{key: cue[key] for key in cue if key not in notes or cue[key]} for cue in plain["cues"]]
    return json.dumps({"format": FORMAT, **plain}, indent=1, default=str) + "\n"


def read_sidecar(path: Path) -> Sidecar:
    """The sidecar at `path`; raises InputError if there is none that this version can read."""
    try:
        if os.path.getsize(path) > MOST_BYTES:
            raise ValueError("far too large")
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain["format"] != FORMAT:
            raise InputError(
                f"{path}: a sidecar of format {plain['format']}, this foley reads {FORMAT}; update foleycli"
            )
        known = {field.name: plain[field.name] for field in fields(Sidecar) if field.name != "scores"}
        known["scores"] = plain.get("scores")
        known["windows"] = tuple(tuple(map(Fraction, window)) for window in known["windows"])
        known["cues"] = tuple(Cue(**{**cue, "suggestions": tuple(cue.get("suggestions", ()))}) for cue in known["cues"])
        known["retakes"] = tuple(_retake(one) for one in known["retakes"])
        _check_kinds(known)
        return Sidecar(**known | {"settings": _settings(known["settings"], path)})
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; 'foley dub --sidecar' writes it beside its output") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; check the name and the permissions") from error
    except (ValueError, KeyError, TypeError, ZeroDivisionError) as error:
        reason = "not text" if isinstance(error, UnicodeDecodeError) else " ".join(str(error).split())[:160]
        raise InputError(f"{path}: not a sidecar of foley ({reason}); 'foley dub --sidecar' writes one") from error


def _settings(plain: Mapping[str, Any], path: Path) -> Settings:
    try:
        return from_plain(plain)
    except ValueError as error:
        raise InputError(f"{path}: {error} in its settings; dub the video again") from error


def _check_kinds(known: Mapping[str, Any]) -> None:
    """Raises ValueError for values of the wrong kind, as an editor may leave them."""
    texts = ("video", "output", "bundle_sha256", "track_sha256", "version")
    kinds: dict[str, Any] = {**dict.fromkeys(texts, str), "video_bytes": int, "level_db": Number, "settings": dict}
    wrong = [name for name, kind in kinds.items() if not isinstance(known[name], kind)]
    wrong += [] if all(map(_is_cue, known["cues"])) else ["cues"]
    wrong += [] if known["windows"] and all(len(window) == 2 for window in known["windows"]) else ["windows"]
    if wrong or Path(known["output"]).name != known["output"]:
        raise ValueError(f"odd {' and '.join(wrong) or 'output'}")


def _is_cue(cue: Cue) -> bool:
    numbers = (cue.time, cue.time if cue.stop is None else cue.stop, cue.strength, cue.confidence)
    return all(isinstance(one, Number) for one in numbers) and isinstance(cue.sound, str)


def _retake(plain: Mapping[str, Any]) -> Retake:
    return Retake(Fraction(plain["start"]), Fraction(plain["stop"]), int(plain["seed"]))


def find_video(sidecar: Sidecar, path: Path) -> Path:
    """The video that was dubbed, where it was or beside the sidecar at `path`; raises InputError if it changed."""
    there = Path(sidecar.video)
    found = next((one for one in (there, path.parent / there.name) if one.is_file()), None)
    if found is None:
        raise InputError(f"{there}: gone; put the video there or beside {path}")
    size = os.path.getsize(found)
    if size != sidecar.video_bytes:
        raise InputError(
            f"{found}: {size} bytes instead of {sidecar.video_bytes}, so not what was dubbed; dub it again"
        )
    return found


def touched_cues(sidecar: Sidecar, span: tuple[Fraction, Fraction], part_start: Fraction) -> tuple[Cue, ...]:
    """The cues on which the sound of `span` depends, seconds from the first picture as the cues'; windows start at
    `part_start`. A window left without any cue is silent, and costs nothing to perform.

        k-2 <── held to ── k-1 <── held to, level ── k ── level ──> k+1      k touches the span
    """
    touched = [
        index
        for index, (start, stop) in enumerate(sidecar.windows)
        if part_start + start < span[1] and part_start + stop > span[0]
    ]
    near = sidecar.windows[max(0, min(touched, default=0) - 2) : max(touched, default=0) + 2]
    starts = [part_start + start for start, _ in near]
    heard = [(start - BEFORE_SECONDS, start + WINDOW_SECONDS + AFTER_SECONDS) for start in starts]
    return tuple(
        cue
        for cue in sidecar.cues
        if any(cue.time < stop and (cue.time if cue.stop is None else cue.stop) >= start for start, stop in heard)
    )


def write_sidecar(
    outcome: Outcome,
    stream: TrackStream,
    info: VideoInfo,
    settings: Settings,
    pipeline: FoleyPipeline,
    *,
    overwrite: bool = False,
) -> Path:
    """Writes the sidecar of a dub beside it. Its cues are steered already, so its settings name no sounds."""
    assert outcome.target is not None
    generation = replace(settings.generation, seed=outcome.seed, sounds=())
    model = replace(settings.model, name=_from_anywhere(settings.model.name, pipeline))
    sidecar = Sidecar(
        video=os.path.abspath(info.path),
        video_bytes=os.path.getsize(info.path),
        output=outcome.target.name,
        bundle_sha256=bundle_hash(pipeline.bundle),
        settings=replace(settings, generation=generation, model=model),
        level_db=outcome.level.gain_db - settings.mix.gain_db,
        windows=tuple((window.start, window.stop) for window in stream.windows),
        cues=stream.cues,
        track_sha256=outcome.track_sha256,
        scores=None if outcome.scores is None else asdict(outcome.scores),
    )
    path = sidecar_path(outcome.target)
    write_text(path, to_json(sidecar), overwrite)
    return path


def _from_anywhere(model: str, pipeline: FoleyPipeline) -> str:
    """The name of the model, whole if it is that of a folder: a rerun may be asked for from another one."""
    folder = pipeline.bundle.folder.resolve()
    return str(folder) if Path(model).expanduser().resolve() == folder else model
