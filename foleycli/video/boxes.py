"""What ffmpeg's muxer leaves out of MP4 and QuickTime files, put in afterwards; the index before the data.

ffmpeg writes iTunes tags or named keys (com.apple.quicktime.*, com.android.*), never both, and the boxes of Dolby
Vision, 360 degrees and stereo 3D into MP4 alone. Here they are added to `moov`, which then moves before `mdat`:

    ftyp  mdat  moov   ->   ftyp  moov(+ meta: keys, ilst; + boxes of the picture)  mdat     chunk offsets counted on

Sources: ISO/IEC 14496-12 (boxes), QuickTime File Format, "Metadata" (hdlr mdta, keys, ilst).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from foleycli.errors import OutputError

PARENTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
# Of a picture's sample entry: Dolby Vision, stereo 3D, spherical, light levels, ambient light.
PICTURE_BOXES = frozenset(
    {b"dvcC", b"dvvC", b"dvwC", b"hvcE", b"st3d", b"sv3d", b"vexu", b"hfov", b"mdcv", b"clli", b"cclv", b"amve"}
)
# Of 360 degrees and stereo 3D, in two forms. ffmpeg writes a weaker `vexu` too, which players and ffmpeg prefer.
SPATIAL_BOXES = frozenset({b"st3d", b"sv3d", b"vexu", b"hfov"})
ENTRY_HEAD_BYTES = 78  # of a visual sample entry, before its boxes
MOST_INDEX_BYTES = 2**30
LARGEST_OFFSET = 2**32 - 1
FLOAT_KEYS = frozenset({"com.android.capture.fps"})  # Android reads a number here
UTF8, FLOAT32 = 1, 23


@dataclass
class Box:
    """A box: its name, its bytes up to its inner boxes, and those."""

    name: bytes
    body: bytes = b""
    inner: list[Box] = field(default_factory=list)

    def packed(self) -> bytes:
        """The box as it lies in a file."""
        payload = self.body + b"".join(box.packed() for box in self.inner)
        return struct.pack(">I", 8 + len(payload)) + self.name + payload

    def all(self, *names: bytes) -> Iterator[Box]:
        """The boxes at a path below this one."""
        for box in self.inner:
            if box.name == names[0]:
                yield from box.all(*names[1:]) if len(names) > 1 else (box,)


@dataclass(frozen=True)
class Place:
    """A box at the top of a file: its name, where it begins, its header's and its whole length."""

    name: bytes
    start: int
    head: int
    length: int


def picture_boxes(path: Path, number: int) -> list[Box]:
    """The boxes beside the codec's own of the `number`th picture track of an MP4 or QuickTime file; [] for others."""
    try:
        index = _index(path)
        entries = [entry for track in index.inner if track.name == b"trak" for entry in _picture_entries(track)]
        return [box for box in entries[number].inner if box.name in PICTURE_BOXES]
    except (OSError, ValueError, IndexError, struct.error):
        return []


def complete(path: Path, out: Path, tags: Mapping[str, str], boxes: list[Box], *, quicktime: bool) -> None:
    """Writes `path` to `out` with `tags` as named keys, `boxes` in its first picture's entry, and the index in front.

    Raises OutputError if the file is not as ffmpeg writes one.
    """
    try:
        places = list(_places(path))
        index = _index(path)
        if tags:
            index.inner.append(named_keys(tags, quicktime=quicktime))
        entry = next(entry for track in index.inner if track.name == b"trak" for entry in _picture_entries(track))
        if any(box.name in SPATIAL_BOXES for box in boxes):
            entry.inner = [box for box in entry.inner if box.name not in SPATIAL_BOXES]
        present = {box.name for box in entry.inner}
        entry.inner += [box for box in boxes if box.name not in present]
        _write(path, out, places, index=index)
    except (OSError, ValueError, StopIteration, struct.error) as error:
        raise OutputError(f"{out}: its index can't be completed ({error}); try .mkv") from error


def named_keys(tags: Mapping[str, str], *, quicktime: bool) -> Box:
    """A `meta` box of QuickTime metadata; in QuickTime files it has no version, in MP4 it has."""
    handler = Box(b"hdlr", bytes(8) + b"mdta" + bytes(13))
    keys = b"".join(struct.pack(">I", 8 + len(key.encode())) + b"mdta" + key.encode() for key in tags)
    values = []
    for number, (key, value) in enumerate(tags.items(), start=1):
        kind, data = (FLOAT32, struct.pack(">f", float(value))) if key in FLOAT_KEYS else (UTF8, value.encode())
        values.append(Box(struct.pack(">I", number), inner=[Box(b"data", struct.pack(">II", kind, 0) + data)]))
    parts = [handler, Box(b"keys", struct.pack(">II", 0, len(tags)) + keys), Box(b"ilst", inner=values)]
    return Box(b"meta", b"" if quicktime else bytes(4), parts)


