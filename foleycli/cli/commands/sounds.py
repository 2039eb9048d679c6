"""`foley sounds`: the names that --sound and the column `sound` of a cue sheet take."""

from __future__ import annotations

from foleycli.cli.console import Console
from foleycli.cli.options import JsonOption
from foleycli.text import table


def sounds(as_json: JsonOption = False) -> None:
    """Lists the sounds that the built-in model knows: hits, and spans that last."""
    from foleycli.cues.classes import HIT_CLASSES, SOUND_CLASSES

    kinds = {name: "hit" if name in HIT_CLASSES else "span" for name in SOUND_CLASSES}
    if as_json:
        Console().data([{"sound": name, "kind": kind} for name, kind in kinds.items()])
    else:
        Console().result(table([*kinds.items()]))
