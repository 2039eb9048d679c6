"""Performs each take to a temporary file and scores it; with `keep="best"` only the best one is kept."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile

from foleycli.audio.files import AudioWriter
from foleycli.evaluation.ranking import TakeScores, score_take
from foleycli.pipeline.track import TrackStream, sum_of
from foleycli.types import Wave

BLOCK_SAMPLES = 1 << 18
Keep = Literal["all", "best"]


@dataclass(frozen=True)
class Take:
    """A take; `scores` is None if it was not scored, and then `stream` performs it when it is read."""

    stream: TrackStream
    scores: TakeScores | None = None

    @property
    def total(self) -> float:
        return 0.0 if self.scores is None else self.scores.total


def ranked(takes: Iterable[Take]) -> list[Take]:
    """Best first; of equal ones the first performed."""
    return sorted(takes, key=lambda take: -take.total)


def take_facts(takes: Sequence[Take]) -> list[dict[str, Any]]:
    """Seed, rank (1 is best) and scores of each take that was scored, as plain data, in the order of performance."""
    best_first = ranked(takes)
    return [
        {"seed": take.stream.seeds[0], "rank": best_first.index(take) + 1, "scores": asdict(take.scores)}
        for take in takes
        if take.scores is not None
    ]


def take_line(take: Take) -> str:
    """seed 3: sync 0.71, level 2.1 dB off, noise -43 dB, quality 0.82."""
    scores = take.scores
    assert scores is not None
    words = [
        "" if scores.sync is None else f"sync {scores.sync:.2f}",
        "" if scores.level_error_db is None else f"level {scores.level_error_db:.1f} dB off",
        "" if scores.noise_db is None else f"noise {scores.noise_db:.0f} dB",
        f"quality {scores.quality:.2f}",
    ]
    return f"seed {take.stream.seeds[0]}: {', '.join(word for word in words if word)}"


def scored(streams: Iterable[TrackStream], start: float, folder: Path, keep: Keep, heard: list[Take]) -> Iterator[Take]:
    """Yields the takes to keep: all, each as it is performed, or at the end the best. `heard` gets every take.

    `start` is where the streams begin, in seconds from the first picture. At most two takes are in `folder` at a time.
    """
    best: tuple[Take, Path] | None = None
    for number, stream in enumerate(streams):
        path = folder / f"take{number}"
        take = _recorded(stream, path, start)
        heard.append(take)
        if keep == "all":
            yield take
            shutil.rmtree(path)
        elif best is None or take.total > best[0].total:
            if best is not None:
                shutil.rmtree(best[1])
            best = take, path
        else:
            shutil.rmtree(path)
    if best is not None:
        yield best[0]


def _recorded(stream: TrackStream, folder: Path, start: float) -> Take:
    """Performs a take into files of 32-bit floats, which keep the samples exactly, and scores it."""
    rate, seconds = stream.sample_rate, float(stream.duration)
    folder.mkdir()
    parts = {folder / f"part{number}.wav": part for number, part in enumerate(stream.stems or (stream,))}
    for path, part in parts.items():
        with AudioWriter(path, rate, kind="float", seconds=seconds) as writer:
            for chunk in part:
                writer.write(chunk)
    with ExitStack() as opened:
        files = [opened.enter_context(soundfile.SoundFile(str(path))) for path in parts]

        def read(first: float, last: float) -> Wave:
            for file in files:
                file.seek(min(file.frames, round((first - start) * rate)))
            count = max(0, round((last - first) * rate))
            return np.asarray(sum(file.read(count, dtype="float32") for file in files), dtype=np.float32)

        scores = score_take(read, start, stop=start + seconds, sample_rate=rate, cues=stream.cues)
    again = [replace(part, chunks=_blocks(path)) for path, part in parts.items()]
    return Take(sum_of(*again) if stream.stems else again[0], scores)


def _blocks(path: Path) -> Iterator[Wave]:
    yield from soundfile.blocks(str(path), blocksize=BLOCK_SAMPLES, dtype="float32")