def _places(path: Path) -> Iterator[Place]:
    size = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size:
            file.seek(at)
            length, name = struct.unpack(">I4s", file.read(8))
            head = 8
            if length == 1:
                length, head = struct.unpack(">Q", file.read(8))[0], 16
            length = length or size - at
            if length < head or at + length > size:
                raise ValueError("a box that is longer than the file")
            yield Place(name, at, head, length=length)
            at += length


def _index(path: Path) -> Box:
    place = next((one for one in _places(path) if one.name == b"moov"), None)
    if place is None or place.length > MOST_INDEX_BYTES:
        raise ValueError("no index that can be read")
    with path.open("rb") as file:
        file.seek(place.start + place.head)
        return _parsed(b"moov", file.read(place.length - place.head))


def _parsed(name: bytes, payload: bytes) -> Box:
    return Box(name, inner=list(_boxes(payload))) if name in PARENTS else Box(name, payload)


def _boxes(payload: bytes) -> Iterator[Box]:
    at = 0
    while at + 8 <= len(payload):
        length, name = struct.unpack_from(">I4s", payload, at)
        if not 8 <= length <= len(payload) - at:
            raise ValueError(f"a bad box {name!r}")
        yield _parsed(name, payload[at + 8 : at + length])
        at += length


def _picture_entries(track: Box) -> Iterator[Box]:
    """The first sample entry of a picture track, opened: its inner boxes are those after the fixed fields."""
    handler = next(track.all(b"mdia", b"hdlr"), None)
    table = next(track.all(b"mdia", b"minf", b"stbl", b"stsd"), None)
    if handler is None or table is None or handler.body[8:12] != b"vide":
        return
    if not table.inner:
        entries = list(_boxes(table.body[8:]))
        table.body, table.inner = table.body[:8], entries
    entry = table.inner[0]
    if not entry.inner:
        entry.body, inner = entry.body[:ENTRY_HEAD_BYTES], entry.body[ENTRY_HEAD_BYTES:]
        entry.inner = list(_boxes(inner))
    yield entry


def _write(path: Path, out: Path, places: list[Place], index: Box) -> None:
    """Everything but the index in its order, the index after `ftyp`, the chunk offsets moved with the data."""
    head = [place for place in places if place.name == b"ftyp"]
    rest = [place for place in places if place.name not in (b"ftyp", b"moov", b"free")]
    start = sum(place.length for place in head)
    moved = {}
    at = start + len(index.packed())
    for place in rest:
        moved[place] = at - place.start
        at += place.length
    _move_offsets(index, moved, at)
    with path.open("rb") as file, out.open("wb") as copy:
        for place in head:
            _copy(file, copy, place)
        copy.write(index.packed())
        for place in rest:
            _copy(file, copy, place)


def _copy(file: BinaryIO, copy: BinaryIO, place: Place) -> None:
    file.seek(place.start)
    left = place.length
    while left:
        block = file.read(min(left, 1 << 22))
        if not block:
            raise ValueError("the file ended early")
        copy.write(block)
        left -= len(block)


def _move_offsets(index: Box, moved: Mapping[Place, int], end: int) -> None:
    for track in index.all(b"trak"):
        for table in track.all(b"mdia", b"minf", b"stbl"):
            for box in table.inner:
                if box.name in (b"stco", b"co64"):
                    letter = "I" if box.name == b"stco" else "Q"
                    count = struct.unpack_from(">I", box.body, 4)[0]
                    offsets = struct.unpack_from(f">{count}{letter}", box.body, 8)
                    shifted = [offset + _shift(offset, moved) for offset in offsets]
                    if box.name == b"stco" and max(shifted, default=0) > LARGEST_OFFSET:
                        raise ValueError("the data begins behind 4 GiB")
                    box.body = box.body[:8] + struct.pack(f">{count}{letter}", *shifted)


def _shift(offset: int, moved: Mapping[Place, int]) -> int:
    for place, shift in moved.items():
        if place.start <= offset < place.start + place.length:
            return shift
    raise ValueError("a chunk outside of the data")
