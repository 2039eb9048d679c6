"""What a person changes in the editor, kept beside the video after every change: clip.mp4.foley-edit.json.

The file is a cue sheet in JSON with four keys more, so `foley dub --cues` reads it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from foleycli.cues.sheet import NAMED_BY, Cue, read_cues
from foleycli.errors import UsageError
from foleycli.specs.settings import Mix
from foleycli.text import decoded
from foleycli.workflows.outputs import write_text
from foleycli.workflows.plain_settings import mix_from_plain
from foleycli.workflows.sidecar import Retake

SUFFIX = ".foley-edit.json"
MOST_BYTES = 2**28
MOST_HISTORY = 2**19  # characters of JSON
LEVELS = {"gain_db": (-60, 24), "loudness_lufs": (-50, -5), "room_tone_lufs": (-90, -30), "fade_in": (0, 3600),
          "fade_out": (0, 3600)}  # fmt: skip


@dataclass(frozen=True)
class Edits:
    """The sheet, spans performed again with another seed (later ones over earlier ones), mix and seed.

    `history` are steps of undo and redo in the form of the page (history.js), which alone reads them.
    """

    cues: tuple[Cue, ...] = ()
    retakes: tuple[Retake, ...] = ()
    mix: Mix = field(default_factory=Mix)
    seed: int = 0
    history: Mapping[str, Any] | None = None


def unused_options(video: Path, saved: Edits, asked: Edits) -> tuple[str, ...]:
    """A note that names the options whose values are not used, as those that are saved differ; else nothing.

    An option with its default value counts as not given.
    """
    wanted, default, kept = map(_by_option, (asked, Edits(), saved))
    unused = [option for option, value in wanted.items() if value not in (default[option], kept[option])]
    if not unused:
        return ()
    path = edits_path(video)
    return (f"{', '.join(unused)}: not used, mix and seed are those saved in {path}; to start afresh, move it away",)


def _by_option(edits: Edits) -> dict[str, object]:
    mix = edits.mix
    return {
        "--original": mix.original,
        "--gain": mix.gain_db,
        "--loudness": mix.level if mix.loudness_lufs is None else mix.loudness_lufs,
        "--room-tone": mix.room_tone_lufs,
        "--fade-in": float(mix.fade_in),  # as JSON keeps it
        "--fade-out": float(mix.fade_out),
        "--seed": edits.seed,
    }


def edits_path(video: Path) -> Path:
    """clip.mp4 -> clip.mp4.foley-edit.json."""
    return video.with_name(video.name + SUFFIX)


def to_plain(edits: Edits) -> dict[str, Any]:
    """The edits as JSON values, times in seconds."""
    return {
        "cues": [asdict(cue) for cue in edits.cues],
        "retakes": [{"start": float(one.start), "stop": float(one.stop), "seed": one.seed} for one in edits.retakes],
        "mix": {key: float(one) if isinstance(one, Fraction) else one for key, one in asdict(edits.mix).items()},
        "seed": edits.seed,
        "history": edits.history,
    }


def from_plain(plain: object, name: str = "the sheet") -> Edits:
    """Edits from JSON values; raises UsageError that names what is at fault."""
    if not isinstance(plain, Mapping) or not isinstance(plain.get("cues"), list):
        raise UsageError(f'{name}: not edits of foley ({{"cues": [...]}})')
    try:
        cues = read_cues(json.dumps({"cues": plain["cues"]}), name)
        mix = mix_from_plain(plain.get("mix", {}))
        retakes = tuple(_retake(one) for one in plain.get("retakes", ()))
        seed = int(plain.get("seed", 0))
    except (ValueError, TypeError, KeyError, ZeroDivisionError, OverflowError, AttributeError) as error:
        raise UsageError(f"{name}: {' '.join(str(error).split())[:160]}; look at its retakes and its mix") from error
    for key, (least, most) in LEVELS.items():
        value = getattr(mix, key)
        if value is not None and not least <= value <= most:
            raise UsageError(f"{name}: {key} is {float(value):g}, outside {least} to {most}")
    if seed < 0:
        raise UsageError(f"{name}: seed is {seed}; it counts from 0")
    return Edits(_noted(cues, plain["cues"]), retakes, mix=mix, seed=seed, history=history_of(plain.get("history")))


def history_of(plain: object) -> Mapping[str, Any] | None:
    """Steps of undo and redo, None if there are none or too many to keep."""
    return plain if isinstance(plain, Mapping) and len(json.dumps(plain)) <= MOST_HISTORY else None


def _retake(plain: Mapping[str, Any]) -> Retake:
    start, stop = (Fraction(plain[key]).limit_denominator(48_000) for key in ("start", "stop"))
    one = Retake(start, stop, int(plain["seed"]))
    if not 0 <= one.start < one.stop or one.seed < 0:
        raise ValueError(f"a retake from {float(one.start):g} to {float(one.stop):g} s")
    return one


def _noted(cues: tuple[Cue, ...], rows: list[dict[str, Any]]) -> tuple[Cue, ...]:
    """The cues with who named each: reading a sheet takes all names for its own."""
    notes = [row.get("named_by") for row in sorted(filter(None, rows), key=lambda row: float(row["time"]))]
    return tuple(
        replace(cue, named_by=note) if note in ("", *NAMED_BY) else cue for cue, note in zip(cues, notes, strict=True)
    )


def save_edits(video: Path, edits: Edits) -> None:
    """Writes the edits beside the video, completely or not at all; raises OutputError."""
    text = json.dumps({"video": video.name, **to_plain(edits)}, indent=1)
    write_text(edits_path(video), text + "\n", overwrite=True)


def load_edits(video: Path) -> Edits | None:
    """The edits beside the video, None if there are none; raises UsageError for a file that makes no sense."""
    path = edits_path(video)
    if not path.is_file():
        return None
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError("far too large")
        return from_plain(json.loads(decoded(path.read_bytes())), str(path))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: can't be used ({' '.join(str(error).split())[:120]}); move it away") from error
