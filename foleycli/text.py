"""Plain text for people: one line, columns, sizes and times."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from foleycli.errors import UsageError


def decoded(data: bytes) -> str:
    """Text as other machines write it: UTF-8 or UTF-16, with a byte order mark or without, or UTF-32 with one.

    Raises UnicodeDecodeError for anything else.
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return data.decode("utf-32")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    if is_utf16(data):
        return data.decode("utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be")
    return data.decode("utf-8-sig")


def is_utf16(data: bytes) -> bool:
    """Whether every other byte, or nearly, is 0: Latin letters in 16 bits."""
    odd, even = data[1::2].count(0), data[::2].count(0)
    return len(data) >= 4 and len(data) % 2 == 0 and max(odd, even) > 0.8 * len(data) / 2 and min(odd, even) == 0


def one_line(text: str) -> str:
    """Text from elsewhere (file names, messages of libraries) without line breaks or terminal escapes."""
    return "".join(character if character.isprintable() else " " for character in " ".join(text.split()))


def utf8(value: object) -> str:
    """Text that any JSON reader takes: bytes of a file name that are not UTF-8 become the replacement character."""
    return os.fsencode(str(value)).decode("utf-8", "replace")


def table(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows in columns, two blanks apart; the last column is not padded."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in padded)


def size(count: int) -> str:
    """Bytes as people read them: 35.2 MB."""
    value, units = float(count), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while value >= 1000 and unit != "TB":
        value, unit = value / 1000, next(units)
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def clock(seconds: Fraction) -> str:
    """Seconds as h:mm:ss.mmm, hours only when there are some."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}" if hours else f"{minutes}:{rest / 1000:06.3f}"
    return f"{hours}:{text}" if hours else text


def outline(facts: Mapping[str, Any], indent: str = "") -> list[str]:
    """Plain data as lines, inner mappings indented; None is unknown, a key `size_bytes` is shown as a size."""
    lines: list[str] = []
    for key, value in facts.items():
        label = f"{indent}{key.replace('_', ' ')}"
        if isinstance(value, dict):
            lines += [f"{label}:", *outline(value, indent + "  ")]
        elif isinstance(value, list | tuple):
            lines.append(f"{label}: {', '.join(str(item) for item in value)}")
        elif key == "size_bytes" and value is not None:
            lines.append(f"{indent}size: {size(value)}")
        elif isinstance(value, bool) or value is None:
            lines.append(f"{label}: {'yes' if value else 'unknown' if value is None else 'no'}")
        elif isinstance(value, int) and value >= 10_000:
            lines.append(f"{label}: {value:,}")
        else:
            lines.append(f"{label}: {value}")
    return lines


def lufs_of(option: str, text: str, *, low: float, high: float) -> float:
    """A loudness in LUFS that was written for an option; raises UsageError for other words and outside low to high."""
    words = "auto, off, or LUFS such as -23" if option == "--loudness" else "off, or LUFS such as -60"
    try:
        lufs = float(text)
    except ValueError:
        raise UsageError(f"{option} {text!r}: write {words}") from None
    if not low <= lufs <= high:
        raise UsageError(f"{option} {text}: outside {low:g} to {high:g} LUFS")
    return lufs


def folder_of(option: str) -> Callable[[str], Path]:
    """What reads the folder that an option names; it raises UsageError for "", which Path takes for the current one."""

    def read(text: str) -> Path:
        if not str(text):
            raise UsageError(f"{option}: an empty name; name a folder, or leave {option} out")
        return Path(text)

    return read
