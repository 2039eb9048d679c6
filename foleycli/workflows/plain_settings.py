"""Settings as plain values, as sidecars and the journal of a batch hold them; written and read here alone.

The layout is that of sidecar format 1: one flat table, `mix` inside it, times as fractions "a/b". A field added later
is left out of older files and gets its default. `takes` and `sheet` stand in it for older readers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from foleycli.specs.settings import Generation, Mix, Model, Settings

GENERATION = {  # key in the file -> field
    "seed": "seed", "steps": "steps", "guidance": "guidance", "sounds": "sounds", "start": "start", "end": "end",
    "overlap": "overlap", "apart": "stems",
}  # fmt: skip
MODEL = {
    "model": "name", "device": "device", "precision": "precision", "offline": "offline", "compiled": "compiled",
    "namer": "namer",
}  # fmt: skip
NEEDED = ("sounds", "start", "end", "overlap", "device", "mix")
CONSTANT: dict[str, Any] = {"takes": 1, "sheet": None}
Group = TypeVar("Group", Generation, Model, Mix)


def to_plain(settings: Settings) -> dict[str, Any]:
    """The settings as a flat table; times are Fractions still, which JSON writes as text."""
    generation = {key: getattr(settings.generation, name) for key, name in GENERATION.items()}
    model = {key: getattr(settings.model, name) for key, name in MODEL.items()}
    return {**model, **generation, **CONSTANT, "mix": asdict(settings.mix)}


def from_plain(plain: Mapping[str, Any]) -> Settings:
    """The settings of such a table; raises ValueError for what is missing, unknown or of a wrong kind."""
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
        mix=_group(Mix, {"level": "off", **plain["mix"]}, odd),  # older dubs have the level that the model made
    )
    if odd:
        raise ValueError(f"no {' or '.join(odd)} that foley can use")
    return found


def _group(kind: type[Group], values: Mapping[str, Any], odd: list[str]) -> Group:
    """One group of settings; names of values of a wrong kind are added to `odd`."""
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
    if isinstance(value, list):
        value = tuple(value)
    if not any(_fits(value, one) for one in kinds):
        raise ValueError
    return value


def _fits(value: object, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin is Literal:
        return value in get_args(hint)
    if origin is tuple:
        return isinstance(value, tuple) and all(isinstance(one, str) for one in value)
    kinds = (int, float) if hint is float else (hint,)
    return isinstance(value, kinds) and (hint is bool or not isinstance(value, bool))
