"""Writes the report of a batch as one HTML file that needs no other file."""

from __future__ import annotations

import hashlib
import math
import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from statistics import median
from urllib.parse import quote_from_bytes

import numpy as np

from foleycli.atomic import atomic_file
from foleycli.audio.files import Samples
from foleycli.cues.plain_words import readable
from foleycli.reports.page.rows import PAGE_BYTES, TOLERANCE_SECONDS, Row
from foleycli.version import __version__

MARK = '<meta name="generator" content="foley'  # a page that begins with it is ours, and may be replaced
HEAD_BYTES = 1000
COLUMNS = 700
TICKS = 12
TICK_LAST = 0.97  # as a share of the axis; there is no room for a later label
TICK_SECONDS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200)
SILENT_DBTP = -60.0


@dataclass(frozen=True)
class Run:
    """The run as a whole: `title` is the folder of its results, `facts` are names and values of its settings."""

    title: str
    when: str
    facts: tuple[tuple[str, str], ...]
    took_seconds: float


@dataclass(frozen=True)
class Totals:
    """Sums over the rows."""

    rows: Sequence[Row]

    def count(self, state: str) -> int:
        return sum(row.outcome.state == state for row in self.rows)

    @cached_property
    def warned(self) -> int:
        return sum(bool(row.troubles) for row in self.rows)

    @cached_property
    def seconds(self) -> float:
        return sum(float(row.seen.duration) for row in self.rows if row.seen)

    @cached_property
    def cues(self) -> int:
        return sum(len(row.cues) for row in self.rows if row.cues)

    @cached_property
    def loudness_lufs(self) -> float | None:
        """The median of the rows that have a value."""
        known = [row.heard.loudness_lufs for row in self.rows if row.heard and row.heard.loudness_lufs is not None]
        return median(known) if known else None

    @cached_property
    def hits(self) -> tuple[int, int]:
        """(with an onset in the video's own sound, all) of the videos that came with sound."""
        known = [row.agreement for row in self.rows if row.agreement]
        return sum(one.heard for one in known), sum(one.hits for one in known)

    @cached_property
    def linked(self) -> int:
        return sum(row.heard is not None and row.heard.opus is None for row in self.rows)


def is_report(path: Path) -> bool:
    """Whether the file is a page that this module wrote."""
    try:
        with path.open("rb") as file:
            return MARK.encode() in file.read(HEAD_BYTES)
    except OSError:
        return False


def write_page(rows: Sequence[Row], run: Run, target: Path, *, overwrite: bool = False) -> None:
    """Writes the page, whole or not at all; another report is replaced, another file only with `overwrite`."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("foleycli.reports", "page"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        shown=shown, clock=clock, path=outline_path, ticks=ticks, signed=signed, two="{:.2f}".format, readable=readable
    )
    environment.globals.update(data=data_uri, link=lambda path: link(path, target))
    script, style = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("page.js", "page.css"))
    pieces = environment.get_template("page.html").generate(
        rows=rows,
        run=run,
        totals=Totals(rows),
        version=__version__,
        script=script,
        script_sha256=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        style=style,
        silent_dbtp=SILENT_DBTP,
        tolerance_ms=round(TOLERANCE_SECONDS * 1000),
        page_mb=PAGE_BYTES // 1_000_000,
    )
    with (
        atomic_file(target, overwrite=overwrite or is_report(target)) as draft,
        draft.open("w", encoding="utf-8") as file,
    ):
        file.writelines(pieces)


def shown(value: object) -> str:
    """Text from elsewhere as it can be shown: no bytes that are not UTF-8, no controls, nothing that turns a line."""
    text = os.fsencode(str(value)).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def data_uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"


def link(path: Path, page: Path) -> str:
    """The file as a page in another folder links to it."""
    return "./" + quote_from_bytes(os.fsencode(Path(os.path.relpath(path, page.parent)).as_posix()))


def clock(seconds: float) -> str:
    """Seconds as 0:03.2, 12:04 or 1:02:03."""
    if seconds < 59.95:
        return f"0:{seconds:04.1f}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def signed(value: float | None) -> str:
    """A level to a tenth, with a true minus sign; a dash for none."""
    return "–" if value is None else f"{value:.1f}".replace("-", "\N{MINUS SIGN}")


def ticks(seconds: float) -> list[tuple[float, str]]:
    """(place in percent, label) of the marks on a time axis."""
    step = next((one for one in TICK_SECONDS if seconds / one <= TICKS), 14400)
    marks = [number * step for number in range(int(TICK_LAST * seconds / step) + 1)]
    return [(100 * mark / seconds, f"{mark:g}" if seconds < 60 else clock_mark(mark)) for mark in marks]


def clock_mark(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def outline_path(outline: Samples) -> str:
    """Lows and highs (2, T) as an SVG path over 0..1000 by 0..100, the highs from left to right, the lows back."""
    count = outline.shape[1]
    if not count:
        return ""
    columns = min(COLUMNS, count)
    edges = np.linspace(0, count, columns + 1).astype(int)
    highs = [(x, float(outline[1, start:stop].max())) for x, (start, stop) in enumerate(pairwise(edges))]
    lows = [(x, float(outline[0, start:stop].min())) for x, (start, stop) in enumerate(pairwise(edges))]
    points = (f"{(x + 0.5) * 1000 / columns:.1f} {_height(level):.1f}" for x, level in (*highs, *reversed(lows)))
    return f"M{'L'.join(points)}Z"


def _height(level: float) -> float:
    """Full scale up is 0, silence 50, full scale down 100; by the square root, or what is soft could not be seen."""
    return 50 - 50 * math.copysign(math.sqrt(min(1.0, abs(level))), level)
