"""The description that ffmpeg prints of a media file: streams, tags, colours, side data, channel layouts.

PyAV frees the channel map of a layout twice (`AudioLayout` copies the struct, libav frees both): a file with a layout
of its own order ends the process. So the layouts come from here, from another process. What PyAV has no place for, the
side data of whole streams (Dolby Vision, 360 degrees, stereo 3D), comes from here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from foleycli.errors import InputError
from foleycli.video.ffmpeg import input_arguments, run_ffmpeg
from foleycli.video.open import check_readable

_STREAM = re.compile(r" {2,4}Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\[[^\]]*\])?(?:\((\w+)\))?: (\w+): (.*)")
_CHAPTER = re.compile(r"    Chapter #0:\d+: start (-?[\d.]+), end (-?[\d.]+)")
_TAG = re.compile(r"\(([^()]*) / 0x([0-9A-F]{4,8})\)")
_SIZE = re.compile(r", (\d+)x(\d+)")
_ASPECT = re.compile(r"SAR (\d+:\d+)")
_SOUND = re.compile(r", (\d+) Hz(?:, (.+?))?(?:, (?:u8|s16|s32|s64|flt|dbl)p?\b|$)")
_PIXELS = re.compile(r", ([a-z]\w*)(?:\(([^()]*)\))?, \d+x\d+")
HEADINGS = ("Input #", "  Duration:", "  Stream #", "    Chapter #", "  Program ", "  Stream group")
_START = re.compile(r"start: (-?[\d.]+)")
_DURATION = re.compile(r"Duration: (\d+):(\d\d):(\d\d\.\d+)")


@dataclass(frozen=True)
class StreamFacts:
    """One stream as ffmpeg shows it; what does not apply is empty."""

    index: int
    kind: str
    codec: str
    language: str = ""
    tag: str = ""  # four characters that name the codec in the container
    size: str = ""  # WIDTHxHEIGHT as stored
    sample_aspect: str = ""
    pixels: str = ""
    colour: frozenset[str] = frozenset()  # range, matrix, primaries, transfer, field order
    layout: str = ""
    sample_rate: int = 0
    disposition: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)
    side_data: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileFacts:
    """A media file as ffmpeg shows it; times in seconds, None where the header has none."""

    streams: tuple[StreamFacts, ...]
    metadata: Mapping[str, str]
    chapters: tuple[tuple[float, float, str], ...]
    start: float | None = None
    duration: float | None = None


def file_facts(path: Path) -> FileFacts:
    """Asks ffmpeg; raises InputError if it can't open the file. What was told of a file is kept as long as it is so."""
    check_readable(path)
    found = path.stat()
    return _file_facts(path, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=64)
def _file_facts(path: Path, _size: int, _age: int) -> FileFacts:
    done = run_ffmpeg(["-nostdin", "-hide_banner", *input_arguments(path)])
    text = done.stderr.decode(errors="replace")
    if "\nInput #0, " not in f"\n{text}":
        reason = (text.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(f"{path}: ffmpeg can't open it ({reason}); check that it plays, or copy it again")
    return parse_facts(text)


def parse_facts(text: str) -> FileFacts:
    """Reads the description that ffmpeg prints of its first input."""
    streams: dict[int, StreamFacts] = {}  # one that is in two groups is printed twice
    chapters: list[tuple[float, float, str]] = []
    top: dict[str, str] = {}
    start = duration = None
    ogg = False
    for head, metadata, side_data in _blocks(text):
        if found := _STREAM.match(head):
            streams.setdefault(int(found[1]), _stream(found, metadata, side_data))
        elif found := _CHAPTER.match(head):
            chapters.append((float(found[1]), float(found[2]), metadata.get("title", "")))
        elif head.startswith("Input #0"):
            top, ogg = metadata, head.startswith("Input #0, ogg")
        elif head.startswith("  Duration:"):
            start = float(found[1]) if (found := _START.search(head)) else None
            if found := _DURATION.search(head):
                duration = int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
    ordered = tuple(streams[index] for index in sorted(streams))
    if ogg:  # has no tags of the file: those of the pictures are the film's
        pictures = [one for one in ordered if one.kind == "video"]
        top = {key: value for one in pictures for key, value in one.metadata.items()} | top
        ordered = tuple(replace(one, metadata={}) if one.kind == "video" else one for one in ordered)
    return FileFacts(ordered, top, tuple(chapters), start=start, duration=duration)


def _blocks(text: str) -> Iterator[tuple[str, dict[str, str], tuple[str, ...]]]:
    """(heading, metadata, side data) of each part of the description.

    The text of a tag can't pass for a heading: ffmpeg puts blanks and a colon before each of its further lines. Streams
    that belong together (pictures and their time code) are a group, and stand two blanks further in than others.
    """
    head, metadata, side_data, inside, last = "", dict[str, str](), list[str](), "", ""
    grouped = False
    for line in text[max(0, text.find("Input #0, ")) :].splitlines():
        bare = line.strip()
        if bare in ("Metadata:", "Side data:"):
            inside = bare
        elif line.startswith(HEADINGS) or (grouped and line.startswith("    Stream #")):
            grouped = line.startswith("  Stream group") or (grouped and line.startswith("    "))
            yield head, metadata, tuple(side_data)
            head, metadata, side_data, inside, last = line, {}, [], "", ""
        elif inside == "Metadata:" and re.match(r" +: ", line) and last:
            metadata[last] += "\n" + line.partition(": ")[2]
        elif inside == "Metadata:" and (found := re.match(r" {4,}(\S.*?) *: (.*)", line)):
            last = found[1].lower()
            metadata.setdefault(last, found[2])
        elif inside == "Side data:" and line.startswith("      "):
            side_data.append(bare)
        elif not line.startswith(" "):
            inside = ""
    yield head, metadata, tuple(side_data)


def _stream(found: re.Match[str], metadata: dict[str, str], side_data: tuple[str, ...]) -> StreamFacts:
    index, language, kind, about = int(found[1]), found[2] or "", found[3].lower(), found[4]
    disposition = frozenset(re.findall(r"\(([a-z ]+)\)", about[_options(about) :]))
    tag, size, aspect = _TAG.search(about), _SIZE.search(about), _ASPECT.search(about)
    sound = _SOUND.search(about) if kind == "audio" else None
    pixels = _PIXELS.search(about) if kind == "video" else None
    return StreamFacts(
        index=index,
        kind=kind,
        codec=re.split(r"[ ,]", about, maxsplit=1)[0],
        language="" if language == "und" else language,
        tag=tag[1] if tag and not tag[1].startswith("[") else "",
        size=f"{size[1]}x{size[2]}" if size and kind == "video" else "",
        sample_aspect=aspect[1] if aspect else "",
        pixels=pixels[1] if pixels else "",
        colour=frozenset(pixels[2].split(", ")) if pixels and pixels[2] else frozenset(),
        layout=(sound[2] or "") if sound else "",
        sample_rate=int(sound[1]) if sound else 0,
        disposition=disposition,
        metadata=metadata,
        side_data=side_data,
    )


def _options(about: str) -> int:
    """Where the dispositions begin: bracketed words at the end of the line."""
    found = re.search(r"(?: \([a-z ]+\))+$", about)
    return found.start() if found else len(about)
