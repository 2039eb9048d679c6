"""The sidecar of a dub, out.foley.json: what is needed to make the same sound again. This module imports no torch.

It holds the path of the video, the sha256 of the model, settings and seed, windows, cues, gain, retakes, and the sha256
of the track.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foleycli.cues.arranging import performed
from foleycli.cues.sheet import Cue
from foleycli.errors import InputError
from foleycli.models.passages import AFTER_SECONDS, BEFORE_SECONDS
from foleycli.specs.settings import Settings
from foleycli.timeline import WINDOW_SECONDS
from foleycli.version import __version__
from foleycli.workflows.fingerprint import bundle_hash
from foleycli.workflows.outputs import lossless, write_text
from foleycli.workflows.plain_settings import from_plain, to_plain
from foleycli.workflows.recordings import Stored, stored

if TYPE_CHECKING:
    from foleycli.pipeline.foley_pipeline import FoleyPipeline
    from foleycli.pipeline.track import TrackStream
    from foleycli.video.probe import VideoInfo
    from foleycli.workflows.render import Outcome

FORMAT = 1
LATER = ("scores", "recordings", "output_sha256")  # not in older sidecars
MOST_BYTES = 2**28  # about 1.3 million cues of 200 bytes
Number = int | float


@dataclass(frozen=True)
class Retake:
    """A span of the track that was performed again, in seconds from the first picture."""

    start: Fraction
    stop: Fraction
    seed: int


@dataclass(frozen=True)
class Sidecar:
    """What a dub was made from; performed again on the same kind of machine it gives the same samples."""

    video: str
    video_bytes: int
    output: str  # a name in the folder of the sidecar
    bundle_sha256: str
    settings: Settings
    level_db: float  # gain in dB for the loudness: of the new sound (level auto), or of the whole track
    windows: tuple[tuple[Fraction, Fraction], ...]  # start and stop, in seconds from the start of the part
    cues: tuple[Cue, ...]
    track_sha256: str
    retakes: tuple[Retake, ...] = ()
    recordings: tuple[Stored, ...] = ()  # of the user: played, chosen among, or imitated
    scores: dict[str, float | None] | None = None  # of evaluation/ranking.py; None after a retake
    output_sha256: str | None = None  # of the file, unless it holds the samples of the track themselves
    version: str = __version__


def sidecar_path(output: Path) -> Path:
    """out.mp4 or out.foley.mp4 -> out.foley.json; raises InputError for a path without a file name."""
    if not output.name:
        raise InputError(f"{output} is not a file; name the dub")
    return output.with_name(f"{output.stem.removesuffix('.foley')}.foley.json")


def to_json(sidecar: Sidecar) -> str:
    """The sidecar as JSON text."""
    plain = asdict(replace(sidecar, settings=Settings())) | {"settings": to_plain(sidecar.settings)}
    notes = (
        "named_by",
        "suggestions",
    )  # left out where empty, so that dubs without them have the sidecar of older versions
    if not sidecar.recordings:
        del plain["recordings"]
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
        known = {field.name: plain[field.name] for field in fields(Sidecar) if field.name not in LATER}
        known |= {name: plain.get(name) for name in ("scores", "output_sha256")}
        known |= {"recordings": tuple(map(_stored, plain.get("recordings", ())))}
        known["windows"] = tuple(tuple(map(Fraction, window)) for window in known["windows"])
        known["cues"] = tuple(Cue(**{**cue, "suggestions": tuple(cue.get("suggestions", ()))}) for cue in known["cues"])
        known["retakes"] = tuple(_retake(one) for one in known["retakes"])
        _check_kinds(known)
        return Sidecar(**known | {"settings": _settings(known["settings"], path)})
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; 'foley dub --sidecar' writes it beside its output") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; check the name and the permissions") from error
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:  # Infinity overflows
        reason = "not text" if isinstance(error, UnicodeDecodeError) else " ".join(str(error).split())[:160]
        raise InputError(f"{path}: not a sidecar of foley ({reason}); 'foley dub --sidecar' writes one") from error


def _settings(plain: Mapping[str, Any], path: Path) -> Settings:
    try:
        return from_plain(plain)
    except ValueError as error:
        raise InputError(f"{path}: {error} in its settings; dub the video again") from error


def _check_kinds(known: Mapping[str, Any]) -> None:
    """Raises ValueError for values of a wrong type, which a person may have typed."""
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


def _stored(plain: Mapping[str, Any]) -> Stored:
    values = [plain[name] for name in ("file", "sound", "kind", "sha256")]
    if not all(isinstance(value, str) for value in values) or plain["kind"] not in ("hit", "span", "like"):
        raise ValueError("odd recordings")
    return Stored(**{name: plain[name] for name in ("file", "sound", "kind", "sha256")})


def _retake(plain: Mapping[str, Any]) -> Retake:
    return Retake(Fraction(plain["start"]), Fraction(plain["stop"]), int(plain["seed"]))


def find_video(sidecar: Sidecar, path: Path) -> Path:
    """The video that was dubbed: at its old path or beside the sidecar; raises InputError if its size changed."""
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


def touched_windows(sidecar: Sidecar, span: tuple[Fraction, Fraction], part_start: Fraction) -> list[int]:
    """The numbers of the windows in which a span lies, in seconds from the first picture."""
    return [
        index
        for index, (start, stop) in enumerate(sidecar.windows)
        if part_start + start < span[1] and part_start + stop > span[0]
    ]


def touched_cues(sidecar: Sidecar, span: tuple[Fraction, Fraction], part_start: Fraction) -> tuple[Cue, ...]:
    """The cues on which the sound of `span` depends; all times in seconds from the first picture.

    The windows of the sidecar count from `part_start`. A window starts from the end of the one before it (inpainting)
    and shares levels with both neighbours. So the cues of two windows before the span and of one after it are kept;
    the other windows have no cue left, are silent, and are not performed.
    """
    touched = touched_windows(sidecar, span, part_start)
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
    """Writes the sidecar of a dub beside it; its settings name no sounds, because its cues already have them."""
    assert outcome.target is not None
    generation = performed(replace(settings.generation, seed=outcome.seed))
    if generation.library is not None:  # a rerun may start in another working folder
        generation = replace(generation, library=os.path.abspath(generation.library))
    model = replace(settings.model, name=_absolute_name(settings.model.name, pipeline))
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
        recordings=stored(outcome.recordings),
        scores=None if outcome.scores is None else asdict(outcome.scores),
        output_sha256=written_sha256(outcome.target),
    )
    path = sidecar_path(outcome.target)
    write_text(path, to_json(sidecar), overwrite)
    return path


def written_sha256(output: Path) -> str | None:
    """sha256 of a file that was written, by which a retake knows it; None for one that holds the track's samples."""
    if lossless(output):
        return None
    with output.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _absolute_name(model: str, pipeline: FoleyPipeline) -> str:
    """The name of the model; a folder as an absolute path, as a rerun may start in another working folder."""
    folder = pipeline.bundle.folder.resolve()
    return str(folder) if Path(model).expanduser().resolve() == folder else model
