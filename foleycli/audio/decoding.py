"""Sound out of media files: decoded by ffmpeg in a process of its own, then read as one track at any rate.

A damaged file can crash that process, not this one. The sound comes through a pipe as 32-bit floats with its times:

    file --ffmpeg--> NUT: pcm_f32le, times + 1000 s --PyAV, demuxed alone--> pieces --> holes filled --soxr--> blocks
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import av
import numpy as np
import soxr
from av.error import FFmpegError

from foleycli.errors import InputError
from foleycli.timeline import to_samples
from foleycli.types import Wave
from foleycli.video.facts import file_facts
from foleycli.video.ffmpeg import input_arguments, start_ffmpeg
from foleycli.video.layouts import channel_names, default_layout, remix

MARGIN_SECONDS = Fraction(1, 5)  # read before a span, so that resampling and decoding have settled
GAP_SECONDS = Fraction(1, 50)  # a smaller jump of the times is rounding, a larger one a gap or an overlap
LONGEST_HOLE_SECONDS = 24 * 3600  # a jump over this is a fault of the clock
SHIFT_SECONDS = 1000  # NUT has no times below 0
SEEK_SECONDS = 1  # decoders need some packets before the first that counts
BLOCK_SAMPLES = 1 << 16


@dataclass(frozen=True)
class SoundStream:
    """Which stream of a file, and the layout that its container tells ("" if unknown)."""

    index: int
    layout: str


class SoundReader:
    """Reads one stream forward from a moment in container seconds: silence where the file holds nothing."""

    def __init__(
        self, path: Path, stream: SoundStream, sample_rate: int, *, start: Fraction | None = None, layout: str = ""
    ) -> None:
        """`start` None: where the sound starts. `layout` is what it is mixed to; empty: its own."""
        self.path, self.sample_rate = path, sample_rate
        self._stack = ExitStack()
        try:
            self._begin(stream, start, layout)
        except BaseException:
            self._stack.close()
            raise

    def _begin(self, stream: SoundStream, start: Fraction | None, layout: str) -> None:
        begin = None if start is None else start - MARGIN_SECONDS
        errors = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # closed by the stack
        arguments = decoding_arguments(self.path, stream.index, begin)
        pipe = self._stack.enter_context(start_ffmpeg(arguments, errors))
        try:
            container = self._stack.enter_context(av.open(pipe, format="nut", options=NUT_OPTIONS))
        except (FFmpegError, OSError) as error:
            raise InputError(f"{self.path}: its sound can't be decoded ({_reason(errors)})") from error
        decoded = container.streams.audio[0]
        self.native_rate: int = decoded.codec_context.sample_rate
        count = decoded.codec_context.layout.nb_channels  # NUT has no layouts of its own order, which PyAV can't take
        self.own_layout = stream.layout if len(channel_names(stream.layout)) == count else default_layout(count)
        self.layout = layout or self.own_layout
        first = None if begin is None else round(begin * self.native_rate)
        self._blocks = self._resampled(_continuous(_pieces(container, count), self.native_rate, first, channels=count))
        self._rest = np.zeros((len(channel_names(self.layout)), 0), np.float32)
        self.ended = False
        if start is not None:
            self.read(to_samples(MARGIN_SECONDS, self.sample_rate))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def read(self, count: int) -> Wave:
        """The next (C, count); silence after the end."""
        parts, missing = [self._rest], count - self._rest.shape[1]
        while missing > 0 and not self.ended:
            block = next(self._blocks, None)
            self.ended = block is None
            if block is not None:
                parts.append(block)
                missing -= block.shape[1]
        whole = np.concatenate(parts, axis=1)
        self._rest = whole[:, count:]
        return np.pad(whole[:, :count], ((0, 0), (0, max(0, missing))))

    def read_all(self) -> Wave:
        """(C, S) from here to the end of the sound."""
        rest = np.concatenate([self._rest, *self._blocks], axis=1)
        self._rest, self.ended = rest[:, :0], True
        return rest

    def _resampled(self, blocks: Iterator[Wave]) -> Iterator[Wave]:
        own, wanted = channel_names(self.own_layout), channel_names(self.layout)
        mixed = (remix(block, own, wanted) for block in blocks)
        if self.native_rate == self.sample_rate:
            yield from mixed
            return
        stream = soxr.ResampleStream(self.native_rate, self.sample_rate, len(wanted), dtype="float32")
        taken = given = 0
        for block in mixed:
            taken += block.shape[1]
            piece: Any = stream.resample_chunk(np.ascontiguousarray(block.T)).T
            given += piece.shape[1]
            yield piece
        last: Any = stream.resample_chunk(np.zeros((0, len(wanted)), np.float32), last=True).T
        yield last[:, : max(0, to_samples(Fraction(taken, self.native_rate), self.sample_rate) - given)]


def read_audio(
    path: str | Path,
    sample_rate: int,
    *,
    stream: int | None = None,
    start: Fraction | None = None,
    stop: Fraction | None = None,
    layout: str = "",
) -> Wave:
    """(C, S) of the stream with index `stream` (the main sound, if None) over [start, stop) in container seconds.

    Sample 0 lies at `start`, whatever the file holds there: silence where it holds nothing. None: the sound's own ends.
    """
    path = Path(path)
    with SoundReader(path, find_sound(path, stream), sample_rate, start=start, layout=layout) as reader:
        if stop is None:
            return reader.read_all()
        if start is None:
            raise ValueError("a stop needs a start")
        return reader.read(max(0, to_samples(stop - start, sample_rate)))


def find_sound(path: Path, index: int | None = None) -> SoundStream:
    """The stream with that index, or the first sound of those marked as default, or of all.

    Raises InputError if there is none that can be decoded.
    """
    sounds = [one for one in file_facts(path).streams if one.kind == "audio" and one.codec != "none"]
    asked = [one for one in sounds if index in (None, one.index)]
    for one in sorted(asked, key=lambda one: "default" not in one.disposition):
        return SoundStream(one.index, one.layout)
    raise InputError(f"{path} has no sound that can be decoded{'' if index is None else f' in stream {index}'}")


def decoding_arguments(path: Path, index: int, begin: Fraction | None) -> list[str]:
    """ffmpeg's arguments: one stream, decoded, from a little before `begin` on, to its standard output."""
    seek = []
    if begin is not None and begin > SEEK_SECONDS:
        seek = ["-noaccurate_seek", "-seek_timestamp", "1", "-ss", f"{float(begin - SEEK_SECONDS):.6f}"]
    return [
        *("-nostdin", "-hide_banner", "-loglevel", "error", "-copyts", "-itsoffset", str(SHIFT_SECONDS), *seek),
        *input_arguments(path),
        *("-map", f"0:{index}", "-c:a", "pcm_f32le", "-f", "nut", "pipe:1"),
    ]


