"""Converts settings to the plain values that sidecars and journals store, and back.

The layout is sidecar format 1: a flat table with `mix` as a table inside it, times as fractions "a/b". A field that
is missing in an older file gets its default. `takes` and `sheet` are constants that older versions of foley read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from foleycli.specs.settings import Bed, Generation, Mix, Model, Settings

GENERATION = {  # key in the file -> field
    "seed": "seed", "steps": "steps", "guidance": "guidance", "sounds": "sounds", "start": "start", "end": "end",
    "overlap": "overlap", "apart": "stems", "beds": "beds", "kept": "kept", "library": "library", "likes": "likes",
}  # fmt: skip
MODEL = {
    "model": "name", "device": "device", "precision": "precision", "offline": "offline", "compiled": "compiled",
    "namer": "namer",
}  # fmt: skip
NEEDED = ("sounds", "start", "end", "overlap", "device", "mix")
LATER: dict[str, Any] = {
    "beds": [],
    "kept": "all",
    "library": None,
    "likes": (),
}  # left out at these: older foleys read them, hashes stay
CONSTANT: dict[str, Any] = {"takes": 1, "sheet": None}
Group = TypeVar("Group", Generation, Model, Mix, Bed)


def to_plain(settings: Settings) -> dict[str, Any]:
    """The settings as a flat table; times are Fractions, which `json.dumps(..., default=str)` writes as "a/b"."""
    generation = {key: getattr(settings.generation, name) for key, name in GENERATION.items()}
    generation["beds"] = [asdict(bed) for bed in settings.generation.beds]
    generation = {key: value for key, value in generation.items() if key not in LATER or value != LATER[key]}
    model = {key: getattr(settings.model, name) for key, name in MODEL.items()}
    return {**model, **generation, **CONSTANT, "mix": _plain_mix(settings.mix)}


def _plain_mix(mix: Mix) -> dict[str, Any]:
    """The mix as a table; a track without a bed has no key for it, as none had before beds came."""
    return {key: value for key, value in asdict(mix).items() if key != "room_tone_lufs" or value is not None}


def from_plain(plain: Mapping[str, Any]) -> Settings:
    """Settings from a flat table; raises ValueError for missing or unknown keys and for values of a wrong type."""
    if missing := [key for key in NEEDED if key not in plain]:
        raise ValueError(f"no {' or '.join(missing)}")
    if not isinstance(plain["mix"], Mapping):
        raise ValueError("no mix that foley can use")
    if unknown := sorted(set(plain) - {*GENERATION, *MODEL, *CONSTANT, "mix"}):
        raise ValueError(f"unknown {', '.join(unknown)}")
    odd: list[str] = []
    found = Settings(
        generation=_group(Generation, {GENERATION[key]: plain[key] for key in GENERATION if key in plain}, odd),
        model=_group(Model, {MODEL[key]: plain[key] for key in MODEL if key in plain}, odd),
        # Older dubs have the level that the model made, and no bed.
        mix=_group(Mix, {"level": "off", "room_tone_lufs": None, **plain["mix"]}, odd),
    )
    if odd:
        raise ValueError(f"no {' or '.join(odd)} that foley can use")
    return found


def mix_from_plain(plain: Mapping[str, Any]) -> Mix:
    """A mix from a table, what is missing by default; raises ValueError for unknown keys and wrong values."""
    odd: list[str] = []
    mix = _group(Mix, plain, odd)
    if odd:
        raise ValueError(f"no {' or '.join(odd)} that foley can use")
    return mix


def _group(kind: type[Group], values: Mapping[str, Any], odd: list[str]) -> Group:
    """One group of settings; the names of values of a wrong type are appended to `odd`."""
    hints = get_type_hints(kind)
    if unknown := sorted(set(values) - set(hints)):
        raise ValueError(f"unknown {', '.join(unknown)}")
    found: dict[str, Any] = {}
    for name, value in values.items():
        try:
            found[name] = _value(value, hints[name])
        except (ValueError, ZeroDivisionError, OverflowError):
            odd.append(name)
    return kind(**found)


def _value(value: object, hint: Any) -> Any:
    kinds = get_args(hint) if get_origin(hint) is UnionType else (hint,)
    if Fraction in kinds and isinstance(value, str | int | float | Fraction) and not isinstance(value, bool):
        return Fraction(value)
    if hint == tuple[Bed, ...]:
        return tuple(_bed(one) for one in value) if isinstance(value, list | tuple) else _bed(value)
    if isinstance(value, list):
        value = tuple(value)
    if not any(_fits(value, one) for one in kinds):
        raise ValueError
    return value


def _bed(plain: object) -> Bed:
    odd: list[str] = []
    if not isinstance(plain, Mapping) or "sound" not in plain:
        raise ValueError
    bed = _group(Bed, plain, odd)
    if odd:
        raise ValueError
    return bed


def _fits(value: object, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin is Literal:
        return value in get_args(hint)
    if origin is tuple:
        return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
    kinds = (int, float) if hint is float else (hint,)
    return isinstance(value, kinds) and (hint is bool or not isinstance(value, bool))
