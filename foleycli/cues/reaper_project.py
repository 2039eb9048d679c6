"""The text of a Reaper project (.rpp): tracks of items that play media files, markers and regions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from foleycli.text import one_line, utf8

VIDEO, WAVE = "VIDEO", "WAVE"


def project(parts: Iterable[Sequence[str]]) -> str:
    """A whole project; what it leaves out has Reaper's own values."""
    return "\n".join((*_block('REAPER_PROJECT 0.1 "6.0" 0', *parts), ""))


def track(name: str, items: Iterable[Sequence[str]]) -> list[str]:
    """A track with its items."""
    return _block("TRACK", [f"NAME {quoted(name)}"], *items)


def item(
    name: str, path: str, kind: str, *, at: Fraction, length: Fraction, source: Fraction, muted: bool = False
) -> list[str]:
    """An item at `at` seconds that plays `length` seconds of a file from its second `source` on, without fades."""
    return _block(
        "ITEM",
        [f"POSITION {number(at)}", f"LENGTH {number(length)}", "LOOP 0"],
        ["FADEIN 1 0 0 1 0 0 0", "FADEOUT 1 0 0 1 0 0 0", f"MUTE {int(muted)} 0"],
        [f"NAME {quoted(name)}", f"SOFFS {number(source)}"],
        _block(f"SOURCE {kind}", [f"FILE {quoted(path)}"]),
    )


def marker(index: int, name: str, at: Fraction, stop: Fraction | None = None) -> list[str]:
    """A marker, or with `stop` a region: two lines with the same number."""
    if stop is None:
        return [f"MARKER {index} {number(at)} {quoted(name)} 0"]
    return [f"MARKER {index} {number(at)} {quoted(name)} 1", f'MARKER {index} {number(stop)} "" 1']


def quoted(text: str) -> str:
    """Text in the first kind of quotes that it does not hold."""
    plain = one_line(utf8(text))
    mark = next((mark for mark in "\"'`" if mark not in plain), "`")
    return f"{mark}{plain.replace('`', chr(39)) if mark == '`' else plain}{mark}"


def number(seconds: Fraction) -> str:
    """Seconds to 12 decimals, as Reaper reads them: more than a sample of any rate."""
    return f"{float(seconds):.12f}".rstrip("0").rstrip(".")


def _block(head: str, *parts: Sequence[str]) -> list[str]:
    return [f"<{head}", *(f"  {line}" for part in parts for line in part), ">"]