NUT_OPTIONS = {"probesize": "4096", "analyzeduration": "0"}


def _pieces(container: Any, channels: int) -> Iterator[tuple[Fraction, Wave]]:
    """(container seconds, (C, S)) as decoded."""
    try:
        for packet in container.demux(audio=0):
            if packet.size and packet.pts is not None:
                samples: Wave = np.frombuffer(bytes(packet), "<f4").reshape(-1, channels).T
                yield packet.pts * packet.time_base - SHIFT_SECONDS, samples
    except FFmpegError:  # the process ended in the middle of a packet
        return


def _continuous(pieces: Iterator[tuple[Fraction, Wave]], rate: int, first: int | None, channels: int) -> Iterator[Wave]:
    """The pieces end to end from sample `first` on. Gaps are filled with silence, overlaps are cut."""
    position = first
    times = _Times(rate)
    for time, samples in pieces:
        at = times.place(round(time * rate), samples.shape[1])
        end = at + samples.shape[1]
        position = at if position is None else position
        while position < at:
            hole = min(at - position, BLOCK_SAMPLES)
            yield np.zeros((channels, hole), np.float32)
            position += hole
        if end > position:
            yield samples[:, position - at :]
            position = end


class _Times:
    """Finds the sample number of each piece from its time, which is rounded and sometimes wrong."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.clock: int | None = None  # where the next piece begins if nothing is missing
        self.early = 0

    def place(self, told: int, length: int) -> int:
        """The first sample's number."""
        off = 0 if self.clock is None else told - self.clock
        before, self.early = self.early, off
        if self.clock is not None:
            rounding = abs(off) <= GAP_SECONDS * self.rate or off > LONGEST_HOLE_SECONDS * self.rate
            # Where the rate changes, libav counts on with the old one, so that the times of later pieces are too early.
            # A real overlap stays the same for the next piece.
            guess = off < 0 and abs(off - before) > GAP_SECONDS * self.rate / 10
            told = self.clock if rounding or guess else told
        self.clock = told + length
        return told


def _reason(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return lines[0] if lines else "ffmpeg gave no reason"
