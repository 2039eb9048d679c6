"""The cue sheet: a list of the sounds of a video with their times, read and written as CSV and JSON.

A cue with `stop` None is a hit (one short sound at `time`); with a `stop` it is a span (rain, an engine).
Times are in seconds from the first picture, strength and confidence are 0..1. `named_by` and `suggestions` (sounds that
an unnamed cue may be, likeliest first) are notes that change nothing in the sound. This module imports no torch.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace

from foleycli.cues.classes import HIT_CLASSES, NEUTRAL_HIT, NEUTRAL_SPAN, SOUND_CLASSES, SPAN_CLASSES
from foleycli.cues.plain_words import sound_of
from foleycli.errors import UsageError


@dataclass(frozen=True)
class Cue:
    """One event: `time` and `stop` in seconds, `strength` and `confidence` in 0..1, `sound` a class name or ""."""

    time: float
    strength: float = 0.7
    sound: str = ""
    stop: float | None = None
    confidence: float = 1.0
    mute: bool = False
    lock: bool = False
    named_by: str = field(default="", compare=False)  # one of NAMED_BY, "" where nothing did
    suggestions: tuple[str, ...] = field(default=(), compare=False)  # for a cue that nothing named


PICTURE, MOTION, SHEET, ASKED, DEFAULT = NAMED_BY = ("picture", "motion", "sheet", "asked", "default")
NUMBERS = ("time", "stop", "strength", "confidence")
YES, NO = ("1", "yes", "true", "x", "y"), ("", "0", "no", "false", "n")
COLUMNS = ("time", "stop", "strength", "sound", "confidence", "mute", "lock", "named_by", "suggestions")
_EMPTY_LINES = re.compile(r"\A(?:[ \t,;]*\n)+")  # above the header; a spreadsheet's have separators


def write_csv(cues: Iterable[Cue]) -> str:
    """The sheet as CSV text with a header line."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    for cue in cues:
        stop = "" if cue.stop is None else f"{cue.stop:.3f}"
        flags = ("yes" if cue.mute else "", "yes" if cue.lock else "")
        strength, confidence = (round(share, 3) for share in (cue.strength, cue.confidence))  # as peak picking does
        origin = (cue.named_by, " ".join(cue.suggestions))
        rows.writerow((f"{cue.time:.3f}", stop, strength, cue.sound, confidence, *flags, *origin))
    return out.getvalue()


def write_json(cues: Iterable[Cue]) -> str:
    """The sheet as JSON: {"cues": [{"time": ..., "stop": ..., ...}, ...]}."""
    return json.dumps({"cues": [asdict(cue) for cue in cues]}, indent=1) + "\n"


def read_cues(text: str, name: str = "cue sheet") -> tuple[Cue, ...]:
    """Reads CSV or JSON as written by `foley spot`, sorted by time; raises UsageError naming the row at fault."""
    if text.lstrip("\ufeff \r\n\t")[:1] in ("{", "["):
        try:
            found = json.loads(text.lstrip("\ufeff"))
            rows = found.get("cues") if isinstance(found, dict) else found
            if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
                raise ValueError('not {"cues": [{"time": ...}, ...]}')
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{name}: not a cue sheet in JSON ({error}); 'foley spot --json' writes one") from error
    else:
        table = read_table(text, name, _check_header)
        rows = [row if any(map(row.get, COLUMNS)) else {} for row in table]
    cues = [_cue(row, f"{name}, row {number}") for number, row in enumerate(rows, start=1) if row]
    return tuple(sorted(cues, key=lambda cue: cue.time))


def read_table(
    text: str, name: str, check: Callable[[Sequence[str], str], None] = lambda header, name: None
) -> list[dict[str, str]]:
    """The rows of CSV text, without blanks around cells, by the words of its header in small letters.

    Cells are separated by commas, by tabs, or by semicolons (spreadsheets with decimal commas). `check` may refuse the
    header. Raises UsageError naming the line whose quote is not closed.
    """
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")  # an old Mac's lines end in CR alone
    lines = text.count("\n")
    text = _EMPTY_LINES.sub("", text)
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r'\s*"?sep=(.)"?\s*', first)  # a first line that tells spreadsheets the separator
    if named is not None:
        text = _EMPTY_LINES.sub("", rest)
    above = lines - text.count("\n")
    separator = named[1] if named else next((mark for mark in ",;\t" if mark in first), ",")
    # Strict: otherwise an unclosed quote takes in all rows after it without an error.
    reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True, strict=True)
    try:
        header = [word.strip().lower() for word in next(reader, [])]
        check(header, name)
        cells = ((word.strip() for word in row) for row in reader if row)
        rows = [dict(zip(header, row, strict=False)) for row in cells]
    except csv.Error as error:
        raise UsageError(
            f'{name}, line {above + reader.line_num}: {error}; look for a quote (") without its other'
        ) from error
    if separator != ",":  # "Unicode text" of a spreadsheet has tabs, and commas where its language has them
        rows = [{key: cell.replace(",", ".") if key in NUMBERS else cell for key, cell in row.items()} for row in rows]
    return rows


