"""Sound in and out of files: reading by time, resampling, writing as it comes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import soundfile
import soxr
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Discard
from einops import rearrange
from numpy.typing import NDArray

from foleycli.errors import InputError, OutputError
from foleycli.timeline import to_samples
from foleycli.video.open import open_local, packets

Samples = NDArray[np.float32]

MARGIN_SECONDS = Fraction(1, 5)  # read on both sides of a span, so that resampling and decoding have settled
GAP_SECONDS = Fraction(1, 50)  # a jump in the times under this is rounding, over it a hole or an overlap
REST_GAIN = np.float32(0.5)  # of channels that have no place of their own
WAV_BYTES = 2**32 - 2**16  # a WAV header can't count further; RF64 can


def resample(samples: Samples, from_rate: int, to_rate: int) -> Samples:
    """(S,) or (C, S) at another rate, exactly as long in seconds to the nearest sample."""
    if from_rate == to_rate:
        return samples
    wanted = to_samples(Fraction(samples.shape[-1], from_rate), to_rate)
    changed: Samples = soxr.resample(samples.T, from_rate, to_rate, quality="HQ").T
    return fit(np.ascontiguousarray(changed, np.float32), wanted)


def fit(samples: Samples, length: int) -> Samples:
    """(..., S) cut or padded with silence to (..., length)."""
    missing = length - samples.shape[-1]
    if missing <= 0:
        return samples[..., :length]
    return np.pad(samples, [(0, 0)] * (samples.ndim - 1) + [(0, missing)])


def read_audio(
    path: str | Path,
    sample_rate: int,
    *,
    stream: int | None = None,
    start: Fraction | None = None,
    stop: Fraction | None = None,
    channels: int | None = None,
) -> Samples:
    """(C, S) of the stream with index `stream` (the first sound, if None) over [start, stop) in container seconds.

    Sample 0 lies at `start`, whatever the file holds there: silence where it holds nothing. None: the sound's own ends,
    and as many channels as the span has (a stream may change them on its way).
    """
    with open_local(path) as container:
        chosen = _choose(container, Path(path), stream)
        rate = chosen.codec_context.sample_rate
        begin = None if start is None else start - MARGIN_SECONDS
        end = None if stop is None else stop + MARGIN_SECONDS
        pieces = [(round(at * rate), samples) for at, samples in _at(rate, _pieces(container, chosen, begin, end))]
        told = chosen.codec_context.layout.nb_channels or 1
    channels = channels or max((len(samples) for _, samples in pieces), default=told)
    first = pieces[0][0] if begin is None and pieces else round((begin or 0) * rate)
    last = max((at + samples.shape[1] for at, samples in pieces), default=first)
    track = np.zeros((channels, max(0, (last if end is None else round(end * rate)) - first)), np.float32)
    for at, samples in pieces:
        low, high = max(at, first), min(at + samples.shape[1], first + track.shape[1])
        if low < high:
            track[:, low - first : high - first] = spread(samples[:, low - at : high - at], channels)
    track = resample(track, rate, sample_rate)
    if start is not None:
        track = track[:, to_samples(MARGIN_SECONDS, sample_rate) :]
    if stop is not None:
        begins = Fraction(first, rate) if start is None else start
        track = fit(track, max(0, to_samples(stop - begins, sample_rate)))
    return track


def spread(samples: Samples, channels: int) -> Samples:
    """(C, S) on so many channels: one goes to the left and the right, several stay where they are, the rest to all."""
    if channels == 1:
        return np.asarray((spread(samples, 2) if len(samples) > 2 else samples).mean(0, keepdims=True))
    if len(samples) == 1:
        samples = np.repeat(samples, 2, axis=0)
    if len(samples) > channels:
        return np.asarray(samples[:channels] + REST_GAIN * samples[channels:].sum(0))
    return np.pad(samples, ((0, channels - len(samples)), (0, 0)))


def _choose(container: InputContainer, path: Path, index: int | None) -> AudioStream:
    usable = [one for one in container.streams.audio if one.codec_context is not None]
    for one in usable:
        if index is None or one.index == index:
            return one
    raise InputError(f"{path} has no sound that can be decoded{'' if index is None else f' in stream {index}'}")


def _pieces(
    container: InputContainer, stream: AudioStream, begin: Fraction | None, end: Fraction | None
) -> Iterator[tuple[Fraction, Samples, int]]:
    """(time, (C, S), rate) of each decoded piece that touches [begin, end]; damaged packets leave holes."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all
    if begin is not None and begin > 1:
        try:
            container.seek(int((begin - 1) * 1_000_000))
        except FFmpegError:
            container.seek(0)
    clock: Fraction | None = None
    for frame in _frames(container, stream):
        told = None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
        if clock is None or (told is not None and abs(told - clock) > GAP_SECONDS):
            clock = told if told is not None else clock or Fraction(0)
        if end is not None and clock > end:
            return
        length = Fraction(frame.samples, frame.sample_rate)
        if begin is None or clock + length > begin:
            yield clock, _floats(frame), frame.sample_rate
        clock += length


