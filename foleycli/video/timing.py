"""When the pictures of a video are shown, read from its packets, as headers can be wrong or empty."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray

from foleycli.video.open import packets

WHOLE_BYTES = 2**28  # larger files are read at both ends only, if their header gives a duration
HEAD_PACKETS = 2000
RESTARTING = ("mpegts", "mpeg")  # kinds of file that may be joined of several, each with a clock of its own
BACK_SECONDS, FORWARD_SECONDS = Fraction(1, 10), 10  # more than rounding, or a hole in a recording, makes
CLOCK_TICKS = 2**33  # of such a file, after which its clock begins again
TAIL_MICROSECONDS = 5_000_000  # pictures are stored out of order: the last shown is not the last stored


@dataclass(frozen=True)
class Timing:
    """When the pictures of one stream are shown, in seconds of the container."""

    start: Fraction
    stop: Fraction
    frame_rate: Fraction
    variable: bool
    pictures: int
    jump: Fraction = Fraction(0)  # the largest step of the clock that no film makes, forward or back; 0: none


def timings_of(container: InputContainer, streams: Sequence[VideoStream]) -> dict[int, Timing]:
    """Timing of each stream that has pictures, by index."""
    # A clock may jump anywhere, and the ends tell nothing of it.
    whole = container.size <= WHOLE_BYTES or container.duration is None or container.format.name in RESTARTING
    jumps: dict[int, Fraction] = {}
    head = _shown(container, streams, None if whole else HEAD_PACKETS, jumps=jumps)
    tail = {} if whole else _tail(container, streams)
    if not whole and any(tail[index].size == 0 for index in head):  # can't seek there: no index, or cut off
        container.seek(container.start_time or 0)
        head, tail = _shown(container, streams, None, jumps=jumps), {}
    timings = {}
    for stream in streams:
        if head[stream.index].size:
            timing = _timing(stream, head[stream.index], tail.get(stream.index))
            timings[stream.index] = replace(timing, jump=jumps.get(stream.index, Fraction(0)))
    return timings


def times_of(container: InputContainer, stream: VideoStream) -> NDArray[np.float64]:
    """When each picture of a stream comes on screen, (N,) in seconds of the container; reads every packet."""
    shown = _shown(container, [stream], None, jumps={})[stream.index]
    return np.asarray(np.unique(shown[:, 0]) * float(stream.time_base or Fraction(1, 1000)), np.float64)


def _tail(container: InputContainer, streams: Sequence[VideoStream]) -> dict[int, Any]:
    try:
        container.seek((container.start_time or 0) + max(0, (container.duration or 0) - TAIL_MICROSECONDS))
    except FFmpegError:
        return {stream.index: np.empty((0, 2), np.int64) for stream in streams}
    return _shown(container, streams, None, jumps={})


def _shown(
    container: InputContainer, streams: Sequence[VideoStream], limit: int | None, jumps: dict[int, Fraction]
) -> dict[int, Any]:
    """(pts, length) in ticks of each packet that is shown, in order of pts: index -> int64 (pictures, 2).

    Into `jumps` goes the largest fault of each stream's clock.
    """
    rows = {stream.index: array("q") for stream in streams}  # 16 bytes a packet: a long film has a million
    clocks = {stream.index: array("q") for stream in streams}  # when packets are to be decoded: never earlier again
    for packet in islice(packets(container, *streams), limit):
        ticks = packet.dts if packet.pts is None else packet.pts
        if packet.dts is not None:
            clocks[packet.stream_index].append(packet.dts)
        # Discarded packets are decoded but not shown: what an edit list cuts off.
        if ticks is not None and not packet.is_discard:
            rows[packet.stream_index].extend((ticks, packet.duration or 0))
    plain = {index: np.array(row, np.int64).reshape(-1, 2) for index, row in rows.items()}
    for stream in streams if container.format.name in RESTARTING else ():
        clock = np.array(clocks[stream.index], np.int64)
        jumps[stream.index] = _jump(clock, stream.time_base or Fraction(1, 90000))
    shown = {index: _in_order(row) for index, row in plain.items()}
    if limit is not None:  # later packets may be shown between the last of these
        shown = {index: row[: max(1, len(row) - 32)] for index, row in shown.items()}
    return shown


def _jump(ticks: Any, base: Fraction) -> Fraction:
    """The largest step from packet to packet that is a fault of the clock, in seconds; 0 if there is none."""
    steps = (np.diff(ticks) + CLOCK_TICKS // 2) % CLOCK_TICKS - CLOCK_TICKS // 2
    faults = steps[(steps < -BACK_SECONDS / base) | (steps > FORWARD_SECONDS / base)]
    return int(faults[np.abs(faults).argmax()]) * base if faults.size else Fraction(0)


def _in_order(rows: Any) -> Any:
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))]


def _timing(stream: VideoStream, head: Any, tail: Any | None) -> Timing:
    base = stream.time_base or Fraction(1, 1000)
    steps = np.diff(head[:, 0])
    steps = steps[steps > 0]
    guess = stream.average_rate or stream.guessed_rate or Fraction(25)
    step = int(np.median(steps)) if steps.size else max(1, round(1 / (guess * base)))
    last_pts, last_length = (head if tail is None else tail)[-1].tolist()
    measured = 1 / (Fraction(int(steps.sum()), steps.size) * base) if steps.size else guess
    near = stream.average_rate is not None and abs(stream.average_rate / measured - 1) < Fraction(1, 200)
    return Timing(
        start=int(head[0, 0]) * base,
        stop=(last_pts + (last_length or step)) * base,
        frame_rate=stream.average_rate if near and stream.average_rate else measured.limit_denominator(1001),
        variable=bool(steps.size and np.abs(steps - step).max() > max(1, step // 100)),  # 1 tick is rounding
        pictures=len(head),
    )