def _check_header(header: Sequence[str], name: str) -> None:
    if "time" not in header:
        raise UsageError(f"{name}: no 'time' column; the first line must name {','.join(COLUMNS)}")
    for word in header:
        near = difflib.get_close_matches(word, COLUMNS, n=1, cutoff=0.75)
        if near and word not in COLUMNS and near[0] not in header:
            raise UsageError(f"{name}: no column is called {word!r}; call it {near[0]!r}, or something else")


def _cue(row: dict[str, object], where: str) -> Cue:
    known = {field.name for field in fields(Cue)}
    values = {key: value for key, value in row.items() if key in known and value not in ("", None)}
    sound = sound_of(str(values.get("sound", "")), where)
    neutral = values.get("named_by") == DEFAULT and sound in (NEUTRAL_HIT, NEUTRAL_SPAN)
    cue = Cue(
        time=_number(values.get("time"), f"{where}: time", 0.0, high=1e9),
        stop=_number(values["stop"], f"{where}: stop", 0.0, high=1e9) if "stop" in values else None,
        strength=_number(values.get("strength", 0.7), f"{where}: strength", 0.0, high=1.0),
        confidence=_number(values.get("confidence", 1.0), f"{where}: confidence", 0.0, high=1.0),
        sound=sound,
        mute=_flag(values.get("mute"), f"{where}: mute"),
        lock=_flag(values.get("lock"), f"{where}: lock"),
        named_by=DEFAULT if neutral else SHEET if sound else "",  # a person who edits `sound` does not edit `named_by`
        suggestions=_suggestions(values.get("suggestions", "")),
    )
    if cue.stop is not None and cue.stop <= cue.time:
        raise UsageError(f"{where}: stop {cue.stop} is not after time {cue.time}; leave it empty for a hit")
    return cue


def _suggestions(value: object) -> tuple[str, ...]:
    """The words that are names of sounds; others are ignored, as suggestions change nothing in the sound."""
    words = value if isinstance(value, list) else str(value).replace(",", " ").split()
    return tuple(str(word) for word in words if word in SOUND_CLASSES)


def _number(value: object, where: str, low: float, high: float) -> float:
    try:
        number = _seconds(str(value))
    except ValueError:
        raise UsageError(f"{where} is {value!r}, not a number") from None
    if not low <= number <= high:
        raise UsageError(f"{where} is {number:g}, outside {low:g} to {high:g}")
    return number


def _seconds(text: str) -> float:
    """Seconds from a number, from m:ss.s or from h:mm:ss.s."""
    *before, last = text.strip().split(":")
    if len(before) > 2 or not all(part.isdecimal() for part in before):
        raise ValueError(text)
    seconds = float(last)
    if before and not 0 <= seconds < 60:
        raise ValueError(text)
    for power, part in enumerate(reversed(before), start=1):
        seconds += int(part) * 60**power
    return seconds


def _flag(value: object, where: str) -> bool:
    word = str(value or "").strip().lower()
    if word in YES or word in NO:
        return word in YES
    raise UsageError(f"{where} is {word!r}; write yes, or leave it empty")


def asked_sounds(names: Sequence[str]) -> tuple[str, ...]:
    """The classes that the names of --sound mean; raises UsageError for an unknown one and for two of one kind."""
    if any(not name.strip() for name in names):
        raise UsageError("--sound: an empty name; 'foley sounds' lists those there are")
    sounds = tuple(sound_of(name) for name in names)
    for kind, classes in (("hit", HIT_CLASSES), ("lasting", SPAN_CLASSES)):
        if len(same := sorted(set(sounds) & set(classes))) > 1:
            raise UsageError(f"--sound {same[0]} and {same[1]} are both {kind} sounds; give one of each kind at most")
    return sounds


def steer(cues: Sequence[Cue], sounds: Sequence[str], stop_seconds: float) -> tuple[Cue, ...]:
    """The cues with the sounds of --sound: hits get the first hit sound of `sounds`, spans the first span sound.

    Cues of a kind for which no sound is asked are dropped. If there is no hit for a hit sound, the spans get it; if
    there is no span for a span sound, one new span of it lasts from 0 to `stop_seconds`. Locked cues stay as they are.
    """
    if not sounds:
        return tuple(cues)
    sounds = [sound_of(sound) for sound in sounds]
    hit = next((sound for sound in sounds if sound in HIT_CLASSES), "")
    span = next((sound for sound in sounds if sound in SPAN_CLASSES), "")
    locked = [cue for cue in cues if cue.lock]
    free = [replace(cue, named_by=ASKED, suggestions=()) for cue in cues if not cue.lock]
    hits = [replace(cue, sound=hit or span) for cue in free if cue.stop is None]
    spans = [replace(cue, sound=span or hit) for cue in free if cue.stop is not None]
    if hit and not span:
        chosen = hits or spans
    elif span and not hit:
        chosen = spans or [Cue(0.0, 0.6, span, stop=stop_seconds, named_by=ASKED)]
    else:
        chosen = hits + spans
    return tuple(sorted(locked + chosen, key=lambda cue: cue.time))


def named(cues: Iterable[Cue]) -> tuple[Cue, ...]:
    """The cues; one without a sound gets the neutral sound of its kind (hit or span)."""
    neutral = {True: NEUTRAL_HIT, False: NEUTRAL_SPAN}
    return tuple(cue if cue.sound else replace(cue, sound=neutral[cue.stop is None], named_by=DEFAULT) for cue in cues)