def _at(rate: int, pieces: Iterator[tuple[Fraction, Samples, int]]) -> Iterator[tuple[Fraction, Samples]]:
    """The pieces at the stream's first rate; where it changes on its way, all of that at once: edges would click."""
    for (own, _), alike in groupby(pieces, key=lambda piece: (piece[2], len(piece[1]))):
        if own == rate:
            yield from ((time, samples) for time, samples, _ in alike)
            continue
        run = list(alike)
        yield run[0][0], resample(np.concatenate([samples for _, samples, _ in run], axis=1), own, rate)


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    for packet in packets(container, stream):
        with suppress(FFmpegError):
            decoded: list[Any] = packet.decode()
            yield from decoded


def _floats(frame: AudioFrame) -> Samples:
    stored: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        stored = rearrange(stored, "1 (s c) -> c s", c=frame.layout.nb_channels)
    if stored.dtype.kind == "f":
        return stored.astype(np.float32)
    middle = 128 if stored.dtype == np.uint8 else 0
    full = middle or 2.0 ** (8 * stored.itemsize - 1)
    scaled: Samples = ((stored.astype(np.float64) - middle) / full).astype(np.float32)
    return scaled


class AudioWriter:
    """Appends samples to a WAV or FLAC file; memory does not grow with its length."""

    def __init__(
        self, path: str | Path, sample_rate: int, channels: int = 1, *, kind: str | None = None, seconds: float = 0
    ) -> None:
        """`kind` "wav" (24 bit), "flac" (24 bit) or "float" (32-bit WAV), else by suffix; `seconds` expected."""
        self.path = Path(path)
        self.kind = kind or self.path.suffix.lstrip(".").lower()
        if self.kind not in ("wav", "flac", "float"):
            raise OutputError(f"{self.path}: sound is written as .wav or .flac; choose one of them")
        large = seconds * sample_rate * channels * 4 > WAV_BYTES
        try:
            self._file = soundfile.SoundFile(
                str(self.path),
                "w",
                sample_rate,
                channels,
                subtype="FLOAT" if self.kind == "float" else "PCM_24",
                format="FLAC" if self.kind == "flac" else "RF64" if large else "WAV",
            )
        except (soundfile.LibsndfileError, OSError) as error:
            raise OutputError(f"{self.path}: {error}; choose a folder that can be written") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, samples: Samples) -> None:
        """Appends (S,) or (C, S); integers clip at full scale."""
        try:
            self._file.write(samples.T)
        except (soundfile.LibsndfileError, OSError) as error:
            # libsndfile knows no more than "System error."
            reason = str(error).rstrip(".")
            elsewhere = ", or set TMPDIR to another folder" if Path(tempfile.gettempdir()) in self.path.parents else ""
            raise OutputError(f"{self.path}: can't be written ({reason}); check the disk's space{elsewhere}") from error
